import { actionOn, type ResumeReason } from '../protocol/errors.ts'
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
import { type FailureData, failure, NetworkError } from './failure.ts'
import { type Data, type Link, openLink, type Timers, type WebSocketConstructor } from './link.ts'
import { createLiveness } from './liveness.ts'
import { compose, composeAnswer, type Received, type RequestType, read } from './message.ts'
import { createOutgoing } from './outgoing.ts'
import { createRequests, type WaitOptions } from './requests.ts'

export type State = 'connecting' | 'open' | 'away' | 'closed'
type Welcome = DataOf<AllMessages['welcome']>
export type Snapshot = DataOf<AllMessages['session.snapshot']>

export type SessionEvents = {
  /** `code` and `reason` are those of the close that led here, where one did. */
  state: [state: State, code: number, reason: string]
  /** The counts began again: what was in flight is OUTCOME_UNKNOWN; identity and seats are kept. */
  reset: [reason: ResumeReason]
  /** The session is another, without player or rooms. */
  lost: [reason: ResumeReason]
  /** What this session is and where it sits, after a resume or a reset. */
  snapshot: [pages: readonly Snapshot[]]
  /** An error of the server that answers no request. */
  error: [error: NetworkError]
  /** Something its developer should know: other protocol tables, for one. */
  warning: [text: string]
  message: [message: Received]
  /** A frame of a binary kind. */
  bytes: [frame: Uint8Array]
}

export interface SessionOptions {
  readonly url: string
  readonly WebSocket: WebSocketConstructor
  readonly timers: Timers
  readonly connectTimeout: number
  /** How long to wait before the `attempt`-th try to come back (1, 2, …), in ms. */
  readonly backoff: (attempt: number) => number
  readonly pingEvery: number
  /** The hash of the game's packets, where there are any. */
  readonly packets?: string | undefined
  readonly report: Report
}

export interface SendOptions {
  readonly room?: string | undefined
  readonly to?: string | readonly string[] | undefined
}

export type Session = ReturnType<typeof createSession>

/** A session with the server that survives its connections. */
export function createSession(options: SessionOptions) {
  const { url, WebSocket, timers, connectTimeout, backoff, pingEvery, report } = options
  const { packets } = options
  const abilities = { fingerprint: FINGERPRINT, ...(packets !== undefined && { packets }) }
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
  const outgoing = createOutgoing()

  let state: State = 'connecting'
  let link: Link | undefined
  /** Whether frames may be written: the connection carries our session. */
  let isLive = false
  let welcome: Welcome | undefined
  /** The welcome of a connection whose claim is not answered yet. */
  let candidate: Welcome | undefined
  let claimId: string | undefined
  let isResumable = true
  let lostBecause: ResumeReason | undefined
  let attempt = 0
  let tries = 0
  let received = 0
  const told = { sent: 0, received: 0 }
  let pages: Snapshot[] = []
  let cancelRetry = () => {}
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
      return { sent: outgoing.sent, received }
    },
    /** Whether the server has our packets, so that they may be bytes. */
    get sharesPackets() {
      return packets !== undefined && welcome?.packets === packets
    },

    /** Resolves at the server's welcome; rejects if the first connection fails. */
    start(): Promise<void> {
      return new Promise((resolve, reject) => {
        opened = { resolve, reject }
        open()
      })
    },

    /** Sends a request and waits for its one answer, as `read` understands it. */
    request<T extends RequestType, R = ReplyOf<AllMessages[T]>>(
      type: T,
      data: DataOf<AllMessages[T]>,
      { room, to, ...waiting }: SendOptions & WaitOptions = {},
      read = (reply: ReplyOf<AllMessages[T]>) => reply as R,
    ): Promise<R> {
      const id = requests.nextId()
      try {
        sendCounted(type, compose(type, data, { id, room, to }))
      } catch (error) {
        return Promise.reject(error)
      }
      return requests.wait(id, type, outgoing.sent, read as (data: unknown) => R, waiting)
    },

    /** Sends a counted message that asks for no answer. */
    send<T extends keyof AllMessages & string>(
      type: T,
      data: DataOf<AllMessages[T]>,
      { room, to }: SendOptions = {},
    ): void {
      sendCounted(type, compose(type, data, { room, to }))
    },

    /** The same with a whole frame of a binary kind; `isAnswer`: of what the server asked. */
    sendBytes: (type: string, frame: Uint8Array, isAnswer = false): void =>
      sendCounted(type, whole(frame), isAnswer),

    /** Sends the frame that `make` makes under an id, and waits for its answer. */
    askBytes<R>(
      type: string,
      make: (id: number) => Uint8Array,
      read: (value: unknown) => R,
      waiting: WaitOptions,
    ): Promise<R> {
      const id = requests.nextId()
      try {
        sendCounted(type, whole(make(Number(id))))
      } catch (error) {
        return Promise.reject(error)
      }
      return requests.wait(id, type, outgoing.sent, read, waiting)
    },

    /** The answer to what `askBytes` asked has come. */
    settle: (id: number, value: unknown): void => requests.resolve(`${id}`, value),

    /** Sends a *latest* message; while away, only the newest of its kind and room is kept. */
    post<T extends keyof AllMessages & string>(
      type: T,
      data: DataOf<AllMessages[T]>,
      { room }: SendOptions = {},
    ): void {
      const text = compose(type, data, { room })
      if (isLive) link?.send(text)
      else outgoing.hold(`${type} ${room ?? ''}`, text)
    },

    /** Answers a question of the server's; throws CLOSED, TOO_LARGE or BUFFER_FULL. */
    answer({ type, id }: Received, as: string, data: unknown): void {
      if (id !== undefined) sendCounted(as, composeAnswer(as, id, data, type), true)
    },

    /** Tells the developer something, as `warning`. */
    warn: (text: string): void => emitter.emit('warning', text),

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
    candidate = undefined
    claimId = undefined
    const events = { opened: introduce, received: receive, closed: lose }
    try {
      link = openLink(WebSocket, url, events, timers, connectTimeout)
    } catch (error) {
      finish(1006, String(error), failure('CONNECT_FAILED', `${url}: ${error}`))
    }
  }

  /** The first frame of a connection: a claim of the session there was, or a hello. */
  function introduce(): void {
    liveness.expect(connectTimeout)
    if (!welcome || !isResumable) {
      write({ type: 'session.hello', id: 'hello', data: abilities })
      return
    }
    attempt++
    claimId = `claim-${attempt}`
    const { sent, forgotten } = outgoing
    const { token } = welcome
    const data = { token, attempt, sent, received, forgotten, ...abilities }
    write({ type: 'session.resume', id: claimId, data })
  }

  function receive(data: Data): void {
    if (typeof data === 'string') receiveText(data)
    else receiveBytes(data)
    if (isLive && received - told.received >= outgoing.limits.ack_frames) acknowledge()
  }

  function receiveBytes(frame: Uint8Array): void {
    const [kind = 0] = frame
    if (kind >= BINARY_KINDS && (kind & COUNTED_BIT) === 0) return emitter.emit('bytes', frame)
    received++
    emitter.emit('bytes', frame)
  }

  function receiveText(text: string): void {
    const { isCounted, message, problem } = read(text)
    if (isCounted) received++
    if (problem) report(new Error(problem))
    if (message) route(message)
  }

  function route(message: Received): void {
    const { type, re, data } = message
    if (type === 'welcome') return onWelcome(data)
    if (claimId !== undefined && re === claimId) return onClaimAnswered(message)
    if (liveness.hears(re, data)) return
    if (type === 'session.ack') return onAck(data)
    if (type === 'session.reset') return onReset(message)
    if (type === 'session.snapshot') return onSnapshot(data)
    if (type === 'session.hello') return onHello(data)
    if (type === 'error') return onError(message)
    if (re !== undefined) return requests.resolve(re, data)
    emitter.emit('message', message)
  }

  function onWelcome(data: Welcome): void {
    if (claimId !== undefined) {
      candidate = data
      return
    }
    adopt(data)
    goLive()
  }

  /** Takes the session of a new connection as ours. */
  function adopt(data: Welcome): void {
    const isNew = welcome !== undefined
    welcome = data
    attempt = 0
    isResumable = true
    clock.begin(data.time)
    if (data.fingerprint !== FINGERPRINT) emitter.emit('warning', OTHER_TABLES)
    const { written } = outgoing
    outgoing.renew(data.limits)
    if (!isNew) return
    requests.abandon((count) => (count > written ? 'SESSION_LOST' : 'OUTCOME_UNKNOWN'))
    recount()
    const reason = lostBecause ?? 'UNKNOWN'
    lostBecause = undefined
    emitter.emit('lost', reason)
  }

  function onClaimAnswered({ type, data }: Received): void {
    claimId = undefined
    if (type === 'error') return retryClaim(data)
    const answer = data as ReplyOf<AllMessages['session.resume']>
    if (answer.resumed) {
      outgoing.acknowledge(answer.received)
      return goLive(answer.received)
    }
    const reason = answer.reason ?? 'UNKNOWN'
    if (!answer.kept) {
      lostBecause = reason
      if (candidate) adopt(candidate)
      if (reason === 'FINGERPRINT') isResumable = false
      return goLive()
    }
    beginAgain()
    goLive()
    emitter.emit('reset', reason)
  }

  /** The counts begin again: what was written has no known outcome, the rest is still to come. */
  function beginAgain(): void {
    const { written } = outgoing
    requests.abandon((count) => (count > written ? undefined : 'OUTCOME_UNKNOWN'))
    requests.renumber(outgoing.restart())
    recount()
  }

  /** A claim that came too late or too often: another connection, another and higher attempt. */
  function retryClaim({ retry_ms, cause }: FailureData): void {
    const highest = (cause as { attempt?: unknown } | undefined)?.attempt
    if (typeof highest === 'number') attempt = Math.max(attempt, highest)
    link?.cut()
    lose(1006, 'claim refused', retry_ms)
  }

  /** Writes what the server lacks, from its `count` on, and from now on at once. */
  function goLive(count?: number): void {
    if (state === 'closed') return
    isLive = true
    tries = 0
    pages = []
    for (const data of outgoing.take(count)) link?.send(data)
    acknowledge()
    liveness.begin(outgoing.limits.ack_ms, acknowledge)
    setState('open', 0, '')
    opened?.resolve()
    opened = undefined
  }

  function onHello({ resume, warning }: ReplyOf<AllMessages['session.hello']>): void {
    isResumable = resume
    if (warning) emitter.emit('warning', warning)
  }

  function onAck({ sent, received: arrived }: DataOf<AllMessages['session.ack']>): void {
    if (!isLive) return
    outgoing.acknowledge(arrived)
    if (sent !== received)
      write({ type: 'session.desync', data: { sent: outgoing.sent, received } })
  }

  function onReset({ id, data }: Received): void {
    write({ type: 'session.reset', re: id, data: {} })
    beginAgain()
    pages = []
    emitter.emit('reset', (data as DataOf<AllMessages['session.reset']>).reason)
  }

  function onSnapshot(page: Snapshot): void {
    pages.push(page)
    if (page.more) return
    emitter.emit('snapshot', pages)
    pages = []
  }

  function onError({ re, data }: Received): void {
    if (re === undefined || !requests.reject(`${re}`, data))
      emitter.emit('error', new NetworkError(data))
  }

  function acknowledge(): void {
    const { sent } = outgoing
    if (told.sent === sent && told.received === received) return
    told.sent = sent
    told.received = received
    write({ type: 'session.ack', data: { sent, received } })
  }

  function sendCounted(type: string, data: Data, isAnswer = false): void {
    if (state === 'closed') throw failure('CLOSED')
    const bytes = typeof data === 'string' ? utf8Length(data) : data.length
    const { message_bytes } = outgoing.limits
    if (bytes > message_bytes)
      throw failure('TOO_LARGE', `${type}: ${bytes} bytes; expected at most ${message_bytes}`)
    if (!isLive && outgoing.isFull(bytes)) throw failure('BUFFER_FULL')
    outgoing.add({ data, bytes, isAnswer }, isLive)
    if (isLive) link?.send(data)
  }

  function write(message: object): void {
    link?.send(toText(message))
  }

  /** The connection is gone: come back, unless its code says otherwise. */
  function lose(code: number, reason: string, delay?: number): void {
    isLive = false
    liveness.stop()
    if (!welcome) {
      const text = `${url}: ${reason || 'no server answered'} (${code})`
      const refused = actionOn(code) === 'refused'
      return finish(code, reason, failure(refused ? 'REFUSED' : 'CONNECT_FAILED', text))
    }
    const action = actionOn(code)
    if (action === 'refused' || code === 1000)
      return finish(code, reason, failure('REFUSED', `${reason} (${code})`))
    if (!isResumable) lostBecause ??= 'FINGERPRINT'
    if (action === 'ended') {
      isResumable = false
      lostBecause ??= 'UNKNOWN'
    }
    setState('away', code, reason)
    cancelRetry()
    cancelRetry = timers.after(delay ?? backoff(++tries), open)
  }

  function finish(code: number, reason: string, error: NetworkError): void {
    isLive = false
    cancelRetry()
    liveness.stop()
    requests.abandon(() => 'CLOSED')
    opened?.reject(error)
    opened = undefined
    setState('closed', code, reason)
  }

  /** What arrived and what was told of it, from zero. */
  function recount(): void {
    received = 0
    told.sent = 0
    told.received = 0
  }

  function setState(next: State, code: number, reason: string): void {
    if (state === next) return
    state = next
    emitter.emit('state', next, code, reason)
  }
}

/** What we call it when the server no longer answers. */
const SILENT = 4002

const OTHER_TABLES =
  'This client and the server were made from different protocol tables: it works on, but a dropped session is lost. Update the older of the two.'

const encoder = new TextEncoder()
const utf8Length = (text: string) => encoder.encode(text).length

/** A frame of its own, as a WebSocket takes it. */
const whole = (frame: Uint8Array) => frame as Uint8Array<ArrayBuffer>
