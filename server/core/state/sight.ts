import type { Member } from '../room/member.ts'
import type { Room } from '../room/room.ts'
import { nearSight } from './near.ts'
import { createOwners } from './owners.ts'
import type { Row, Rows } from './row.ts'
import { NONE, type Slots } from './slots.ts'
import type { Table } from './table.ts'

/** Who sees which rows of a table that not everybody sees all of. */
export interface Sight {
  /** Whether what a member sees may change though no row does. */
  readonly isRestless: boolean
  /** The rows that a member sees now, of which it saw `known` before; good until it is asked again. */
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
      return nearSight(options.table, options.from ?? options.table, sees.radius ?? 0)
    case 'predicate':
      return predicateSight(options)
    default:
      return undefined
  }
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
    const { slots, n } = table.there
    // What it asks may change what is there.
    const seen = new Int32Array(n)
    let count = 0
    for (let index = 0; index < n; index++) {
      const row = rows.at(slots[index] as number)
      if (row && predicate?.(row, member)) seen[count++] = row.slot
    }
    return { slots: seen, n: count }
  },
  renew() {},
})
