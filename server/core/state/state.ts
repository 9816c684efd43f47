import type { StateColumns } from '../../../protocol/state-columns.ts'
import type { Told } from '../../../protocol/state-split.ts'
import type { Member } from '../room/member.ts'
import type { Room } from '../room/room.ts'
import type { Outgoing } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import { Budget } from './budget.ts'
import { Excerpts } from './excerpt.ts'
import { encodeFrames, Frames, type Span } from './frames.ts'
import { accessesOf, createRows, type Rows } from './row.ts'
import { scratch } from './scratch.ts'
import { createSight, type Predicate, type Sight } from './sight.ts'
import { Table } from './table.ts'
import { toldNow, toldSince } from './told.ts'
import type { View } from './view.ts'
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
  readonly excerpts: readonly Excerpts[]
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
  readonly #frames = new Frames()
  #rest: readonly Outgoing[] | undefined
  /** By table, and by the tick since when. */
  readonly #told: readonly Map<number | undefined, readonly Told[]>[]

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
    this.excerpts = this.tables.map((table) => new Excerpts(table))
    this.#told = this.tables.map(() => new Map())
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

  framesOf(
    span: Span,
    since: number | undefined,
    bytes: number,
    views: readonly (View | undefined)[],
  ): readonly Outgoing[] {
    return this.#frames.of(span.base, since, bytes, views, () =>
      this.#made(span, since, bytes, views),
    )
  }

  get rest(): readonly Outgoing[] {
    const span = { base: this.tick - 1, tick: this.tick, isDifference: true }
    this.#rest ??= encodeFrames(this.number, this.columns, span, [], this.frameBytes)
    return this.#rest
  }

  /** A tick is over: what was done in it is what clients will have, and are told. */
  commit(tick: number): void {
    this.#frames.clear()
    this.#rest = undefined
    for (const told of this.#told) told.clear()
    this.before = this.changedAt
    this.tick = tick
    for (const table of this.tables) if (table.commit(tick)) this.changedAt = tick
    for (const sight of this.sights) sight?.renew()
    for (const excerpts of this.excerpts) excerpts.renew()
    for (const viewer of this.#viewers.values()) if (viewer.lacks) viewer.receiver.mark?.(viewer)
  }

  /** What happened in a table since a tick; without one, what the last commit did. */
  #toldOf(table: Table, since: number | undefined): readonly Told[] {
    const told = this.#told[table.number] as Map<number | undefined, readonly Told[]>
    const found = told.get(since)
    if (found) return found
    const made = since === undefined ? toldNow(table) : toldSince(table, since)
    told.set(since, made)
    return made
  }

  #made(
    span: Span,
    since: number | undefined,
    bytes: number,
    views: readonly (View | undefined)[],
  ): readonly Outgoing[] {
    scratch.begin()
    const told: Told[] = []
    for (let index = 0; index < this.tables.length; index++) {
      const view = views[index]
      if (view) view.tell(told, since ?? span.base, span.isDifference)
      else told.push(...this.#toldOf(this.tables[index] as Table, since))
    }
    if (told.length === 0 && span.base >= 0) return []
    return encodeFrames(this.number, this.columns, span, told, bytes)
  }

  #named(name: string | undefined): Table | undefined {
    return this.tables.find(({ known }) => known.table.name === name)
  }
}
