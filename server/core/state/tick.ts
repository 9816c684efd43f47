import type { Cancel, World } from '../../world.ts'
import { logFailure } from '../wire/incident.ts'
import { promisedBy } from '../wire/promised.ts'

/** One step of a fixed length; whoever listens gets each in turn. */
export interface Step {
  /** Rises by one with each step and is never used twice; what was given up has no number. */
  readonly number: number
  /** How long a step is, in seconds: always the same. */
  readonly seconds: number
  /** How late it is, in ms. */
  readonly late: number
  /** How many steps were given up just before it, because there were too many to catch up with. */
  readonly skipped: number
}

type Listener = (step: Step) => unknown

export interface Tick {
  /** Calls back each step from the next one on, until cancelled. */
  add(callback: Listener): Cancel
}

export interface Ticks {
  /** The steps of one kind of room, `hz` of them a second. Throws a RangeError for no such rate. */
  of(kind: string, hz: number): Tick
  close(): void
}

/** How many steps are made up for at once; those before them are given up. */
export const MOST_CATCH_UP = 4
/** Steps a second. */
export const MOST_HZ = 120
export const LEAST_HZ = 0.1

/** A tick for each kind of room, so that no kind waits for another's. */
export function createTicks(world: World): Ticks {
  const byKind = new Map<string, OneTick>()
  return {
    of(kind, hz) {
      if (!(hz >= LEAST_HZ && hz <= MOST_HZ))
        throw new RangeError(`${kind}.hz: expected ${LEAST_HZ} to ${MOST_HZ}, got ${hz}`)
      const found = byKind.get(kind) ?? new OneTick(world, kind, hz)
      if (found.hz !== hz) throw new RangeError(`${kind}.hz: expected ${found.hz} as before`)
      byKind.set(kind, found)
      return found
    },
    close() {
      for (const tick of byKind.values()) tick.close()
    },
  }
}

/** Who listens, and the first step it gets. */
interface Seat {
  readonly callback: Listener
  readonly from: number
  isBusy: boolean
}

/**
 * Step n is due n steps after the schedule began, however late those before it were: a timer that
 * is late now and then loses no time. It stands still while nobody listens.
 */
class OneTick implements Tick {
  readonly hz: number
  readonly #world: World
  readonly #kind: string
  readonly #seats = new Set<Seat>()
  #number = 0
  /** When the schedule began, and how many of its steps there were. */
  #began = 0
  #steps = 0
  #skipped = 0
  #stop: Cancel | undefined
  #isRunning = false

  constructor(world: World, kind: string, hz: number) {
    this.#world = world
    this.#kind = kind
    this.hz = hz
  }

  add(callback: Listener): Cancel {
    const seat: Seat = { callback, from: this.#number + 1, isBusy: false }
    this.#seats.add(seat)
    if (this.#stop === undefined && !this.#isRunning) this.#begin()
    return () => {
      this.#seats.delete(seat)
      if (this.#seats.size === 0) this.#stand()
    }
  }

  close(): void {
    this.#seats.clear()
    this.#stand()
  }

  #begin(): void {
    this.#began = this.#world.now()
    this.#steps = 0
    this.#skipped = 0
    this.#wait()
  }

  #stand(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  /** When the next step is due. */
  get #due(): number {
    return this.#began + ((this.#steps + 1) * 1_000) / this.hz
  }

  #wait(): void {
    // Timers count whole ms and would be early otherwise.
    const ms = Math.max(0, Math.ceil(this.#due - this.#world.now()))
    this.#stop = this.#world.after(ms, () => this.#wake())
  }

  #wake(): void {
    this.#stop = undefined
    this.#isRunning = true
    const now = this.#world.now()
    this.#giveUp(now)
    for (let count = 0; count < MOST_CATCH_UP; count++)
      if (this.#seats.size > 0 && this.#due <= now) this.#run(now)
    this.#isRunning = false
    if (this.#seats.size > 0) this.#wait()
  }

  /** Leaves out what is too much to catch up with; the rest keeps its place in the schedule. */
  #giveUp(now: number): void {
    const behind = Math.floor(((now - this.#due) * this.hz) / 1_000) + 1
    if (behind <= MOST_CATCH_UP) return
    this.#skipped = behind - MOST_CATCH_UP
    this.#steps += this.#skipped
    this.#world.log.warn({ kind: this.#kind, skipped: this.#skipped }, 'ticks skipped')
  }

  #run(now: number): void {
    const late = now - this.#due
    const step = { number: ++this.#number, seconds: 1 / this.hz, late, skipped: this.#skipped }
    this.#steps++
    this.#skipped = 0
    for (const seat of this.#seats)
      if (seat.from <= step.number && !seat.isBusy) this.#call(seat, step)
  }

  /** What throws, now or later, harms only itself; what still runs is not called again. */
  #call(seat: Seat, step: Step): void {
    const failed = (error: unknown) =>
      logFailure(this.#world.log, error, {
        what: 'tick failed',
        where: { kind: this.#kind, tick: step.number },
      })
    try {
      const result = promisedBy(seat.callback(step))
      if (!result) return
      seat.isBusy = true
      const over = () => {
        seat.isBusy = false
      }
      result.catch(failed).then(over)
    } catch (error) {
      failed(error)
    }
  }
}
