import type { Reading, Receiver } from '../delivery/receiver.ts'
import type { Source } from '../delivery/source.ts'
import type { Member } from '../room/member.ts'
import type { Outgoing } from '../wire/frame.ts'
import type { Excerpts } from './excerpt.ts'
import type { Span } from './frames.ts'
import { Pace } from './pace.ts'
import { pingOf } from './ping.ts'
import type { Sight } from './sight.ts'
import { NONE } from './slots.ts'
import type { Table } from './table.ts'
import { View } from './view.ts'

/** What there is to see, and what has been made of it in this tick. */
export interface Seen {
  readonly number: number
  readonly tables: readonly Table[]
  readonly sights: readonly (Sight | undefined)[]
  readonly excerpts: readonly Excerpts[]
  readonly isRestless: boolean
  readonly tick: number
  readonly changedAt: number
  readonly before: number
  readonly step: number
  readonly now: () => number
  readonly frameBytes: number
  /**
   * The frames of who had all until `since`, or if that is undefined all before the last commit, and
   * sees of the tables what its views say: of those without one all.
   */
  framesOf(
    span: Span,
    since: number | undefined,
    bytes: number,
    views: readonly (View | undefined)[],
  ): readonly Outgoing[]
  /** Of who has the tick before: nothing has changed. */
  readonly rest: readonly Outgoing[]
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
  /** By its number of each table that it sees some of; none where it sees all of all. */
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
    const isPartial = state.sights.some((sight) => sight !== undefined)
    this.#views = isPartial ? state.sights.map((sight, index) => sight && this.#viewOf(index)) : []
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
    const isPartial = this.#views.length > 0
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

  #viewOf(index: number): View {
    const { tables, excerpts } = this.#state
    return new View(tables[index] as Table, excerpts[index] as Excerpts)
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
    const isWhole = this.#views.length === 0 || this.#keepsAll(isDifference)
    const base = isWhole && isDifference ? before : this.#sent
    const span = { base, tick, isDifference }
    const views = isWhole ? WHOLE : this.#views
    const frames = state.framesOf(span, isDifference ? undefined : this.#seen, bytes, views)
    for (const view of this.#views) view?.have()
    this.#seen = tick
    if (frames.length === 0) return this.#rest()
    this.#isMoving = base >= 0
    this.#sent = tick
    this.#isToAsk = this.pace.asks(tick, !isDifference)
    return frames
  }

  /** A frame without a change: what moved stands, and is not to be shown moving on. */
  #rest(): readonly Outgoing[] {
    if (!this.#isAtRest) return []
    this.#isMoving = false
    this.#sent = this.#state.tick
    return this.#state.rest
  }

  /** Looks at what it is to see; whether that was everything and is still, so that it is told as all. */
  #keepsAll(isDifference: boolean): boolean {
    const { sights, before } = this.#state
    let keepsAll = isDifference && this.#sent >= before
    for (let index = 0; index < this.#views.length; index++) {
      const view = this.#views[index]
      if (!view) continue
      view.want(sights[index]?.of(this.member, view.known) ?? NONE)
      if (!view.keepsAll) keepsAll = false
    }
    return keepsAll
  }
}

const WHOLE: readonly undefined[] = []
