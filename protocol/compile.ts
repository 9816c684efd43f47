import { Misfit, type Reader, type Writer } from './bytes.ts'
import type { Codec, Late } from './codec.ts'
import {
  boolCodec,
  bufferCodec,
  floatCodec,
  integerCodec,
  JSON_CODEC,
  textCodec,
} from './scalars.ts'
import { expectation, type Schema } from './schema.ts'

/** The codec of a schema, made once. Throws a TypeError for kinds that have no bytes. */
export function compile(schema: Schema): Codec {
  switch (schema.kind) {
    case 'bool':
      return boolCodec(schema)
    case 'float32':
      return floatCodec(schema, 4)
    case 'float64':
      return floatCodec(schema, 8)
    case 'string':
      return textCodec(schema)
    case 'buffer':
      return bufferCodec(schema.max)
    case 'json':
      return JSON_CODEC
    case 'array':
      return arrayCodec([], compile(schema.of), schema.max, expectation(schema))
    case 'tuple':
      if (!schema.rest) break
      return arrayCodec(
        schema.of.map(compile),
        compile(schema.rest),
        schema.max ?? schema.of.length,
        expectation(schema),
      )
    case 'object':
      return objectCodec(schema.fields)
    case 'choice':
    case 'record':
    case 'nullable':
      break
    default:
      return integerCodec(schema, schema.kind)
  }
  throw new TypeError(`a ${schema.kind} has no bytes`)
}

/** The first items have codecs of their own and come before the length; all others that of the rest. */
function arrayCodec(first: readonly Codec[], rest: Codec, max: number, expected: string): Codec {
  const min = first.length
  const item = repeated(rest)
  const write = (writer: Writer, value: unknown) => {
    const items = known(value)
    for (let index = 0; index < min; index++)
      at(index, () => (first[index] as Codec).write(writer, items[index]))
    writeRest(writer, items)
  }
  const read = (reader: Reader) => {
    const items: unknown[] = []
    for (let index = 0; index < min; index++)
      items.push(at(index, () => (first[index] as Codec).read(reader)))
    return readRest(reader, items)
  }
  return {
    least: first.reduce((sum, one) => sum + one.least, 1),
    write,
    read,
    late: {
      writeEarly: (writer, value) => {
        const items = known(value)
        for (const [index, one] of first.entries())
          at(index, () => earlyOf(one).writeEarly(writer, items[index]))
      },
      writeLate: (writer, value) => {
        const items = value as unknown[]
        for (const [index, one] of first.entries())
          at(index, () => one.late?.writeLate(writer, items[index]))
        writeRest(writer, items)
      },
      readEarly: (reader) =>
        first.map((one, index) => at(index, () => earlyOf(one).readEarly(reader))),
      readLate: (reader, value) => {
        const items = value as unknown[]
        for (const [index, { late }] of first.entries())
          if (late) items[index] = at(index, () => late.readLate(reader, items[index]))
        return readRest(reader, items)
      },
    },
  }

  function known(value: unknown): readonly unknown[] {
    if (Array.isArray(value) && value.length >= min && value.length <= max) return value
    throw new Misfit(`expected ${expected}`)
  }

  function writeRest(writer: Writer, items: readonly unknown[]): void {
    writer.varuint(items.length)
    let index = min
    try {
      for (; index < items.length; index++) item.write(writer, items[index])
    } catch (error) {
      throw stepped(error, `[${index}]`)
    }
  }

  /** What the length announces has to be there before anything is made of it. */
  function readRest(reader: Reader, items: unknown[]): unknown[] {
    const length = reader.varuint()
    if (length < min || length > max) throw new Misfit(`expected ${expected}, got ${length}`)
    if ((length - min) * item.least > reader.left)
      throw new Misfit(`expected ${length - min} more items, got ${reader.left} bytes`)
    let index = min
    try {
      for (; index < length; index++) items.push(item.read(reader))
    } catch (error) {
      throw stepped(error, `[${index}]`)
    }
    return items
  }
}

/** The codec of what an array repeats: its arrays come after everything else of it. */
function repeated(codec: Codec): Pick<Codec, 'write' | 'read' | 'least'> {
  const { late, least } = codec
  if (!late) return codec
  return {
    least,
    write(writer, value) {
      late.writeEarly(writer, value)
      late.writeLate(writer, value)
    },
    read: (reader) => late.readLate(reader, late.readEarly(reader)),
  }
}

/** What has no array in it is early as a whole. */
const earlyOf = ({ late, write, read }: Codec): Pick<Late, 'writeEarly' | 'readEarly'> =>
  late ?? { writeEarly: write, readEarly: read }

const at = <T>(index: number, run: () => T): T => {
  try {
    return run()
  } catch (error) {
    throw stepped(error, `[${index}]`)
  }
}

const stepped = (error: unknown, step: string) =>
  error instanceof Misfit ? error.within(step) : error

function objectCodec(fields: Readonly<Record<string, Schema>>): Codec {
  // In the order in which SchemaPack has them: by UTF-16 code units.
  const names = Object.keys(fields).sort()
  const codecs = names.map((name) => compile(fields[name] as Schema))
  return {
    least: codecs.reduce((sum, one) => sum + one.least, 0),
    write: writerOf(fields, names, codecs),
    read: readerOf(names, codecs),
    ...(codecs.some(({ late }) => late) && { late: lateFields(fields, names, codecs) }),
  }
}

type Fields = Readonly<Record<string, unknown>>

function lateFields(fields: Fields, names: readonly string[], codecs: readonly Codec[]): Late {
  const early = codecs.map(earlyOf)
  const late = names.flatMap((name, index) => {
    const part = codecs[index]?.late
    return part ? [[name, part] as const] : []
  })
  const within = <T>(name: string, run: () => T): T => {
    try {
      return run()
    } catch (error) {
      throw stepped(error, `.${name}`)
    }
  }
  return {
    writeEarly: writerOf(
      fields,
      names,
      early.map(({ writeEarly }) => ({ write: writeEarly })),
    ),
    readEarly: readerOf(
      names,
      early.map(({ readEarly }) => ({ read: readEarly })),
    ),
    writeLate(writer, value) {
      for (const [name, part] of late)
        within(name, () => part.writeLate(writer, (value as Fields)[name]))
    },
    readLate(reader, value) {
      const object = value as Record<string, unknown>
      for (const [name, part] of late)
        object[name] = within(name, () => part.readLate(reader, object[name]))
      return object
    },
  }
}

function writerOf(
  fields: Fields,
  names: readonly string[],
  codecs: readonly Pick<Codec, 'write'>[],
): Codec['write'] {
  const count = names.length
  return (writer, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Misfit('expected an object')
    let index = 0
    try {
      for (; index < count; index++)
        codecs[index]?.write(writer, (value as Fields)[names[index] as string])
    } catch (error) {
      throw stepped(error, `.${names[index]}`)
    }
    if (Object.keys(value).length !== count) refuseUnknown(fields, value)
  }
}

function readerOf(names: readonly string[], codecs: readonly Pick<Codec, 'read'>[]): Codec['read'] {
  const count = names.length
  return (reader) => {
    const value: Record<string, unknown> = {}
    let index = 0
    try {
      for (; index < count; index++) value[names[index] as string] = codecs[index]?.read(reader)
    } catch (error) {
      throw stepped(error, `.${names[index]}`)
    }
    return value
  }
}

/** A misspelt name is found where it is written. */
function refuseUnknown(fields: Fields, value: object): void {
  for (const name of Object.keys(value))
    if (!Object.hasOwn(fields, name))
      throw new Misfit(
        `not a field; expected ${Object.keys(fields).join(', ') || 'no fields'}`,
      ).within(`.${name.slice(0, 32)}`)
}
