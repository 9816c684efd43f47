import {
  ENDING_CLOSES,
  ERRORS,
  type ErrorCode,
  RESUME_REASONS,
  type ResumeReason,
} from '../errors.ts'
import { MESSAGES } from '../index.ts'
import { Ledger } from '../ledger.ts'
import { RATES } from '../limits.ts'
import { isCounted } from '../message.ts'
import { PROTOCOL } from '../session.ts'
import { type Frame, isBinary, type Limits, type Message, sizeOf } from './trace-frames.ts'

/** What a session's server does, in as few words as it can be said: the reference of every trace. */
export type Server = ReturnType<typeof createServer>

interface Session {
  readonly id: string
  token: string
  /** The one before, until its client has said something since. */
  former: string | undefined
  readonly ledger: Ledger<Frame>
  state: 'live' | 'away' | 'ended'
  received: number
  attempt: number
  told: { sent: number; received: number }
  isStarted: boolean
  /** Whether its client answers pings; where not, its socket does not say so. */
  isThere: boolean
  isIntroduced: boolean
  isResumable: boolean
  mustReset: ResumeReason | undefined
  resetting: string | undefined
  asked: number
  generation: number
  /** What is not answered yet, with the generation it was asked in. */
  readonly waiting: Map<string, { readonly message: Message; readonly generation: number }>
  seat: object | undefined
  /** When it ends if nobody comes back. */
  until: number
  claims: { tokens: number; at: number }
}

type Answer = (session: Session, reason?: ResumeReason, more?: object) => void

/** What became of a client's connection when the client began anew. */
export type Old = 'gone' | 'there' | 'silent'

export interface ServerOptions {
  readonly limits: Limits
  readonly fingerprint: string
  /** How many claims of one session may follow each other at once. */
  readonly claims?: number
  /** In how many pages a snapshot goes. */
  readonly pages: number
}

export const ROOM = 'K7QF2M'

export function createServer(write: (frame: Frame) => void, options: ServerOptions) {
  const { limits, fingerprint, pages, claims = RATES.resume.burst } = options
  let sessions = new Map<string, Session>()
  const expired = new Set<string>()
  let current: Session | undefined
  let opened = 0
  let time = 0
  /** A fresh claim, until its session shows whether it is in use. */
  let judged: { readonly until: number; readonly judge: () => void } | undefined

  return {
    /** The session that the client had last. */
    get session() {
      return current
    },

    open(): void {
      opened++
      current = newSession(`session-${opened}`, `token-${opened}`)
      sessions.set(current.token, current)
      write({
        type: 'welcome',
        data: {
          ...{ session: current.id, token: current.token, protocol: PROTOCOL, fingerprint },
          ...{ packets: null, time: 0 },
          ...{ heartbeat_ms: limits.heartbeat_ms, resume_ms: limits.resume_ms },
          limits: pick(limits, [
            ...(['message_bytes', 'resume_bytes', 'resume_frames'] as const),
            ...(['ack_frames', 'ack_ms'] as const),
          ]),
        },
      })
    },

    receive(frame: Frame): void {
      const session = current
      if (!session) return
      session.isStarted = true
      session.former = undefined
      const counted = isBinary(frame) || isCounted(MESSAGES, frame)
      if (counted && session.resetting) return
      if (!session.resetting) session.mustReset = undefined
      if (counted) session.received++
      if (isBinary(frame)) send(session, { type: 'error', data: errorOf('UNSUPPORTED') })
      else route(session, frame)
      if (session.received - session.told.received >= limits.ack_frames) acknowledge(session)
    },

    drop(code: number): void {
      const session = current
      if (session?.state !== 'live') return
      session.resetting = undefined
      const ends = ENDING_CLOSES.has(code) || !session.isStarted || !session.isResumable
      if (ends) return end(session)
      session.state = 'away'
      session.until = time + limits.resume_ms
    },

    /** Time passes; every second it tells the counts. */
    pass(ms: number): void {
      time += ms
      if (judged && time >= judged.until) judged.judge()
      for (const session of sessions.values())
        if (session.state === 'away' && time >= session.until) {
          expired.add(session.token)
          end(session)
        }
    },
    tick(): void {
      if (current?.state === 'live') acknowledge(current)
    },

    push(frame: Frame): void {
      if (current) send(current, frame)
    },

    /** Asks the client a question under an id of its own. */
    ask(type: string, data: object): void {
      if (current) send(current, { type, id: nextId(current), data })
    },

    /** What it has thought about is answered. */
    answer(id: string): void {
      const session = current
      const asked = session?.waiting.get(id)
      if (!session || !asked) return
      session.waiting.delete(id)
      if (asked.generation === session.generation) reply(session, asked.message)
    },

    /** Its client is another, with nothing but the token; the old one is gone, there, or silent. */
    reload(old: Old): void {
      if (old === 'gone') return this.drop(1001)
      if (current) current.isThere = old === 'there'
    },

    /** It finds that its client does not read. */
    slow(): void {
      if (!current) return
      current.mustReset = 'SLOW'
      current.ledger.reset()
    },

    /** Another process takes its place, which knows of nobody. */
    restart(): void {
      sessions = new Map()
      current = undefined
    },

    /** Somebody else claims the session with a higher attempt, and goes. */
    rival(attempt: number): void {
      opened++
      if (!current) return
      take(current)
      current.attempt = attempt
      current.until = time + limits.resume_ms
    },
  }

  function newSession(id: string, token: string): Session {
    return {
      ...{ id, token, state: 'live', received: 0, attempt: 0, told: { sent: 0, received: 0 } },
      ...{
        isStarted: false,
        isThere: true,
        former: undefined,
        isIntroduced: false,
        isResumable: true,
      },
      ...{ mustReset: undefined, resetting: undefined, asked: 0, generation: 0 },
      ...{ waiting: new Map(), seat: undefined, until: 0 },
      claims: { tokens: claims, at: time },
      ledger: new Ledger<Frame>(
        { bytes: limits.resume_bytes, frames: limits.resume_frames },
        sizeOf,
      ),
    }
  }

  function route(session: Session, message: Message): void {
    const { type, re, data } = message
    if (re !== undefined) {
      if (type === 'session.reset' && re === session.resetting) {
        session.resetting = undefined
        session.mustReset = undefined
      }
      return
    }
    if (type === 'session.hello') return hello(session, message)
    if (type === 'session.resume') return resume(session, message)
    if (type === 'session.ack') return compare(session, data)
    if (type === 'session.desync') return reset(session, 'DESYNC')
    if (type === 'event.emit' && data.name === 'game.think' && message.id !== undefined) {
      session.waiting.set(message.id, { message, generation: session.generation })
      return
    }
    if (type === 'room.join_or_create') session.seat = seatOf(session.id)
    if (message.id !== undefined) reply(session, message)
  }

  function reply(session: Session, { type, id = '', data }: Message): void {
    if (data.name === 'game.forbidden') return refuse(session, 'PERMISSION_DENIED', type, id)
    const answer = type === 'event.emit' ? { ...data, delivered: 0 } : (session.seat ?? {})
    send(session, { type, re: id, data: answer })
  }

  function refuse(session: Session, code: ErrorCode, request: string, re: string, more = {}): void {
    send(session, { type: 'error', re, data: { ...errorOf(code), request, ...more } })
  }

  function hello(session: Session, { type, id, data }: Message): void {
    session.isIntroduced = true
    session.isResumable = data.fingerprint === fingerprint
    send(session, { type, re: id ?? '', data: { resume: session.isResumable } })
  }

  function resume(own: Session, { type, id = '', data }: Message): void {
    const answer: Answer = (session, reason, more = {}) => {
      const { sent } = session.ledger
      const counts = { session: session.id, sent, received: session.received }
      const { kept, doc } = RESUME_REASONS[reason ?? 'UNKNOWN']
      const why = { resumed: false, kept, reason, message: doc }
      write({ type, re: id, data: { ...(reason ? why : { resumed: true }), ...counts, ...more } })
    }
    own.isIntroduced = true
    own.isResumable = data.fingerprint === fingerprint
    if (!own.isResumable) return answer(own, 'FINGERPRINT')
    const session = data.fresh ? claimedAfresh(data.token) : sessions.get(data.token)
    if (!session) return answer(own, expired.has(data.token) ? 'EXPIRED' : 'UNKNOWN')
    const retry_ms = take(session)
    const isStale = !data.fresh && data.attempt <= session.attempt
    if (retry_ms > 0 || isStale) {
      own.isStarted = false
      const more = retry_ms > 0 ? { retry_ms } : { cause: { attempt: session.attempt } }
      return refuse(own, retry_ms > 0 ? 'RATE_LIMITED' : 'STALE_ATTEMPT', type, id, more)
    }
    if (!data.fresh) return claimed(own, session, data, answer)
    if (session.state === 'away') return reloaded(own, session, data.token, answer)
    if (session.isThere) return answer(own, 'SESSION_IN_USE')
    judged = {
      until: time + limits.in_use_ms,
      judge() {
        judged = undefined
        reloaded(own, session, data.token, answer)
      },
    }
  }

  /** The session that a token claims afresh: its own, or the one before that its client may have. */
  function claimedAfresh(token: string): Session | undefined {
    const former = [...sessions.values()].find((one) => one.former === token)
    return sessions.get(token) ?? former
  }

  function reloaded(own: Session, session: Session, token: string, answer: Answer): void {
    end(own)
    current = session
    session.state = 'live'
    session.isThere = true
    session.resetting = undefined
    session.attempt = 0
    sessions.delete(session.token)
    session.token = `next-${opened}`
    session.former = token
    sessions.set(session.token, session)
    beginAgain(session, 'RELOADED')
    answer(session, 'RELOADED', { token: session.token })
    snapshot(session)
  }

  function claimed(own: Session, session: Session, data: Message['data'], answer: Answer): void {
    end(own)
    current = session
    session.attempt = data.attempt
    session.state = 'live'
    session.resetting = undefined
    if (session.mustReset === 'RELOADED') session.mustReset = undefined
    session.former = undefined
    const reason = whyNot(session, data)
    if (reason) beginAgain(session, reason)
    else session.ledger.acknowledge(data.received)
    answer(session, reason)
    if (!reason) for (const frame of session.ledger.after(data.received)) write(frame)
    snapshot(session)
  }

  /** How long this session must not be claimed; takes from its bucket where it may. */
  function take({ claims: bucket }: Session): number {
    const { per_second } = RATES.resume
    bucket.tokens = Math.min(claims, bucket.tokens + ((time - bucket.at) / 1_000) * per_second)
    bucket.at = time
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / per_second) * 1_000)
    bucket.tokens--
    return 0
  }

  function compare(session: Session, { sent, received }: Message['data']): void {
    if (session.resetting) return
    if (sent !== session.received || received > session.ledger.sent) return reset(session, 'DESYNC')
    session.ledger.acknowledge(received)
  }

  function reset(session: Session, reason: ResumeReason): void {
    if (session.resetting) return
    beginAgain(session, reason)
    const id = nextId(session)
    session.resetting = id
    const { kept, doc } = RESUME_REASONS[reason]
    const data = { session: session.id, kept, reason, message: doc, sent: 0, received: 0 }
    write({ type: 'session.reset', id, data })
    snapshot(session)
  }

  function snapshot({ seat }: Session): void {
    for (let page = 1; page <= pages; page++)
      write({
        type: 'session.snapshot',
        data: { player: null, rooms: seat ? [seat] : [], more: page < pages },
      })
  }

  function acknowledge(session: Session): void {
    const { told, received, isIntroduced, resetting } = session
    const { sent } = session.ledger
    if (!isIntroduced || resetting) return
    if (told.sent === sent && told.received === received) return
    session.told = { sent, received }
    write({ type: 'session.ack', data: { sent, received } })
  }

  function send(session: Session, frame: Frame): void {
    if (session.state === 'ended' || (session.state === 'away' && session.mustReset)) return
    if (isBinary(frame) || isCounted(MESSAGES, frame)) session.ledger.push(frame)
    if (session.state === 'live') write(frame)
  }

  function beginAgain(session: Session, reason: ResumeReason): void {
    session.ledger.reset()
    session.received = 0
    session.generation++
    session.mustReset = reason
    session.told = { sent: 0, received: 0 }
  }

  function end(session: Session): void {
    session.state = 'ended'
    sessions.delete(session.token)
  }
}

const errorOf = (code: ErrorCode) => ({
  code,
  status: ERRORS[code].status,
  message: ERRORS[code].doc,
})

const nextId = (session: Session): string => `s${++session.asked}`

function whyNot({ mustReset, ledger, received }: Session, claim: Message['data']) {
  if (mustReset) return mustReset
  if (claim.received > ledger.sent || claim.sent < received) return 'DESYNC'
  if (!ledger.covers(claim.received) || claim.forgotten > received) return 'BUDGET'
  return undefined
}

/** A seat in a room of one's own. */
const seatOf = (session: string) => ({
  room: {
    ...{ code: ROOM, kind: 'duel', capacity: 16, host: 1, epoch: 1, listed: true, locked: false },
    properties: {},
  },
  you: 1,
  members: [
    { number: 1, session, player: null, name: 'Ada', role: 'host', away: false, data: null },
  ],
  more: false,
})

const pick = <T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> =>
  Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>
