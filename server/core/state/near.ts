import { positionOf } from '../../../protocol/state-check.ts'
import { dequantise } from '../../../protocol/state-columns.ts'
import type { Member } from '../room/member.ts'
import type { StateColumn } from './column.ts'
import { Grid } from './grid.ts'
import { createOwners } from './owners.ts'
import { isAmong, NONE, type Slots } from './slots.ts'
import type { Table } from './table.ts'

/** Who is seen within a radius goes out of sight only so much further away. */
const FURTHER = 1.2

/** The sight of rows within a radius of a member’s own row in the table `from`. */
export function nearSight(table: Table, from: Table, radius: number) {
  const owners = createOwners(from)
  const points = new Points(table)
  const own = from === table ? points : new Points(from)
  const grid = new Grid(radius * FURTHER)
  const [inner, outer] = [radius * radius, (radius * FURTHER) ** 2]
  let isBuilt = false
  let seen = new Int32Array(0)

  return {
    isRestless: false,
    of(member: Member, known: Slots): Slots {
      const viewer = owners.of(member).slots[0]
      if (viewer === undefined) return NONE
      if (!isBuilt) build()
      const index = own.indexOf(viewer)
      const [x, y, z] = [own.xs[index] as number, own.ys[index] as number, own.zs[index] ?? 0]
      const n = found(grid.around(x, y), x, y, z, known)
      if (n === table.there.n) return table.there
      sort(seen, n)
      return { slots: seen, n }
    },
    renew() {
      owners.renew()
      isBuilt = false
    },
  }

  function build(): void {
    points.read()
    if (own !== points) own.read()
    const { n } = table.there
    grid.build(points.xs, points.ys, n)
    if (seen.length < n) seen = new Int32Array(n * 2)
    isBuilt = true
  }

  /** Those among what the grid found which are near enough. */
  function found(count: number, x: number, y: number, z: number, known: Slots): number {
    const [{ near }, { slots }] = [grid, table.there]
    const { xs, ys, zs } = points
    const into = seen
    const isDeep = zs.length > 0
    let n = 0
    for (let at = 0; at < count; at++) {
      const index = near[at] as number
      const dx = (xs[index] as number) - x
      const dy = (ys[index] as number) - y
      const dz = isDeep ? (zs[index] as number) - z : 0
      const distance = dx * dx + dy * dy + dz * dz
      if (distance > outer) continue
      const slot = slots[index] as number
      if (distance <= inner || isAmong(known, slot)) into[n++] = slot
    }
    return n
  }
}

/** Where the rows of a table are, as clients have it, in the order of their slots. */
class Points {
  readonly #table: Table
  readonly #axes: readonly StateColumn[]
  xs = new Float64Array(0)
  ys = new Float64Array(0)
  /** Empty where there are only two. */
  zs = new Float64Array(0)
  #values = new Int32Array(0)

  constructor(table: Table) {
    const names = positionOf(table.known.table)
    this.#table = table
    // By their names, as another table may have them in another order.
    this.#axes = names.flatMap((name) =>
      table.columns.filter(({ column }) => column.name.split('.')[0] === name),
    )
  }

  read(): void {
    const { n } = this.#table.there
    if (this.xs.length < n) {
      this.xs = new Float64Array(n * 2)
      this.ys = new Float64Array(n * 2)
      this.#values = new Int32Array(n * 2)
      if (this.#axes.length > 2) this.zs = new Float64Array(n * 2)
    }
    for (const [index, into] of [this.xs, this.ys, this.zs].entries())
      this.#readAxis(this.#axes[index], into)
  }

  /** Where a row is among those that are there. */
  indexOf(slot: number): number {
    const { slots, n } = this.#table.there
    let [from, to] = [0, n]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((slots[middle] as number) < slot) from = middle + 1
      else to = middle
    }
    return from
  }

  #readAxis(axis: StateColumn | undefined, into: Float64Array): void {
    if (!axis) return
    const { slots, n } = this.#table.there
    const { column } = axis
    const values = axis.valuesAt(slots, n, this.#values)
    for (let at = 0; at < n; at++) {
      const value = values[at] as number
      into[at] = column.raw ? value : dequantise(column, value)
    }
  }
}

/** The first `n`, ascending; the engine’s own way is worth calling for many. */
function sort(slots: Int32Array, n: number): void {
  if (n > FEW) {
    slots.subarray(0, n).sort()
    return
  }
  for (let index = 1; index < n; index++) {
    const slot = slots[index] as number
    let at = index
    for (; at > 0 && (slots[at - 1] as number) > slot; at--) slots[at] = slots[at - 1] as number
    slots[at] = slot
  }
}

const FEW = 40
