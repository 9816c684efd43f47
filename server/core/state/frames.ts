import { BINARY } from '../../../protocol/binary.ts'
import type { StateColumns } from '../../../protocol/state-columns.ts'
import { stateFrames, type Told } from '../../../protocol/state-split.ts'
import { encodeBytes, type Outgoing } from '../wire/frame.ts'

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
  const head = {
    ...{ room, tick, isReset, isAbsolute: !isDifference },
    back: isReset ? 0 : tick - base,
  }
  return stateFrames(head, known, told, bytes).map((frame) => encodeBytes(BINARY.state_down, frame))
}

/** What was made in one tick, for whoever needs the same. */
export class Cache<T> {
  readonly #made = new Map<string, T>()

  of(key: string, make: () => T): T {
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const made = make()
    this.#made.set(key, made)
    return made
  }

  clear(): void {
    this.#made.clear()
  }
}
