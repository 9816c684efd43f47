import type { StateColumns } from '../../../protocol/state-columns.ts'
import type { Told } from '../../../protocol/state-split.ts'
import type { Member } from '../room/member.ts'
import type { Room } from '../room/room.ts'
import type { Outgoing } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import { Budget } from './budget.ts'
import { Cache } from './frames.ts'
import { accessesOf, createRows, type Rows } from './row.ts'
import { createSight, type Predicate, type Sight } from './sight.ts'
import { Table } from './table.ts'
import { toldNow, toldSince } from './told.ts'
import { type Seen, Viewer } from './viewer.ts'

export interface StateOptions {
  readonly room: Room
  readonly columns: StateColumns
  readonly tick_hz: number
  readonly now: () => number
  readonly limits: Pick<Limits, 'state_frame_bytes' | 'state_rows' | 'state_bytes'>
  /** Of the tables that a predicate judges, by their numbers. */
  readonly predicates: readonly (Predicate | undefined)[]
}

/** What one room knows, and what each of its members has been told of it. */
export class State implements Seen {
  /** The room's number in frames. */
  readonly number: number
  readonly columns: StateColumns
  readonly tables: readonly Table[]
  readonly rows: readonly Rows[]
  readonly sights: readonly (Sight | undefined)[]
  /** Whether what a member sees may change though no row does. */
  readonly isRestless: boolean
  /** How long a tick is, in ms. */
  readonly step: number
  readonly now: () => number
  readonly frameBytes: number
  /** The last commit, the last that changed something, and the one that did before the last. */
  tick = 0
  changedAt = 0
  before = 0
  readonly #viewers = new Map<Member, Viewer>()
  readonly #frames = new Cache<readonly Outgoing[]>()
  readonly #told = new Cache<readonly Told[]>()

  constructor({ room, columns, tick_hz, now, limits, predicates }: StateOptions) {
    const budget = new Budget(limits.state_bytes)
    this.number = room.serial
    this.columns = columns
    this.step = 1_000 / tick_hz
    this.now = now
    this.frameBytes = limits.state_frame_bytes
    this.tables = columns.tables.map(
      (known, number) => new Table(number, known, limits.state_rows, budget),
    )
    this.rows = this.tables.map((table) => createRows(table, accessesOf(table)))
    this.sights = this.tables.map((table, number) =>
      createSight({
        ...{ room, table, rows: this.rows[number] as Rows, predicate: predicates[number] },
        from: this.#named(table.known.table.sees?.of),
      }),
    )
    this.isRestless = this.sights.some((sight) => sight?.isRestless)
  }

  viewerOf(member: Member): Viewer | undefined {
    return this.#viewers.get(member)
  }

  /** From now on a member is told what there is. */
  show(member: Member): Viewer {
    const viewer = new Viewer(this, member)
    this.#viewers.set(member, viewer)
    return viewer
  }

  hide(member: Member): void {
    this.#viewers.delete(member)
  }

  /** A tick is over: what was done in it is what clients will have, and are told. */
  commit(tick: number): void {
    this.#frames.clear()
    this.#told.clear()
    this.before = this.changedAt
    this.tick = tick
    for (const table of this.tables) if (table.commit(tick)) this.changedAt = tick
    for (const sight of this.sights) sight?.renew()
    for (const viewer of this.#viewers.values()) if (viewer.lacks) viewer.receiver.mark?.(viewer)
  }

  /** What was made in this tick, by its name. */
  cached(name: string, make: () => readonly Outgoing[]): readonly Outgoing[] {
    return this.#frames.of(name, make)
  }

  /** What happened in all tables since a tick; without one, what the last commit did. */
  told(since: number | undefined): readonly Told[] {
    return this.tables.flatMap((table) => this.toldOf(table, since))
  }

  toldOf(table: Table, since: number | undefined): readonly Told[] {
    return this.#told.of(`${table.number}/${since}`, () =>
      since === undefined ? toldNow(table) : toldSince(table, since),
    )
  }

  #named(name: string | undefined): Table | undefined {
    return this.tables.find(({ known }) => known.table.name === name)
  }
}
