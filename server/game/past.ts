import type { Member } from '../core/room/member.ts'
import type { Past } from '../core/state/history.ts'
import type { Opened } from '../core/state/known.ts'
import { accessesOf, type Rows } from '../core/state/row.ts'
import type { PastTable, StateRow, StateTable } from './tables.ts'

/** The tables of a room as a member saw them, by their names; those not remembered as they are. */
export type PastOf = (member: Member) => Readonly<Record<string, PastTable | StateTable | StateRow>>

/** How a room’s tables are rewound; `tables` are those of now. */
export function openPast(
  { state, rewind }: Pick<Opened, 'state' | 'rewind'>,
  tables: Readonly<Record<string, StateTable | StateRow>>,
): PastOf {
  const openings = state.tables.map((_, number) => openingOf(number))
  return (member) => {
    const time = rewind.seenBy(member)
    const past = openings.map(([name, open]) => [name, open?.(member, time) ?? tables[name]])
    return Object.fromEntries(past)
  }

  function openingOf(number: number) {
    const table = state.tables[number] as (typeof state.tables)[number]
    const { name } = table.known.table
    const history = rewind.histories[number]
    if (!history) return [name, undefined] as const
    const rows = state.rows[number] as Rows
    const prototype = prototypeOf(accessesOf(table), table.owners !== undefined)

    const open = (member: Member, time: number): PastTable => {
      const { slots, of } = history.at(time)
      const at = (slot: number) => {
        const past = of(slot)
        const isOwn = table.owners !== undefined && past.get(0) === member.number
        // One’s own is shown as it is.
        if (isOwn && !past.isThere) return undefined
        const get = isOwn ? (column: number) => table.columns[column]?.get(slot) : past.get
        const now = past.isThere ? rows.at(slot) : undefined
        return Object.assign(Object.create(prototype) as PastRowOf, { slot, now, [GET]: get })
      }
      const has = new Set(Array.from(slots.slots).slice(0, slots.n))
      const all = {
        get size() {
          return has.size
        },
        at: (slot: number) => (has.has(slot) ? at(slot) : undefined),
        *ownedBy({ number: owner }: { readonly number: number }) {
          for (const row of all) if (row.owner === owner) yield row
        },
        of(whose: { readonly number: number }) {
          for (const row of all.ownedBy(whose)) return row
          return undefined
        },
        *[Symbol.iterator](): Generator<PastRowOf> {
          for (const slot of has) {
            const row = at(slot)
            if (row) yield row
          }
        },
      }
      // What rows hold is known by the kind's own definition alone.
      return all as unknown as PastTable
    }
    return [name, open] as const
  }
}

const GET = Symbol('get')
interface PastRowOf {
  readonly slot: number
  readonly owner: number
  readonly [GET]: Past['get']
}

function prototypeOf(accesses: ReturnType<typeof accessesOf>, isOwned: boolean): object {
  const prototype = {
    get owner(): unknown {
      return isOwned ? (this as unknown as PastRowOf)[GET](0) : 0
    },
  }
  for (const { name, columns, of } of accesses)
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get(this: PastRowOf) {
        return of(columns.map((column) => this[GET](column)))
      },
    })
  return prototype
}
