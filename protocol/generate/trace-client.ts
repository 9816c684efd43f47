import {
  actionOn,
  ENDING_CLOSES,
  type ErrorCode,
  RESUME_REASONS,
  type ResumeReason,
} from '../errors.ts'
import { MESSAGES } from '../index.ts'
import { Ledger } from '../ledger.ts'
import { BINARY_KINDS, COUNTED_BIT, isCounted } from '../message.ts'
import { type Budget, type Frame, isBinary, type Message, sizeOf } from './trace-frames.ts'

interface Kept {
  readonly frame: Frame
  readonly isAnswer: boolean
}

/** A request that the game makes as soon as it hears something. */
interface Wish {
  readonly event: string
  readonly act: () => void
}

const SLACK = { resume_bytes: 1_048_576, resume_frames: 4_096, ack_frames: 64, ack_ms: 1_000 }

/**
 * What a session's client does, in as few words as it can be said: the reference of every trace. `kept` is
 * the token that the game of before had, if there was one.
 */
export function createClient(write: (frame: Frame) => void, fingerprint: string, kept = '') {
  let state: 'connecting' | 'open' | 'away' | 'closed' = 'connecting'
  let link: 'none' | 'asked' | 'open' = 'asked'
  let isLive = false
  let token = ''
  let keeps = kept
  let candidate: Message['data']
  let claim = ''
  let attempt = 0
  /** Why the session cannot be claimed any more, if it cannot. */
  let lostBecause: ResumeReason | undefined
  let limits: Budget = SLACK
  let ledger = ledgerOf(limits)
  let written = 0
  let received = 0
  let told = { sent: 0, received: 0 }
  let numbered = 0
  let pages = 0
  const requests = new Map<string, number>()
  const held = new Map<string, Message>()
  const results: string[] = []
  const events: string[] = []
  const wishes: Wish[] = []

  return {
    get state() {
      return state
    },
    get link() {
      return link
    },
    /** The token that the game's next start would find. */
    get kept() {
      return keeps
    },
    get counts() {
      return { sent: ledger.sent, received }
    },
    get results() {
      return [...results].sort(byNumber)
    },
    get events() {
      return [...events]
    },

    opened,
    receive,
    lose,

    request(type: string, data: object): string {
      const id = `${++numbered}`
      const refusal = sendCounted({ type, id, data })
      if (refusal) results.push(`${id} ${refusal}`)
      else requests.set(id, ledger.sent)
      return id
    },
    send: (frame: Frame): ErrorCode | undefined => sendCounted(frame),
    answer: (re: string, type: string, data: object): ErrorCode | undefined =>
      sendCounted({ type, re, data }, true),

    post(type: string, data: object, room?: string): void {
      const message = { type, ...(room !== undefined && { room }), data }
      if (isLive) return write(message)
      const key = `${type} ${room}`
      held.delete(key)
      held.set(key, message)
    },

    when(event: string, act: () => void): void {
      wishes.push({ event, act })
    },

    /** As much time has passed as there may be between two acknowledgements. */
    tick(): void {
      if (isLive) acknowledge()
    },

    cut(): void {
      if (state === 'closed' || token === '') return
      goAway()
    },

    close(): void {
      finish()
    },

    /** It asks for a connection. */
    ask(): void {
      link = 'asked'
    },
  }

  function opened(): void {
    link = 'open'
    candidate = undefined
    claim = ''
    if (token === '' && keeps !== '') {
      attempt++
      claim = `claim-${attempt}`
      write({ type: 'session.resume', id: claim, data: { token: keeps, fresh: true, fingerprint } })
      return
    }
    if (token === '' || lostBecause) {
      write({ type: 'session.hello', id: 'hello', data: { fingerprint } })
      return
    }
    attempt++
    claim = `claim-${attempt}`
    const { sent, forgotten } = ledger
    const data = { token, attempt, sent, received, forgotten, fingerprint }
    write({ type: 'session.resume', id: claim, data })
  }

  function receive(frame: Frame): void {
    if (isBinary(frame)) {
      const kind = Number.parseInt(frame.slice(0, 2), 16)
      if (kind < BINARY_KINDS || (kind & COUNTED_BIT) !== 0) received++
      hear(`bytes ${frame}`)
    } else {
      if (isCounted(MESSAGES, frame)) received++
      route(frame)
    }
    if (isLive && received - told.received >= limits.ack_frames) acknowledge()
  }

  function route(message: Message): void {
    const { type, re, data } = message
    if (type === 'welcome') return welcomed(data)
    if (claim !== '' && re === claim) return claimAnswered(message)
    if (type === 'session.ack') return compare(data)
    if (type === 'session.reset') return reset(message)
    if (type === 'session.snapshot') return snapshot(data)
    if (type === 'session.hello') {
      if (!data.resume) lostBecause ??= 'FINGERPRINT'
      return
    }
    if (re !== undefined && requests.delete(`${re}`))
      return void results.push(`${re} ${type === 'error' ? data.code : 'OK'}`)
    if (type === 'error') return hear(`error ${data.code}`)
    if (re === undefined) hear(`message ${type}`)
  }

  function welcomed(welcome: Message['data']): void {
    candidate = welcome
    if (claim !== '') return
    adopt(welcome, lostBecause ?? 'UNKNOWN')
    goLive(0)
  }

  /** The session of this welcome is ours; the one there was, is lost. */
  function adopt(welcome: Message['data'], reason: ResumeReason): void {
    const isFirst = token === ''
    token = welcome.token
    keeps = token
    attempt = 0
    lostBecause = undefined
    limits = welcome.limits
    const before = written
    ledger = ledgerOf(limits)
    held.clear()
    if (isFirst) return
    giveUp((count) => (count > before ? 'SESSION_LOST' : 'OUTCOME_UNKNOWN'))
    recount()
    hear(`lost ${reason}`)
  }

  function claimAnswered({ type, data }: Message): void {
    claim = ''
    if (type === 'error') {
      attempt = Math.max(attempt, data.cause?.attempt ?? 0)
      return goAway()
    }
    if (data.resumed) {
      ledger.acknowledge(data.received)
      return goLive(data.received)
    }
    if (!RESUME_REASONS[data.reason as ResumeReason].kept) {
      adopt(candidate, data.reason)
      if (data.reason === 'FINGERPRINT') lostBecause = 'FINGERPRINT'
      return goLive(0)
    }
    if (data.reason === 'RELOADED') {
      token = data.token
      keeps = token
      attempt = 0
      limits = candidate.limits
      ledger = ledgerOf(limits)
    }
    beginAgain()
    goLive(0)
    hear(`reset ${data.reason}`)
  }

  /** Both counts from 0: what was never written is still to come, save answers. */
  function beginAgain(): void {
    const before = written
    const unwritten = ledger.after(before)
    giveUp((count) => (count > before ? undefined : 'OUTCOME_UNKNOWN'))
    for (const [id, count] of requests)
      requests.set(id, unwritten.slice(0, count - before).filter((one) => !one.isAnswer).length)
    ledger.reset()
    for (const one of unwritten) if (!one.isAnswer) ledger.push(one)
    recount()
  }

  function goLive(count: number): void {
    if (state === 'closed') return
    isLive = true
    pages = 0
    for (const { frame } of ledger.after(count)) write(frame)
    written = ledger.sent
    for (const message of held.values()) write(message)
    held.clear()
    acknowledge()
    setState('open')
  }

  function compare({ sent, received: arrived }: Message['data']): void {
    if (!isLive) return
    ledger.acknowledge(arrived)
    if (sent !== received) write({ type: 'session.desync', data: { sent: ledger.sent, received } })
  }

  function reset({ id, data }: Message): void {
    write({ type: 'session.reset', re: id ?? '', data: {} })
    beginAgain()
    pages = 0
    hear(`reset ${data.reason}`)
  }

  function snapshot({ more }: Message['data']): void {
    pages++
    if (more) return
    hear(`snapshot ${pages}`)
    pages = 0
  }

  function acknowledge(): void {
    const { sent } = ledger
    if (told.sent === sent && told.received === received) return
    told = { sent, received }
    write({ type: 'session.ack', data: { ...told } })
  }

  function sendCounted(frame: Frame, isAnswer = false): ErrorCode | undefined {
    if (state === 'closed') return 'CLOSED'
    if (!isLive && ledger.isFull(sizeOf(frame))) return 'BUFFER_FULL'
    ledger.push({ frame, isAnswer })
    if (!isLive) return undefined
    written = ledger.sent
    write(frame)
    return undefined
  }

  /** The connection is gone: back, unless its code says otherwise. */
  function lose(code: number): void {
    if (link === 'none') return
    const action = actionOn(code)
    if (token === '' || action === 'refused' || code === 1000) return finish()
    if (ENDING_CLOSES.has(code)) lostBecause ??= 'UNKNOWN'
    goAway()
  }

  function goAway(): void {
    isLive = false
    link = 'none'
    if (token !== '') setState('away')
  }

  function finish(): void {
    isLive = false
    link = 'none'
    if (token !== '') keeps = ''
    giveUp(() => 'CLOSED')
    setState('closed')
  }

  function giveUp(why: (count: number) => ErrorCode | undefined): void {
    for (const [id, count] of requests) {
      const code = why(count)
      if (!code) continue
      requests.delete(id)
      results.push(`${id} ${code}`)
    }
  }

  function recount(): void {
    written = 0
    received = 0
    told = { sent: 0, received: 0 }
  }

  function setState(next: typeof state): void {
    if (state === next) return
    state = next
    hear(next)
  }

  function hear(event: string): void {
    events.push(event)
    const at = wishes.findIndex((wish) => event === wish.event)
    if (at >= 0) wishes.splice(at, 1)[0]?.act()
  }
}

const ledgerOf = ({ resume_bytes, resume_frames }: Budget) =>
  new Ledger<Kept>({ bytes: resume_bytes, frames: resume_frames }, ({ frame }) => sizeOf(frame))

const byNumber = (one: string, other: string) =>
  Number.parseInt(one, 10) - Number.parseInt(other, 10)
