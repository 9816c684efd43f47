import type { StateColumns } from '../../../protocol/state-columns.ts'
import type { Told } from '../../../protocol/state-split.ts'
import type { Reading, Receiver } from '../delivery/receiver.ts'
import type { Source } from '../delivery/source.ts'
import type { Member } from '../room/member.ts'
import type { Outgoing } from '../wire/frame.ts'
import { encodeFrames, type Span } from './frames.ts'
import { Pace } from './pace.ts'
import { pingOf } from './ping.ts'
import type { Sight } from './sight.ts'
import { NONE, type Slots } from './slots.ts'
import type { Table } from './table.ts'
import { View } from './view.ts'

/** What there is to see, and what has been made of it in this tick. */
export interface Seen {
  readonly number: number
  readonly columns: StateColumns
  readonly tables: readonly Table[]
  readonly sights: readonly (Sight | undefined)[]
  readonly isRestless: boolean
  readonly tick: number
  readonly changedAt: number
  readonly before: number
  readonly step: number
  readonly now: () => number
  readonly frameBytes: number
  cached(name: string, make: () => readonly Outgoing[]): readonly Outgoing[]
  told(since: number | undefined): readonly Told[]
  toldOf(table: Table, since: number | undefined): readonly Told[]
}

/**
 * One member as it sees the state of its room: which tick was last written to it, and what it has of
 * tables that it sees some of. What it lacks is made when it is written to.
 */
export class Viewer implements Source<Reading> {
  readonly member: Member
  readonly receiver: Receiver
  readonly pace: Pace
  readonly #state: Seen
  readonly #views: readonly (View | undefined)[]
  /** The tick of the frame that was last written to it; −1: it needs all rows anew. */
  #sent = -1
  /** The last tick in which there was nothing that it lacked. */
  #seen = -1
  /** What is left of the frames of a tick. */
  #pages: readonly Outgoing[] = []
  #page = 0
  #isToAsk = false
  /** Whether it was told of changes last: that none follow is worth a frame. */
  #isMoving = false

  constructor(state: Seen, member: Member) {
    this.#state = state
    this.member = member
    this.receiver = member.receiver
    this.pace = new Pace(state.now, state.step)
    this.#views = state.tables.map((table, index) =>
      state.sights[index] ? new View(table) : undefined,
    )
  }

  /** Whether there may be something that it has not been told. */
  get lacks(): boolean {
    const { tick, changedAt, isRestless } = this.#state
    if (tick === 0) return false
    if (this.#isAtRest) return true
    return (
      this.#seen < changedAt || this.#page < this.#pages.length || (isRestless && this.#seen < tick)
    )
  }

  /** Whether the tick before was the last that it was told of, with changes. */
  get #isAtRest(): boolean {
    return this.#isMoving && this.#sent === this.#state.tick - 1
  }

  /** It needs all rows anew. */
  reset(): void {
    this.#sent = -1
    this.#seen = -1
    this.#pages = []
    this.#page = 0
    this.#isToAsk = false
    this.#isMoving = false
    for (const view of this.#views) view?.forget()
  }

  /** It has another connection, and says which tick it has; none where it does not know. */
  begin(tick: number | undefined): void {
    const isPartial = this.#views.some((view) => view !== undefined)
    this.reset()
    this.pace.begin()
    if (tick === undefined || isPartial || tick < 1 || tick > this.#state.tick) return
    this.#sent = tick
    this.#seen = tick
  }

  /** It has said that it has this tick; who says so too early has what it lacks later. */
  acknowledge(tick: number): void {
    if (tick <= this.#state.tick) this.pace.acknowledge(tick)
  }

  make({ receiveBytes }: Reading): Outgoing | undefined {
    const page = this.#pages[this.#page]
    if (page) return this.#turn(page)
    if (this.#isToAsk) return this.#ask()
    if (!this.lacks || this.pace.isShut(this.#state.tick)) return undefined
    this.#pages = this.#frames(Math.min(receiveBytes, this.#state.frameBytes))
    this.#page = 0
    const first = this.#pages[0]
    return first && this.#turn(first)
  }

  #turn(page: Outgoing): Outgoing {
    this.#page++
    if (this.#page === this.#pages.length) {
      this.#pages = []
      this.#page = 0
    }
    return page
  }

  #ask(): Outgoing {
    this.#isToAsk = false
    this.pace.asked(this.#sent)
    return pingOf(this.#state.number, this.#sent)
  }

  /** What it lacks until now, as frames; from now on it has that. */
  #frames(bytes: number): readonly Outgoing[] {
    const state = this.#state
    const { tick, before } = state
    const isDifference = this.#seen >= before && this.#seen >= 0
    const isWhole = this.#views.every((view) => view === undefined)
    const base = isWhole && isDifference ? before : this.#sent
    const span = { base, tick, isDifference }
    const frames = isWhole ? this.#common(span, bytes) : this.#own(span, bytes)
    this.#seen = tick
    if (frames.length === 0) return this.#rest()
    this.#isMoving = base >= 0
    this.#sent = tick
    this.#isToAsk = this.pace.asks(tick, !isDifference)
    return frames
  }

  /** A frame without a change: what moved stands, and is not to be shown moving on. */
  #rest(): readonly Outgoing[] {
    const { tick, frameBytes } = this.#state
    if (!this.#isAtRest) return []
    this.#isMoving = false
    this.#sent = tick
    const span = { base: tick - 1, tick, isDifference: true }
    return this.#state.cached('rest', () => this.#encoded(span, frameBytes, []))
  }

  /** Those of all members that see everything, and have as much of it. */
  #common(span: Span, bytes: number): readonly Outgoing[] {
    const { base, isDifference } = span
    if (this.#seen >= this.#state.changedAt) return []
    return this.#state.cached(`${isDifference ? 'now' : base}/${bytes}`, () =>
      this.#encoded(span, bytes, this.#state.told(isDifference ? undefined : base)),
    )
  }

  /** Those of a member that sees some of a table. */
  #own(span: Span, bytes: number): readonly Outgoing[] {
    const { sights } = this.#state
    const since = this.#seen
    const wanted = this.#views.map(
      (view, index) => view && sights[index]?.of(this.member, view.known),
    )
    if (span.isDifference && this.#sent >= this.#state.before && this.#keepsAll(wanted))
      return this.#shared(bytes, wanted)
    const told = this.#state.tables.flatMap((table, index): readonly Told[] => {
      const [view, rows] = [this.#views[index], wanted[index]]
      if (!view || !rows) return this.#state.toldOf(table, span.isDifference ? undefined : since)
      return view.see(rows, since, span.isDifference)
    })
    if (told.length === 0 && span.base >= 0) return []
    return this.#encoded(span, bytes, told)
  }

  #keepsAll(wanted: readonly (Slots | undefined)[]): boolean {
    return this.#views.every((view, index) => !view || view.keepsAll(wanted[index] ?? NONE))
  }

  /** Those of who sees all, which are the same for all such. */
  #shared(bytes: number, wanted: readonly (Slots | undefined)[]): readonly Outgoing[] {
    const { tick, before } = this.#state
    for (const [index, view] of this.#views.entries()) view?.have(wanted[index] ?? NONE)
    const told = this.#state.told(undefined)
    if (told.length === 0) return []
    const span = { base: before, tick, isDifference: true }
    return this.#state.cached(`now/${bytes}`, () => this.#encoded(span, bytes, told))
  }

  #encoded(span: Span, bytes: number, told: readonly Told[]): readonly Outgoing[] {
    return encodeFrames(this.#state.number, this.#state.columns, span, told, bytes)
  }
}
