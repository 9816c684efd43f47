import { actionOn, ENDING_CLOSES, PAUSE_MS, type ResumeReason } from '../protocol/errors.ts'
import { FINGERPRINT } from '../protocol/fingerprint.ts'
import type { AllMessages } from '../protocol/index.ts'
import {
  BINARY_KINDS,
  COUNTED_BIT,
  type DataOf,
  type ReplyOf,
  toText,
} from '../protocol/message.ts'
import { createClock } from './clock.ts'
import { createEmitter, type Report } from './emitter.ts'
import { failure, NetworkError } from './failure.ts'
import type { Kept } from './kept.ts'
import type { OpenLink } from './lag.ts'
import type { Data, Link, Timers } from './link.ts'
import { createLiveness } from './liveness.ts'
import { type Received, read } from './message.ts'
import { createOutcomes } from './outcome.ts'
import { createOutgoing } from './outgoing.ts'
import { createPauses } from './pauses.ts'
import { createRequests } from './requests.ts'
import { createResume, type Snapshot, type Welcome } from './resume.ts'
import { type Backoff, createRetry } from './retry.ts'
import { createSaying } from './saying.ts'
import type { Wakeups } from './wakeups.ts'

export type State = 'connecting' | 'open' | 'away' | 'closed'
export type { Snapshot } from './resume.ts'

export type SessionEvents = {
  /** `code` and `reason` are those of the close that led here, where one did. */
  state: [state: State, code: number, reason: string]
  /** It comes back by itself, in so many ms. */
  returning: [ms: number]
  /** The counts began again: what was in flight is OUTCOME_UNKNOWN; identity and seats are kept. */
  reset: [reason: ResumeReason]
  /** The session is another, without player or rooms. */
  lost: [reason: ResumeReason]
  /** What this session is and where it sits, after a resume or a reset. */
  snapshot: [pages: readonly Snapshot[]]
  /** An error of the server that answers no request; where nobody listens it is reported. */
  error: [error: NetworkError]
  /** Something its developer should know: other protocol tables, for one. */
  warning: [text: string]
  message: [message: Received]
  /** A frame of a binary kind. */
  bytes: [frame: Uint8Array]
}

export interface SessionOptions {
  readonly url: string
  readonly openLink: OpenLink
  readonly timers: Timers
  readonly connectTimeout: number
  readonly backoff: Backoff
  /** How long to wait after a close that asks for a pause, in ms; 0: for ever. */
  readonly pause: number
  readonly wakeups?: Wakeups | undefined
  readonly pingEvery: number
  /** The hash of the game's packets, where there are any. */
  readonly packets?: string | undefined
  readonly report: Report
  /** Of each room whose state we have: its number in frames, and the tick. */
  readonly states?: () => readonly (readonly [room: number, tick: number])[]
  /** What a page that is loaded again goes on from. */
  readonly kept?: Kept | undefined
}

export type Session = ReturnType<typeof createSession>

/** A session with the server that survives its connections. */
export function createSession(options: SessionOptions) {
  const { url, openLink, timers, connectTimeout, backoff, pause, pingEvery, report } = options
  const { packets, kept, wakeups, states = () => [] } = options
  const emitter = createEmitter<SessionEvents>(report)
  const requests = createRequests(timers)
  const clock = createClock(timers.now)
  const liveness = createLiveness({
    timers,
    pingEvery,
    ping: (id) => write({ type: 'ping', id, data: {} }),
    ponged: (serverTime, sentAt) => clock.add(serverTime, sentAt, timers.now()),
    silent(reason) {
      link?.cut()
      lose(SILENT, reason)
    },
  })
  const pauses = createPauses({ now: timers.now, pause })
  const outgoing = createOutgoing()
  const abilities = { fingerprint: FINGERPRINT, ...(packets !== undefined && { packets }) }
  const resume = createResume({ outgoing, requests, abilities, states, write })
  const retry = createRetry({ timers, backoff, open })
  /** What was given up by leaving, which is news to nobody. */
  const forgone = new WeakSet<object>()
  const watched = createOutcomes((error) => {
    if (!forgone.has(error as object)) report(error)
  }, timers)

  const saying = createSaying({
    ...{ outgoing, requests, timers, watched },
    isClosed: () => state === 'closed',
    isLive: () => isLive,
    put: (data) => link?.send(data),
    tellError,
  })

  let state: State = 'connecting'
  let link: Link | undefined
  /** Whether frames may be written: the connection carries our session. */
  let isLive = false
  let welcome: Welcome | undefined
  let endWakeups: (() => void) | undefined
  let opened: { resolve(): void; reject(error: NetworkError): void } | undefined

  return {
    on: emitter.on,
    clock: clock as { now(): number; readonly roundTrip: number | undefined },
    get state() {
      return state
    },
    get id() {
      return welcome?.session
    },
    /** Counted frames, both ways. */
    get counts() {
      return { sent: outgoing.sent, received: resume.received }
    },
    /** Whether the server has our packets, so that they may be bytes. */
    get sharesPackets() {
      return packets !== undefined && welcome?.packets === packets
    },

    /** Resolves at the server's welcome; rejects if the first connection fails. */
    start(): Promise<void> {
      return new Promise((resolve, reject) => {
        opened = { resolve, reject }
        endWakeups = wakeups?.(wake)
        open()
      })
    },

    /** What runs in it is reported where it fails and nobody waits for it. */
    watched,

    ...saying.calls,

    /** Tells the developer something, as `warning`. */
    warn(text: string): void {
      emitter.emit('warning', text)
    },

    /** Drops the connection as a cut cable would; the session comes back by itself. */
    cut(): void {
      if (state === 'closed' || !welcome) return
      link?.cut()
      lose(1006, 'cut')
    },

    /** Leaves: the session ends at once. */
    close(): void {
      link?.close(1000, 'leaving')
      finish(1000, 'leaving', failure('CLOSED'))
    },
  }

  function open(): void {
    const events = { opened: introduce, received: receive, closed: lose }
    try {
      link = openLink(events)
    } catch (error) {
      finish(1006, String(error), failure('CONNECT_FAILED', `${url}: ${error}`))
    }
  }

  function introduce(): void {
    liveness.expect(connectTimeout)
    if (welcome) resume.introduce(welcome.token)
    else resume.introduce(kept?.get(), true)
  }

  function receive(data: Data): void {
    if (typeof data === 'string') receiveText(data)
    else receiveBytes(data)
    if (isLive) resume.acknowledgeIfMany()
  }

  function receiveBytes(frame: Uint8Array): void {
    const [kind = 0] = frame
    if (kind < BINARY_KINDS || (kind & COUNTED_BIT) !== 0) resume.count()
    emitter.emit('bytes', frame)
  }

  function receiveText(text: string): void {
    const { isCounted, message, problem } = read(text)
    if (isCounted) resume.count()
    if (problem) report(new Error(problem))
    if (message) route(message)
  }

  function route(message: Received): void {
    const { type, re, data } = message
    if (type === 'welcome') return onWelcome(data)
    if (resume.isClaim(re)) return onClaimAnswered(message)
    if (liveness.hears(re, data)) return
    if (type === 'session.ack') return isLive ? resume.compare(data) : undefined
    if (type === 'session.reset') return onReset(message)
    if (type === 'session.snapshot') return onSnapshot(data)
    if (type === 'session.hello') return onHello(data)
    if (type === 'error') return onError(message)
    if (re !== undefined) return requests.resolve(re, data)
    emitter.emit('message', message)
  }

  function onWelcome(data: Welcome): void {
    if (resume.holds(data)) return
    adopt(data)
    goLive()
  }

  /** Takes the session of a new connection as ours. */
  function adopt(data: Welcome, because?: ResumeReason): void {
    const isNew = welcome !== undefined
    welcome = data
    kept?.set(data.token)
    clock.begin(data.time)
    if (data.fingerprint !== FINGERPRINT) emitter.emit('warning', OTHER_TABLES)
    const reason = resume.begin(data)
    if (isNew) emitter.emit('lost', because ?? reason ?? 'UNKNOWN')
  }

  function onClaimAnswered(message: Received): void {
    const outcome = resume.outcomeOf(message)
    if (outcome.is === 'resumed') return goLive(outcome.received)
    if (outcome.is === 'refused') return onRefused(outcome.retry_ms)
    if (outcome.is === 'lost') {
      adopt(outcome.welcome, outcome.reason)
      if (outcome.reason === 'FINGERPRINT') resume.despair('FINGERPRINT')
      return goLive()
    }
    if (outcome.is === 'reloaded') adopt(outcome.welcome)
    else resume.beginAgain()
    goLive()
    emitter.emit('reset', outcome.reason)
  }

  /** The next connection has to try again; what a page of before left is tried as long as it may. */
  function onRefused(retry_ms: number | undefined): void {
    link?.cut()
    if (welcome) return lose(1006, 'claim refused', retry_ms)
    if (retry_ms === undefined) kept?.discard()
    lose(1006, 'claim refused', retry_ms ?? 0)
  }

  /** Writes what the server lacks, from its `count` on, and from now on at once. */
  function goLive(count?: number): void {
    if (state === 'closed') return
    isLive = true
    retry.succeed()
    pauses.succeed()
    resume.discard()
    outgoing.rewind(count)
    saying.flow()
    resume.acknowledge()
    liveness.begin(outgoing.limits.ack_ms, resume.acknowledge)
    setState('open', 0, '')
    if (!resume.awaitsSnapshot) begun()
  }

  /** Whoever waits for the connection may use it. */
  function begun(): void {
    opened?.resolve()
    opened = undefined
  }

  function onHello({ resume: mayResume, warning }: ReplyOf<AllMessages['session.hello']>): void {
    if (!mayResume) resume.despair('FINGERPRINT')
    if (warning) emitter.emit('warning', warning)
  }

  function onReset({ id, data }: Received): void {
    write({ type: 'session.reset', re: id, data: {} })
    resume.beginAgain()
    resume.discard()
    emitter.emit('reset', (data as DataOf<AllMessages['session.reset']>).reason)
  }

  function onSnapshot(page: Snapshot): void {
    const pages = resume.collect(page)
    if (!pages) return
    emitter.emit('snapshot', pages)
    begun()
  }

  function onError({ re, data }: Received): void {
    if (re === undefined || !requests.reject(`${re}`, data)) tellError(new NetworkError(data))
  }

  function tellError(error: NetworkError): void {
    if (!emitter.emit('error', error)) report(error)
  }

  function write(message: object): void {
    link?.send(toText(message))
  }

  /** The connection is gone: come back, unless its code says otherwise. */
  function lose(code: number, reason: string, delay?: number): void {
    isLive = false
    saying.pause()
    liveness.stop()
    if (!welcome && delay === undefined) {
      const text = `${url}: ${reason || 'no server answered'} (${code})`
      return finish(code, reason, refusalOf(code, text, pause) ?? failure('CONNECT_FAILED', text))
    }
    const wait = delay ?? pauses.after(code)
    if (wait === 'never') {
      const text = `${reason} (${code})`
      return finish(code, reason, refusalOf(code, text, pause) ?? failure('REFUSED', text))
    }
    if (ENDING_CLOSES.has(code)) resume.despair('UNKNOWN')
    const ms = retry.later(welcome?.resume_ms ?? 0, wait)
    if (welcome) setState('away', code, reason)
    if (state === 'away') emitter.emit('returning', ms)
  }

  /** The device is online, or in front, again: a connection that is gone is found out soon. */
  function wake(): void {
    if (state === 'open') liveness.probe(PROBE_MS)
    else if (state === 'away')
      retry.hurry(() => {
        link?.cut()
        liveness.stop()
      })
  }

  function finish(code: number, reason: string, error: NetworkError): void {
    isLive = false
    retry.stop()
    saying.pause()
    endWakeups?.()
    liveness.stop()
    if (welcome) kept?.forget()
    const given = requests.abandon(() => 'CLOSED')
    if (code === 1000) for (const one of given) forgone.add(one)
    opened?.reject(error)
    opened = undefined
    setState('closed', code, reason)
  }

  function setState(next: State, code: number, reason: string): void {
    if (state === next) return
    state = next
    emitter.emit('state', next, code, reason)
  }
}

/** Within so many ms a connection has to answer when the device was away. */
const PROBE_MS = 2_000
/** What we call it when the server no longer answers. */
const SILENT = 4002

const OTHER_TABLES =
  'This client and the server were made from different protocol tables: it works on, but a dropped session is lost. Update the older of the two.'

/** That the server refused a connection, if it did so; `retry_ms` after a pause might do. */
function refusalOf(code: number, text: string, pause: number): NetworkError | undefined {
  const action = actionOn(code)
  if (action === 'pause') return failure('REFUSED', text, { retry_ms: pause || PAUSE_MS })
  return action === 'refused' ? failure('REFUSED', text) : undefined
}
