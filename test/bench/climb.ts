import type { Contestant } from './contestants.ts'
import { type Measured, openStage, type Stage } from './generator.ts'

export interface Step extends Measured {
  readonly holds: boolean
  /** What made the load itself slow, so that what is measured says little of the server. */
  readonly hindrance: 'none' | 'load saturated' | 'machine busy'
}

export interface ClimbOptions {
  readonly ladder: readonly number[]
  readonly roomSize: number
  /** What each player sends a second. */
  readonly rate: number
  readonly bound_ms: number
  readonly ms: number
  readonly settle_ms: number
  /** Where on the ladder it begins. */
  readonly from: number
}

/** What must have come of what was sent; the rest is still on its way. */
const DELIVERED = 0.97
/** A quarter of the bound spent in a turn of the load is too much … */
const TURN_SHARE = 0.25
/** … and the load's own doing where it used its processor so much; likewise the server. */
const FULL = 0.8
const PAUSE_MS = 500

/** One contestant on its way up until it no longer holds; each step is taken when asked for. */
export class Climb {
  readonly contestant: Contestant
  readonly steps: Step[] = []
  held: Step | undefined
  /** The step that did not hold, unless it got to the top. */
  failed: Step | undefined
  isOver = false
  readonly #options: ClimbOptions
  #index: number
  #stage: Stage | undefined

  constructor(contestant: Contestant, options: ClimbOptions) {
    this.contestant = contestant
    this.#options = options
    this.#index = options.from
  }

  /** Where on the ladder it held last; -1 for nowhere. */
  get index(): number {
    return this.held ? this.#options.ladder.indexOf(this.held.players) : -1
  }

  async step(): Promise<Step> {
    const { ladder, roomSize } = this.#options
    this.#stage ??= await openStage(this.contestant, { roomSize })
    const step = await this.#measureTwice(this.#stage, ladder[this.#index] ?? 0)
    this.steps.push(step)
    const hasFailed = this.failed !== undefined
    if (step.holds) this.held = step
    else this.failed = step
    this.#index += step.holds ? 1 : -1
    const isAtEnd = this.#index < 0 || this.#index >= ladder.length
    this.isOver = isAtEnd || (step.holds ? hasFailed : this.held !== undefined)
    if (this.isOver || !step.holds) await this.close()
    return step
  }

  async close(): Promise<void> {
    await this.#stage?.close()
    this.#stage = undefined
  }

  /** A step that does not hold gets a second chance, for the machine may have been busy. */
  async #measureTwice(stage: Stage, players: number): Promise<Step> {
    await stage.grow(players)
    const first = await this.#measure(stage, players)
    if (first.holds || first.closed > 0) return first
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    return this.#measure(stage, players)
  }

  async #measure(stage: Stage, players: number): Promise<Step> {
    const { rate, bound_ms, ms, settle_ms } = this.#options
    const seen = await stage.drive({ ms, settle_ms, per_second: players * rate })
    const isWhole = seen.delivered >= seen.expected * DELIVERED
    const isWell = seen.closed === 0 && seen.refused === undefined
    const holds = isWhole && isWell && seen.p99 < bound_ms
    const isLoadSlow = seen.turn_p99 > bound_ms * TURN_SHARE
    const isIdle = !holds && seen.server < FULL
    const culprit = seen.load > FULL ? 'load saturated' : 'machine busy'
    return { ...seen, holds, hindrance: isLoadSlow || isIdle ? culprit : 'none' }
  }
}
