import { defineState, fixed, table } from '../../protocol/state.ts'
import type { Member } from '../../server/core/room/member.ts'
import { Budget } from '../../server/core/state/budget.ts'
import { History } from '../../server/core/state/history.ts'
import type { Opened } from '../../server/core/state/known.ts'
import { accessesOf, createRows } from '../../server/core/state/row.ts'
import { Table } from '../../server/core/state/table.ts'
import { openPast } from '../../server/game/past.ts'
import { alone, type Figure } from './figures.ts'

const [ROWS, TICK_MS, HISTORY_MS, BEHIND_MS] = [100, 50, 500, 175]
const position = fixed(-2_000, 2_000, 0.01)
const FIELD = defineState({
  players: table(
    { x: position, y: position, hp: 'uint8' },
    { write: 'owner', history_ms: HISTORY_MS },
  ),
})

/** What its rows hold, as numbers. */
type Seen = Iterable<Readonly<Record<string, number>>>

/** What it costs to remember a tick of a hundred rows, and to look at all of them as they were. */
export function rewinding(times: number): Figure[] {
  const [known] = FIELD.columns.tables
  if (!known) throw new Error('no table')
  const players = new Table(0, known, ROWS, new Budget(Number.POSITIVE_INFINITY))
  const rows = createRows(players, accessesOf(players))
  for (let index = 0; index < ROWS; index++) rows.add({ x: index, y: index }, index + 1)
  const history = new History(players, HISTORY_MS, TICK_MS)
  let tick = 0
  // As much of an opened state as is looked at.
  const opened = {
    state: { tables: [players], rows: [rows] },
    rewind: { histories: [history], seenBy: () => tick * TICK_MS - BEHIND_MS },
  } as unknown as Opened
  const past = openPast(opened, {})
  const keep = () => history.keep(tick)
  const look = () => {
    let nearest = Number.POSITIVE_INFINITY
    const seen = past({ number: 1 } as Member).players as unknown as Seen
    for (const { x = 0, y = 0 } of seen) nearest = Math.min(nearest, Math.hypot(x - 5, y - 5))
    return nearest
  }
  for (; tick < 20; tick++) {
    players.commit(tick + 1)
    history.keep(tick + 1)
  }
  return [
    alone(`${ROWS} rows: a tick is remembered`, 'µs', costOf(keep, times)),
    alone(`${ROWS} rows: all are looked at as they were`, 'µs', costOf(look, times)),
  ]
}

/** In µs, five times. */
function costOf(run: () => unknown, times: number): number[] {
  for (let count = 0; count < times; count++) run()
  return Array.from({ length: 5 }, () => {
    const before = performance.now()
    for (let count = 0; count < times; count++) run()
    return ((performance.now() - before) * 1_000) / times
  })
}
