import { PLAYBACK } from '../../../protocol/playback.ts'
import type { Member } from '../room/member.ts'
import { History } from './history.ts'
import type { Inputs } from './inputs.ts'
import type { State } from './state.ts'

export interface RewindOptions {
  readonly state: State
  readonly inputs: Inputs | undefined
  /** For how long each table is remembered, by its number, in ms; 0 for not at all. */
  readonly history_ms: readonly number[]
}

export type Rewind = ReturnType<typeof createRewind>

/**
 * What members saw when they acted: the tables as they were, by what each says that it has and shows,
 * as in *Source Multiplayer Networking* (Valve, 2001). However late it says that it is, nothing is
 * older than a table’s history.
 */
export function createRewind({ state, inputs, history_ms }: RewindOptions) {
  const { step } = state
  const histories = state.tables.map((table, number) => {
    const ms = history_ms[number] ?? 0
    return ms > 0 ? new History(table, ms, step) : undefined
  })

  return {
    /** What each table was, by its number; undefined where it is not remembered. */
    histories,
    keep(tick: number): void {
      for (const history of histories) history?.keep(tick)
    },
    /** Which of the room’s time a member saw as it did what is done now, in ms. */
    seenBy: (member: Member): number =>
      inputs?.seenBy(member) ?? state.tick * step - (usual(member) + step + PLAYBACK.margin_ms),
  }

  /** Who says nothing of it sees what comes as soon as it can. */
  function usual(member: Member): number {
    return state.viewerOf(member)?.pace.trip ?? 0
  }
}
