import { prefixedName } from '../../protocol/events.ts'
import { check, type Json, json, type Schema } from '../../protocol/schema.ts'
import type { RoomHandler } from '../core/room/kind.ts'
import type { Member } from '../core/room/member.ts'
import { called, fields, type Kind, named, option, shaped } from '../option.ts'
import { shape } from './options.ts'

/** What is called with the room, what it was asked with, and who asks; its value may be a promise. */
type Run<Room, Given, From, Value> = {
  // As a method, so that a definition of rooms that own something is one of rooms.
  run(room: Room, given: Given, from: From): Value
}['run']

/** A function of a room: on its own, which judges its arguments itself, or with their shapes. */
export type RoomFunction<Room, From, Args, Value> =
  // biome-ignore lint/suspicious/noExplicitAny: what a player sent, for the function to judge
  | Run<Room, readonly any[], From, unknown>
  | {
      /** The shape of its arguments: a tuple or an array. */
      readonly args: Schema<Args>
      /** The shape of its value; any JSON unless said. */
      readonly value?: Schema<Value>
      readonly run: Run<Room, Args, From, Value | Promise<Value>>
    }

/** A query that a room answers: on its own, which judges its data itself, or with its shapes. */
export type RoomQuery<Room, From, Data, Value> =
  // biome-ignore lint/suspicious/noExplicitAny: what a player sent, for the query to judge
  | Run<Room, any, From, unknown>
  | {
      readonly data: Schema<Data>
      /** The shape of its value; any JSON unless said. */
      readonly value?: Schema<Value>
      readonly run: Run<Room, Data, From, Value | Promise<Value>>
    }

/** What is registered for `server`, by name, whatever its types. */
export interface Registered<Room, From> {
  // biome-ignore lint/suspicious/noExplicitAny: each has types of its own
  readonly functions?: Readonly<Record<string, RoomFunction<Room, From, any, any>>>
  // biome-ignore lint/suspicious/noExplicitAny: each has types of its own
  readonly queries?: Readonly<Record<string, RoomQuery<Room, From, any, any>>>
}

/** What a definition may register: functions by `args`, queries by `data`. */
export const handlers = <T>(given: 'args' | 'data'): Kind<Readonly<Record<string, T>>> =>
  named(handler(given) as Kind<T>, shaped(prefixedName())) // its check says no more than that

function handler(given: 'args' | 'data'): Kind {
  const shapes = fields({
    [given]: option('', shape),
    value: option('', shape),
    run: option('', called()),
  })
  const expected = `a function, or ${given} and run`
  return {
    expected,
    check(value, place) {
      if (typeof value === 'function') return undefined
      const said = (value ?? {}) as Record<string, unknown>
      if (said[given] !== undefined && said.run !== undefined) return shapes.check(value, place)
      return `${place}: expected ${expected}`
    },
  }
}

/** Finds what a room has registered, and runs it with that room. */
export function registry<Room, From>(
  { functions = {}, queries = {} }: Registered<Room, From>,
  room: Room,
  seatOf: (member: Member) => From,
  enter: <T>(run: () => T) => T,
) {
  return (type: 'query' | 'function', name: string): RoomHandler | undefined => {
    if (type === 'query') {
      const known = own(queries, name)
      const { data = ANY, value = ANY, run } = typeof known === 'object' ? known : { run: known }
      return run && handlerOf(data, value, ([given = null]) => given, run)
    }
    const known = own(functions, name)
    const { args = ANY, value = ANY, run } = typeof known === 'object' ? known : { run: known }
    return run && handlerOf(args, value, (given) => given, run)
  }

  function handlerOf(
    shape: Schema,
    value: Schema,
    givenOf: (args: readonly Json[]) => Json,
    // biome-ignore lint/suspicious/noExplicitAny: what it takes is what its shape admits
    run: Run<Room, any, From, unknown>,
  ): RoomHandler {
    return {
      problemOf: (args, place) => check(shape, givenOf(args), place),
      run: (args, from) => enter(() => run(room, givenOf(args), seatOf(from))),
      problemOfValue: (given, place) => check(value, given, place),
    }
  }
}

const own = <T>(all: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(all, name) ? all[name] : undefined

const ANY = json()
