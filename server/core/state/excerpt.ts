import { grown } from './changes.ts'
import { isSame, type Slots } from './slots.ts'
import type { Table } from './table.ts'

/** Rows of a table that somebody has: which, and when each was born. */
export interface Excerpt extends Slots {
  readonly born: Uint32Array
  /** No other has it. */
  readonly number: number
}

/** One, as those who keep it see it: once nobody has it, it becomes another. */
class OneExcerpt implements Excerpt {
  slots = new Int32Array(FEWEST)
  born = new Uint32Array(FEWEST)
  n = 0
  number: number = NOBODYS
  /** How many members have it. */
  users = 0
  /** Another of the same hash. */
  next: OneExcerpt | undefined

  become({ slots, n }: Slots, born: Uint32Array, number: number): void {
    if (this.slots.length < n) {
      this.slots = grown(this.slots, n * 2)
      this.born = grown(this.born, n * 2)
    }
    for (let index = 0; index < n; index++) {
      const slot = slots[index] as number
      this.slots[index] = slot
      this.born[index] = born[slot] as number
    }
    this.n = n
    this.number = number
  }
}

const [FEWEST, NOBODYS] = [16, 0]

export const EMPTY: Excerpt = new OneExcerpt()

/** What members have of one table; those who have the same have the same object. */
export class Excerpts {
  readonly #table: Pick<Table, 'born'>
  /** Of this tick, by a number made of what is in them. */
  readonly #known = new Map<number, OneExcerpt>()
  #number = 0
  /** What was last asked for. */
  #wanted: Int32Array | undefined
  #found = EMPTY
  /** Those that nobody has any more, from the next tick on free to become others. */
  #dropped: OneExcerpt[] = []
  readonly #free: OneExcerpt[] = []

  constructor(table: Pick<Table, 'born'>) {
    this.#table = table
  }

  /** Rows may have been born, or others in their place. */
  renew(): void {
    this.#known.clear()
    this.#wanted = undefined
    for (const one of this.#dropped) if (one.users === 0) this.#release(one)
    this.#dropped = []
  }

  /** These rows as they are now, for somebody who has `known`. */
  of(wanted: Slots, known: Excerpt): Excerpt {
    if (wanted.n === 0) return EMPTY
    if (wanted.isKept && this.#wanted === wanted.slots) return this.#found
    this.#wanted = wanted.isKept ? wanted.slots : undefined
    this.#found = this.#one(wanted, known as OneExcerpt)
    return this.#found
  }

  /** A member has this instead of that. */
  exchange(had: Excerpt, has: Excerpt): void {
    if (had === has) return
    const [before, now] = [had as OneExcerpt, has as OneExcerpt]
    now.users++
    if (--before.users === 0 && had !== EMPTY) this.#dropped.push(before)
  }

  /** Once, though several had it and let it go in the same tick. */
  #release(one: OneExcerpt): void {
    if (one.number === NOBODYS) return
    one.number = NOBODYS
    this.#free.push(one)
  }

  #one(wanted: Slots, known: OneExcerpt): OneExcerpt {
    const hash = hashOf(wanted)
    const first = this.#known.get(hash)
    for (let one = first; one; one = one.next) if (isSame(one, wanted)) return one
    const one = this.#isStill(wanted, known) ? known : this.#made(wanted)
    one.next = first
    this.#known.set(hash, one)
    return one
  }

  #isStill(wanted: Slots, known: Excerpt): boolean {
    if (!isSame(known, wanted)) return false
    const { born } = this.#table
    for (let index = 0; index < known.n; index++)
      if (born[known.slots[index] as number] !== known.born[index]) return false
    return true
  }

  #made(wanted: Slots): OneExcerpt {
    const one = this.#free.pop() ?? new OneExcerpt()
    one.become(wanted, this.#table.born, ++this.#number)
    return one
  }
}

function hashOf({ slots, n }: Slots): number {
  let hash = n
  for (let index = 0; index < n; index++) hash = Math.imul(hash ^ (slots[index] as number), PRIME)
  return hash
}

const PRIME = 16_777_619
