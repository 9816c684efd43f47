import { Reader } from '../protocol/bytes.ts'
import { KIND_MASK } from '../protocol/message.ts'
import { readStateHead, STATE_DOWN } from '../protocol/state-frame.ts'
import type { StateTable } from './state-shape.ts'

/** Tables by their names; one that nobody knows yet is empty until the server tells of it. */
export const namesOf = (
  tables: ReadonlyMap<string, { readonly table: StateTable }>,
  tableOf: (name: string) => StateTable,
) =>
  new Proxy({} as Record<string, StateTable>, {
    get: (_, name) => (typeof name === 'string' && name !== 'then' ? tableOf(name) : undefined),
    has: (_, name) => tables.has(String(name)),
    ownKeys: () => [...tables.keys()],
    getOwnPropertyDescriptor: (_, name) => ({
      ...{ configurable: true, enumerable: true },
      value: tables.get(String(name))?.table,
    }),
  })

/** The number of the room that a frame of state is for; undefined for another kind of frame. */
export function roomOf(frame: Uint8Array): number | undefined {
  if (((frame[0] ?? 0) & KIND_MASK) !== STATE_DOWN) return undefined
  try {
    return readStateHead(new Reader(frame)).room
  } catch {
    return undefined
  }
}
