import { BINARY } from '../../../protocol/binary.ts'
import type { StateColumns } from '../../../protocol/state-columns.ts'
import { framesAs, type Told } from '../../../protocol/state-split.ts'
import { encodeBytes, type Outgoing } from '../wire/frame.ts'
import type { Excerpt } from './excerpt.ts'

/** From which tick to which, as a frame says it. */
export interface Span {
  /** −1: all rows are told anew. */
  readonly base: number
  readonly tick: number
  /** Updates are differences from the base, for who has all before this tick. */
  readonly isDifference: boolean
}

/** The frames of one span, none longer than `bytes`, each a message. */
export function encodeFrames(
  room: number,
  known: StateColumns,
  { base, tick, isDifference }: Span,
  told: readonly Told[],
  bytes: number,
): readonly Outgoing[] {
  const isReset = base < 0
  const back = isReset ? 0 : tick - base
  const head = { room, tick, back, isReset, isAbsolute: !isDifference }
  return framesAs(asMessage, head, known, told, bytes)
}

const asMessage = (frame: Uint8Array): Outgoing => encodeBytes(BINARY.state_down, frame)

/** Of one table, what somebody has and is to have. */
export interface Turn {
  readonly known: Excerpt
  readonly next: Excerpt
}

/** For whom the frames of one tick were made. */
interface Made {
  readonly base: number
  readonly since: number | undefined
  readonly bytes: number
  /** What it had and was to have of each table that it sees some of, one after the other. */
  readonly excerpts: readonly Excerpt[]
  readonly frames: readonly Outgoing[]
  /** Another of the same hash. */
  readonly other: Made | undefined
}

/** What was made in one tick, for whoever lacks and sees the same. */
export class Frames {
  readonly #made = new Map<number, Made>()
  #last: Made | undefined

  of(
    base: number,
    since: number | undefined,
    bytes: number,
    turns: readonly (Turn | undefined)[],
    make: () => readonly Outgoing[],
  ): readonly Outgoing[] {
    const last = this.#last
    if (last && isFor(last, base, since, bytes, turns)) return last.frames
    const hash = hashOf(base, bytes, turns)
    const other = this.#made.get(hash)
    for (let one = other; one; one = one.other)
      if (isFor(one, base, since, bytes, turns)) return one.frames
    const made = { base, since, bytes, excerpts: excerptsIn(turns), frames: make(), other }
    this.#last = made
    this.#made.set(hash, made)
    return made.frames
  }

  clear(): void {
    this.#made.clear()
    this.#last = undefined
  }
}

function isFor(
  made: Made,
  base: number,
  since: number | undefined,
  bytes: number,
  turns: readonly (Turn | undefined)[],
): boolean {
  if (made.base !== base || made.since !== since || made.bytes !== bytes) return false
  const { excerpts } = made
  let at = 0
  for (let index = 0; index < turns.length; index++) {
    const turn = turns[index]
    if (!turn) continue
    if (excerpts[at++] !== turn.known || excerpts[at++] !== turn.next) return false
  }
  return at === excerpts.length
}

function hashOf(base: number, bytes: number, turns: readonly (Turn | undefined)[]): number {
  let hash = Math.imul(base ^ bytes, PRIME)
  for (let index = 0; index < turns.length; index++) {
    const turn = turns[index]
    if (turn) hash = Math.imul(Math.imul(hash ^ turn.known.number, PRIME) ^ turn.next.number, PRIME)
  }
  return hash
}

const PRIME = 16_777_619

function excerptsIn(turns: readonly (Turn | undefined)[]): Excerpt[] {
  const excerpts: Excerpt[] = []
  for (let index = 0; index < turns.length; index++) {
    const turn = turns[index]
    if (turn) excerpts.push(turn.known, turn.next)
  }
  return excerpts
}
