import type { Told } from '../../../protocol/state-split.ts'
import { NONE, type Slots, slotsIn } from './slots.ts'
import type { Table } from './table.ts'
import { differencesIn, toldOf, valuesIn } from './told.ts'

/** What one member has of a table that it sees some of. */
export class View {
  readonly #table: Table
  #known: Slots = NONE
  /** When those were born, so that another row in the same slot is another row. */
  #born = new Uint32Array(0)
  /** Whether those were all there were. */
  #hadAll = false

  constructor(table: Table) {
    this.#table = table
  }

  get known(): Slots {
    return this.#known
  }

  /** It has none of it any more. */
  forget(): void {
    this.#known = NONE
    this.#born = new Uint32Array(0)
    this.#hadAll = false
  }

  /** Whether it saw all rows and does still, so that it is told what everybody would be. */
  keepsAll(wanted: Slots): boolean {
    return this.#hadAll && wanted.n === this.#table.there.n
  }

  /** It has the `wanted` rows from now on. */
  have(wanted: Slots): void {
    const { born, there } = this.#table
    const { slots, n } = wanted
    this.#born = new Uint32Array(n)
    for (let index = 0; index < n; index++)
      this.#born[index] = born[slots[index] as number] as number
    this.#known = wanted
    this.#hadAll = n === there.n
  }

  /**
   * From now on it sees the `wanted` rows; what it is told for that. It had everything until `tick`;
   * where that was the last commit before this one, updates are differences.
   */
  see(wanted: Slots, tick: number, isDifference: boolean): Told[] {
    const { born } = this.#table
    const [gone, left, come, old] = [none(), none(), none(), none()]
    const { slots, n } = this.#known
    let at = 0
    for (let index = 0; index < n; index++) {
      const slot = slots[index] as number
      for (; at < wanted.n && (wanted.slots[at] as number) < slot; at++)
        come.push(wanted.slots[at] as number)
      const isWanted = wanted.slots[at] === slot && at < wanted.n
      const isSame = this.#table.isThere(slot) && born[slot] === this.#born[index]
      if (isWanted) {
        at++
        // One that is there already was replaced: its client knows that it has gone.
        if (isSame) old.push(slot)
        else come.push(slot)
      } else if (isSame) left.push(slot)
      else gone.push(slot)
    }
    for (; at < wanted.n; at++) come.push(wanted.slots[at] as number)
    this.have(wanted)
    const [entering, staying] = [slotsIn(come), slotsIn(old)]
    const changes = isDifference
      ? differencesIn(this.#table, wanted, staying)
      : valuesIn(this.#table, wanted, staying, tick)
    return toldOf(this.#table, slotsIn(gone), entering, changes, slotsIn(left))
  }
}

const none = (): number[] => []
