import type { StateColumns } from '../../../protocol/state-columns.ts'
import type { StateSchema } from '../../../protocol/state-schema.ts'
import type { Member } from '../room/member.ts'
import type { Room } from '../room/room.ts'
import type { Inputs } from './inputs.ts'
import type { Rewind } from './rewind.ts'
import type { Predicate } from './sight.ts'
import type { State } from './state.ts'
import type { Tick } from './tick.ts'
import type { Judge } from './writes.ts'

/** What is told of a room's state before its frames. */
export interface Plan {
  readonly schema: StateSchema
  readonly hash: string
  readonly tick_hz: number
}

/** What a room is to know, and by what rules. */
export interface Known extends Plan {
  readonly columns: StateColumns
  readonly tick: Tick
  /** Of the tables that a predicate judges, by their numbers. */
  readonly predicates?: readonly (Predicate | undefined)[]
  /** Judges what members write. */
  readonly judge?: Judge
  /** For how long each table is remembered, by its number, in ms. */
  readonly history_ms?: readonly number[]
}

/** A room's state, to be told who sits there. */
export interface Opened {
  readonly state: State
  /** What its members do, where it takes inputs. */
  readonly inputs: Inputs | undefined
  readonly rewind: Rewind
  /** From the next tick on members are told what there is; its own logic has had its step by then. */
  begin(): void
  joined(member: Member): void
  /** Has another connection, or new counts, or is another session. */
  restored(member: Member): void
  left(member: Member): void
  close(): void
}

/** Lets a room know something. */
export type OpenState = (room: Room, known: Known) => Opened
