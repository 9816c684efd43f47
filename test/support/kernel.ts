import { createFlusher } from '../../server/core/delivery/flusher.ts'
import { Connection, type Transport } from '../../server/core/session/connection.ts'
import { Session } from '../../server/core/session/session.ts'
import { payloadOf } from '../../server/core/wire/frame.ts'
import { type Limits, limitsOf } from '../../server/core/wire/limits.ts'
import { createClock, createTestWorld } from './clock.ts'
import { wholeIn } from './frames.ts'

/** A reader behind a socket that behaves as the operating system's do. */
export interface Kernel {
  readonly session: Session
  readonly connection: Connection
  /** What became of it: nothing yet, or how its connection was lost. */
  readonly fate: 'slow' | 'away' | 'ended' | undefined
  /** Whether its socket was dropped with all that waits in it. */
  readonly isReset: boolean
  /** How often it was written to. */
  readonly writes: number
  /** Bytes that are on their way, wherever they wait. */
  readonly waiting: number
  /** What writing to it throws, from now on. */
  breaks: Error | undefined
  /** Reads so many bytes; the payloads of what arrived whole. */
  read(bytes?: number): Buffer[]
}

/** Readers of one server, whose turns end and whose time passes when a test says so. */
export function createKernels(chosen: Partial<Limits> = {}, capacity = 262_144) {
  const turns: (() => void)[] = []
  const limits = limitsOf(chosen)
  const flusher = createFlusher((then) => void turns.push(then), limits.queue_bytes_total)
  const clock = createClock()
  const quiet = createTestWorld(clock)
  let lost = 0
  const world = { ...quiet, now: () => clock.now() + lost }
  const outside = { now: world.now, after: clock.after, rates: false as const }

  return {
    limits,
    clock,
    lines: quiet.lines,
    /** Time passes in which the loop does not turn. */
    block(ms: number): void {
      lost += ms
    },
    turn(): void {
      for (const then of turns.splice(0)) then()
    },
    open(): Kernel {
      let fate: Kernel['fate']
      let isReset = false
      let writes = 0
      let taken = 0
      let within: Buffer[] = []
      let queued: Buffer = Buffer.alloc(0)
      let arrived: Buffer = Buffer.alloc(0)
      const bytesWithin = () => within.reduce((sum, { length }) => sum + length, 0)
      const pump = () => {
        const free = Math.min(capacity - bytesWithin(), queued.length)
        if (free <= 0) return
        within.push(queued.subarray(0, free))
        queued = queued.subarray(free)
        taken += free
      }
      const transport: Transport = {
        address: 'memory',
        get unwritten() {
          return queued.length
        },
        get taken() {
          return taken
        },
        write(frames) {
          if (kernel.breaks) throw kernel.breaks
          writes++
          queued = Buffer.concat([queued, frames])
          pump()
          return queued.length === 0
        },
        ping() {},
        close() {},
        reset() {
          isReset = true
        },
      }
      const drop = (session: Session, how: Kernel['fate']) => {
        fate = how
        session.connection = null
        session.outbox.detach()
      }
      const onSlow = (session: Session) => {
        if (!session.connection) return
        session.connection.dropSlow()
        fate = 'slow'
      }
      const session = new Session('id', 'hash', 'memory', { limits, flusher, ...outside, onSlow })
      const connection = new Connection(transport, world, limits, {
        received() {},
        dropped: (one, ends) => drop(one, ends ? 'ended' : 'away'),
        slow: onSlow,
      })
      session.connection = connection
      connection.session = session
      session.outbox.attach(transport)
      const kernel: Kernel = {
        session,
        connection,
        breaks: undefined,
        get fate() {
          return fate
        },
        get isReset() {
          return isReset
        },
        get writes() {
          return writes
        },
        get waiting() {
          return bytesWithin() + session.outbox.unwritten
        },
        read(bytes = Number.POSITIVE_INFINITY) {
          for (let rest = bytes; rest > 0 && bytesWithin() > 0; ) {
            const all = Buffer.concat(within)
            const some = all.subarray(0, rest)
            within = [all.subarray(some.length)]
            rest -= some.length
            arrived = Buffer.concat([arrived, some])
            const waited = queued.length > 0
            pump()
            if (waited && queued.length === 0) connection.written()
          }
          const whole = wholeIn(arrived)
          arrived = arrived.subarray(whole.reduce((sum, { length }) => sum + length, 0))
          return whole.map(payloadOf)
        },
      }
      return kernel
    },
  }
}
