import type { Told } from '../../../protocol/state-split.ts'
import { EMPTY, type Excerpt, type Excerpts } from './excerpt.ts'
import { scratch } from './scratch.ts'
import type { Slots } from './slots.ts'
import type { Table } from './table.ts'
import { differencesIn, tell, valuesIn } from './told.ts'

/** What one member has of a table that it sees some of. */
export class View {
  readonly #table: Table
  readonly #excerpts: Excerpts
  /** What it has, and what it is to have. */
  known: Excerpt = EMPTY
  next: Excerpt = EMPTY
  /** Whether it had all there were. */
  #hadAll = false

  constructor(table: Table, excerpts: Excerpts) {
    this.#table = table
    this.#excerpts = excerpts
  }

  /** It has none of it any more. */
  forget(): void {
    this.#excerpts.exchange(this.known, EMPTY)
    this.known = EMPTY
    this.next = EMPTY
    this.#hadAll = false
  }

  /** It is to have these rows next. */
  want(wanted: Slots): void {
    this.next = this.#excerpts.of(wanted, this.known)
  }

  /** Whether it saw all rows and does still, so that it is told what everybody would be. */
  get keepsAll(): boolean {
    return this.#hadAll && this.next.n === this.#table.there.n
  }

  /** It has those rows. */
  have(): void {
    this.#excerpts.exchange(this.known, this.next)
    this.known = this.next
    this.#hadAll = this.known.n === this.#table.there.n
  }

  /**
   * Adds to `told` what it is told to have what it is to have. It had everything until `tick`; where
   * that was the last commit before this one, updates are differences.
   */
  tell(told: Told[], tick: number, isDifference: boolean): void {
    const { next } = this
    const table = this.#table
    const isSame = this.known === next
    const staying = isSame ? next : this.#compare(told)
    const changes = isDifference
      ? differencesIn(table, next, staying, scratch)
      : valuesIn(table, next, staying, tick, scratch)
    if (changes.length > 0) told.push({ op: 'update', table: table.number, changes })
  }

  /** Tells which rows it is to have and which it has no longer; those that it keeps. */
  #compare(told: Told[]): Slots {
    const { known, next } = this
    const [gone, left] = [scratch.take(known.n), scratch.take(known.n)]
    const [come, old] = [scratch.take(next.n), scratch.take(next.n)]
    let [goneCount, leftCount, comeCount, oldCount] = [0, 0, 0, 0]
    let at = 0
    for (let index = 0; index < known.n; index++) {
      const slot = known.slots[index] as number
      for (; at < next.n && (next.slots[at] as number) < slot; at++)
        come[comeCount++] = next.slots[at] as number
      const isSame = this.#table.isSame(slot, known.born[index] as number)
      if (at < next.n && next.slots[at] === slot) {
        at++
        // One that is there already was replaced: its client knows that it has gone.
        if (isSame) old[oldCount++] = slot
        else come[comeCount++] = slot
      } else if (isSame) left[leftCount++] = slot
      else gone[goneCount++] = slot
    }
    for (; at < next.n; at++) come[comeCount++] = next.slots[at] as number
    tell(
      told,
      this.#table,
      { slots: gone, n: goneCount },
      { slots: left, n: leftCount },
      { slots: come, n: comeCount },
      scratch,
    )
    return { slots: old, n: oldCount }
  }
}
