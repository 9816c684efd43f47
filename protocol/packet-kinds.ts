import type { Codec } from './codec.ts'
import { compile } from './compile.ts'
import { type Notation, schemaOf, type ValueOf } from './notation.ts'
import type { Acceptor, AnyPacket, Packet, PacketSet, PacketType } from './packet.ts'
import { buffer } from './schema.ts'
import { type Twin, twinOf } from './twin.ts'

/** What is said of one packet: its data (none unless said), a sentence, and who may send it. */
export interface PacketDefinition {
  readonly data?: Notation
  readonly doc?: string
  /** `server`: a client may not send it (`any` unless said). */
  readonly by?: 'any' | 'server'
}

export type Definitions = Readonly<Record<string, PacketDefinition>>

/** The data of a packet by its definition: none is an empty object. */
export type DataIn<D> = D extends { readonly data: infer N } ? ValueOf<N> : Empty
type Empty = Readonly<Record<never, never>>

type BuiltIn = {
  readonly Bundle: readonly AnyPacket[]
  readonly Redirect: string
  readonly Refresh: Empty
}
/** The data of every packet by its name. */
export type DataByName<D> = { readonly [K in keyof D]: DataIn<D[K]> } & BuiltIn

type PacketClass<Data> = Empty extends Data
  ? new (
      data?: Data,
    ) => Packet<Data>
  : new (
      data: Data,
    ) => Packet<Data>
/** A class for every packet, by its name. */
type Classes<D> = { readonly [K in keyof DataByName<D>]: PacketClass<DataByName<D>[K]> }

export type Acceptors<D, Context> = {
  readonly [K in keyof DataByName<D>]?: Acceptor<DataByName<D>[K], Context>
}

export type Packets<D extends Definitions = Definitions, Context = unknown> = PacketSet<Context> &
  Classes<D> & { readonly definitions?: D }

/** A packet type with what reads and writes it. */
export interface Kind extends PacketType {
  readonly codec: Codec
  readonly twin: Twin | undefined
}

/** Those that a game defines and those that are always there, numbered; throws a TypeError. */
export function kindsOf(definitions: Definitions): Kind[] {
  for (const name of Object.keys(definitions)) {
    if (!NAME.test(name))
      throw new TypeError(`${name}: expected a name of letters and digits, the first a capital`)
    if (Object.hasOwn(BUILT_IN, name)) throw new TypeError(`${name}: the name is taken`)
  }
  const all: Definitions = { ...definitions, ...BUILT_IN }
  return Object.keys(all)
    .sort()
    .map((name, index) => {
      const { data = {}, doc, by = 'any' } = all[name] as PacketDefinition
      const isBundle = name === 'Bundle'
      const schema = isBundle ? buffer() : schemaOf(data, name)
      const [codec, twin] = [compile(schema), twinOf(schema)]
      return {
        ...{ name, number: index + 1, by, schema, isBundle, codec, twin },
        ...(doc !== undefined && { doc }),
      }
    })
}

const NAME = /^[A-Z][A-Za-z0-9]{0,63}$/

const BUILT_IN = {
  Bundle: { doc: 'Several packets as one, bundles included; they are accepted in their order.' },
  Redirect: { data: 'string', by: 'server', doc: 'Sends a web page to another address.' },
  Refresh: { by: 'server', doc: 'Has a web page load itself anew.' },
} as const satisfies Definitions
