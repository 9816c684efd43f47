import { positionOf } from '../../../protocol/state-check.ts'
import { dequantise } from '../../../protocol/state-columns.ts'
import type { Member } from '../room/member.ts'
import type { Room } from '../room/room.ts'
import { Grid } from './grid.ts'
import type { Row, Rows } from './row.ts'
import { isAmong, NONE, type Slots, slotsIn } from './slots.ts'
import type { Table } from './table.ts'

/** Who sees which rows of a table that not everybody sees all of. */
export interface Sight {
  /** Whether what a member sees may change though no row does. */
  readonly isRestless: boolean
  /** The rows that a member sees now, of which it saw `known` before. */
  of(member: Member, known: Slots): Slots
  /** A commit has changed something, or time has passed. */
  renew(): void
}

/** Judges of one row whether one member sees it; what it throws hides the row. */
export type Predicate = (row: Row, member: Member) => boolean

export interface SightOptions {
  readonly room: Room
  readonly table: Table
  readonly rows: Rows
  /** The table of the viewer's own row, of `near`. */
  readonly from: Table | undefined
  readonly predicate: Predicate | undefined
}

/** The sight of a table; undefined where all see all of it. */
export function createSight(options: SightOptions): Sight | undefined {
  const { sees } = options.table.known.table
  switch (sees?.who) {
    case 'owner':
      return ownerSight(options.table)
    case 'group':
      return groupSight(options, sees.group ?? '')
    case 'near':
      return nearSight(options, sees.radius ?? 0)
    case 'predicate':
      return predicateSight(options)
    default:
      return undefined
  }
}

/** Which rows are whose, found once a tick. */
function createOwners(table: Table) {
  let byOwner: Map<number, Slots> | undefined
  return {
    of(member: Member): Slots {
      byOwner ??= ownersIn(table)
      return byOwner.get(member.number) ?? NONE
    },
    renew() {
      byOwner = undefined
    },
  }
}

function ownersIn({ owners, there }: Table): Map<number, Slots> {
  const numbers = owners?.valuesAt(there.slots, there.n) ?? []
  const byOwner = new Map<number, number[]>()
  for (let index = 0; index < there.n; index++) {
    const own = byOwner.get(numbers[index] as number) ?? []
    byOwner.set(numbers[index] as number, own)
    own.push(there.slots[index] as number)
  }
  return new Map([...byOwner].map(([number, slots]) => [number, slotsIn(slots)]))
}

function ownerSight(table: Table): Sight {
  const owners = createOwners(table)
  return { isRestless: false, of: owners.of, renew: owners.renew }
}

const groupSight = ({ room, table }: SightOptions, name: string): Sight => ({
  isRestless: true,
  of: (member) => (room.groups.get(name)?.has(member) ? table.there : NONE),
  renew() {},
})

const predicateSight = ({ table, rows, predicate }: SightOptions): Sight => ({
  isRestless: true,
  of(member) {
    const seen: number[] = []
    const { slots, n } = table.there
    for (let index = 0; index < n; index++) {
      const row = rows.at(slots[index] as number)
      if (row && predicate?.(row, member)) seen.push(row.slot)
    }
    return slotsIn(seen)
  },
  renew() {},
})

/** Who is seen within a radius goes out of sight only so much further away. */
const FURTHER = 1.2

function nearSight({ table, from = table }: SightOptions, radius: number): Sight {
  const owners = createOwners(from)
  const points = createPoints(table)
  const own = from === table ? points : createPoints(from)
  const grid = new Grid(radius * FURTHER)
  const [inner, outer] = [radius * radius, (radius * FURTHER) ** 2]
  let isBuilt = false

  return {
    isRestless: false,
    of(member, known) {
      const [viewer] = owners.of(member).slots
      if (viewer === undefined) return NONE
      if (!isBuilt) grid.build(...points.flat(), table.there.n)
      isBuilt = true
      const [x, y, z] = own.at(viewer)
      const seen: number[] = []
      grid.around(x, y, (index) => {
        const distance = points.distance(index, x, y, z)
        const slot = table.there.slots[index] as number
        if (distance <= inner || (distance <= outer && isAmong(known, slot))) seen.push(slot)
      })
      if (seen.length === table.there.n) return table.there
      return { slots: Int32Array.from(seen).sort(), n: seen.length }
    },
    renew() {
      owners.renew()
      points.renew()
      own.renew()
      isBuilt = false
    },
  }
}

type Place = readonly [x: number, y: number, z: number]

/** Where the rows of a table are, as clients have it. */
function createPoints(table: Table) {
  const names = positionOf(table.known.table)
  const indexes = table.known.columns.flatMap(({ name }, index) =>
    names.includes(name.split('.')[0] ?? '') ? [index] : [],
  )
  let axes: Float64Array[] | undefined
  const found = (): Float64Array[] => {
    axes ??= indexes.map((index) => axisOf(table, index))
    return axes
  }

  return {
    flat: (): [Float64Array, Float64Array] => [found()[0] ?? EMPTY, found()[1] ?? EMPTY],
    at(slot: number): Place {
      const index = table.there.slots.indexOf(slot)
      const [x, y, z] = found()
      return [x?.[index] ?? 0, y?.[index] ?? 0, z?.[index] ?? 0]
    },
    /** The square of how far a row is from there. */
    distance(index: number, x: number, y: number, z: number): number {
      const axes = found()
      const [xs, ys, zs] = [axes[0], axes[1], axes[2]]
      const dx = (xs?.[index] ?? 0) - x
      const dy = (ys?.[index] ?? 0) - y
      const dz = zs ? (zs[index] ?? 0) - z : 0
      return dx * dx + dy * dy + dz * dz
    },
    renew() {
      axes = undefined
    },
  }
}

const EMPTY = new Float64Array(0)

function axisOf({ columns, there }: Table, index: number): Float64Array {
  const column = columns[index]
  if (!column) return EMPTY
  const values = column.valuesAt(there.slots, there.n)
  const axis = new Float64Array(there.n)
  for (let at = 0; at < there.n; at++) {
    const value = values[at] as number
    axis[at] = column.column.raw ? value : dequantise(column.column, value)
  }
  return axis
}
