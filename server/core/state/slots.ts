import type { RowSet } from '../../../protocol/state-rows.ts'

/** Rows of a table by their slots, ascending: the first `n`. */
export interface Slots extends RowSet {
  readonly slots: Int32Array
  /** They are never written over. */
  readonly isKept?: boolean
}

export const NONE: Slots = { slots: new Int32Array(0), n: 0 }

export const slotsIn = (slots: readonly number[]): Slots =>
  slots.length === 0 ? NONE : { slots: Int32Array.from(slots), n: slots.length, isKept: true }

/** The slots below `end` whose flag is set. */
export function flagged(flags: Uint8Array, end: number): Slots {
  const slots = new Int32Array(end)
  let n = 0
  for (let slot = 0; slot < end; slot++) if (flags[slot] === 1) slots[n++] = slot
  return { slots, n, isKept: true }
}

export function isSame(one: RowSet, other: RowSet): boolean {
  if (one.n !== other.n) return false
  if (one.slots === other.slots) return true
  for (let index = 0; index < one.n; index++)
    if (one.slots[index] !== other.slots[index]) return false
  return true
}

/** Whether a row is one of these. */
export const isAmong = ({ slots, n }: RowSet, slot: number): boolean => {
  let [from, to] = [0, n]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((slots[middle] as number) < slot) from = middle + 1
    else to = middle
  }
  return from < n && slots[from] === slot
}
