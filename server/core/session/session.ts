import type { Id } from '../../../protocol/message.ts'
import type { Scope } from '../../../protocol/players.ts'
import { bounded, duration } from '../../../protocol/timer.ts'
import type { Cancel } from '../../world.ts'
import type { Flusher } from '../delivery/flusher.ts'
import { Outbox, type Reader } from '../delivery/outbox.ts'
import { made } from '../delivery/queue.ts'
import {
  type AbandonCode,
  type Asker,
  type Player,
  type Question,
  type Receiver,
  SHARED_BYTES,
  type Sharing,
} from '../delivery/receiver.ts'
import type { Source } from '../delivery/source.ts'
import { encode, type Outgoing, unreadable } from '../wire/frame.ts'
import { Buckets, type Limits, type Rates } from '../wire/limits.ts'
import { errorMessage, Refusal } from '../wire/refusal.ts'
import { type Ask, Asks } from './asks.ts'
import type { Carrier } from './carrier.ts'
import { Hold } from './hold.ts'
import { Requests } from './requests.ts'
import { type ResetReason, Resume } from './resume.ts'
import type { Translator } from './translator.ts'

export type { Player } from '../delivery/receiver.ts'

/** How a session ended: by its client’s choice, or not. */
export type Ending = 'left' | 'lost'

/** What a ticket fixed for a session's life. */
export interface Access {
  /** The access key that made it. */
  readonly key: string
  readonly scopes: readonly string[]
  readonly dev: boolean
}

interface SessionWorld {
  readonly limits: Limits
  readonly rates: Rates | false
  readonly flusher: Flusher
  readonly now: () => number
  readonly after: (ms: number, callback: () => void) => Cancel
  readonly onSlow: (session: Session) => void
}

/** What survives a dropped connection: identity, counts, and what was sent but may not have come. */
export class Session implements Receiver, Reader, Asker {
  readonly id: string
  readonly address: string
  readonly buckets: Buckets
  readonly outbox: Outbox<Session>
  readonly resume: Resume
  /** Of the token that claims it. */
  tokenHash: string
  /** Of the one before, as long as its client may not know the next. */
  formerHash: string | undefined
  player: Player | null = null
  /** What its ticket lets it do; null without one: whatever a player may. */
  access: Access | null = null
  /** The connection that carries it now; null while away. */
  connection: Carrier | null = null
  /** At a compatibility endpoint, what translates between it and its client. */
  conversation: Translator | undefined
  /** Whether it ever sent anything; one that never did ends with its socket. */
  started = false
  /** Whether its client introduced itself as a library that acknowledges and may resume. */
  introduced = false
  resumable = true
  /** Whether it may be the host of a room. */
  mayHost = true
  /** Whether its client has the game's packets, so that they may be bytes. */
  speaksPackets = false
  /** Rises with what it does, so that of several sessions one was active last. */
  activity = 0
  /** Hears what came back of a ping that carried something. */
  onPonged: ((payload: Buffer) => void) | undefined
  /** Whether it is over for good. */
  ended = false
  readonly hold = new Hold()
  readonly requests = new Requests(this.hold)
  readonly #world: SessionWorld
  #receiveBytes: number
  #tooLarge: Set<string> | undefined
  #asks: Asks | undefined
  /** Each withdraws one question that this session has put to another. */
  #asking: Set<() => void> | undefined
  #numbered = 0

  constructor(
    id: string,
    tokenHash: string,
    address: string,
    world: SessionWorld,
    buckets = new Buckets(world.rates, world.now),
  ) {
    this.id = id
    this.tokenHash = tokenHash
    this.address = address
    this.#world = world
    this.#receiveBytes = world.limits.receive_bytes
    this.buckets = buckets
    this.outbox = new Outbox(world.limits, world.flusher, this)
    this.resume = new Resume(this.outbox, this.buckets, world.limits)
  }

  /** The most bytes that its client takes in one message. */
  get receiveBytes(): number {
    return this.#receiveBytes
  }

  set receiveBytes(bytes: number) {
    this.#receiveBytes = bytes
    if (bytes < SHARED_BYTES) this.outbox.batch?.part(this)
  }

  /** Whether it is sent nothing until it is back with new counts, as a slow reader that was reset. */
  get isUnreachable(): boolean {
    return this.connection === null && this.resume.pending !== undefined
  }

  /** Sends a message, or in its place the error that says it would not fit this client. */
  send(message: Outgoing, re?: Id): void {
    if (this.ended || this.isUnreachable) return
    if (!this.takes(message, re)) return
    if (message.delivery !== 'counted') this.#tooLarge?.delete(message.key)
    this.#push(message)
  }

  /** Whether a message fits its client; where not, it is told what would have come. */
  takes(message: Outgoing, re?: Id): boolean {
    if (message.size <= this.#receiveBytes) return true
    this.#sendTooLarge(message, re)
    return false
  }

  /** What a source makes for it is sent, in its place among all else; nothing while it is away. */
  mark(source: Source<Session>): void {
    if (!this.conversation) return this.outbox.mark(source)
    for (let next = made(source, this); next; next = made(source, this))
      this.conversation.tell(next)
  }

  behind(): void {
    this.connection?.behind()
  }

  slow(): void {
    this.#world.onSlow(this)
  }

  failed(error: unknown): void {
    this.connection?.fail(error)
  }

  /** Takes from now on what is added to a batch; false where each message must be sent by itself. */
  share(batch: Sharing): boolean {
    if (this.conversation || this.receiveBytes < SHARED_BYTES) return false
    if (this.isUnreachable) return false
    return this.outbox.share(batch)
  }

  unshare(batch: Sharing): void {
    this.outbox.unshare(batch)
  }

  skip(batch: Sharing): void {
    this.outbox.skip(batch)
  }

  due(batch: Sharing): void {
    this.outbox.due(batch)
  }

  #push(message: Outgoing): void {
    if (this.conversation) this.conversation.tell(message)
    else this.outbox.push(message)
  }

  /** Refuses what the session's ticket does not let it do. */
  permit(scope: Scope): void {
    if (this.access && !this.access.scopes.includes(scope))
      throw new Refusal('MISSING_SCOPE', `expected a ticket of a key with the scope ${scope}`, {
        cause: { scope },
      })
  }

  may(scope: Scope): boolean {
    return this.access === null || this.access.scopes.includes(scope)
  }

  /** The player it is; refused where it has not identified. */
  identified(): Player {
    if (this.player) return this.player
    throw new Refusal(
      'NO_PLAYER_FOUND',
      'this session has not identified: say player.identify first',
    )
  }

  /** An id for a request of the server's to this client. */
  nextId(): string {
    return `s${++this.#numbered}`
  }

  /**
   * Puts a question to this client; resolves with the data of its reply. Rejects with a Refusal:
   * TOO_LARGE, TARGET_BUSY, TIMEOUT, TARGET_LEFT, NOT_IN_ROOM, OUTCOME_UNKNOWN, or what the client says.
   */
  ask({
    type,
    origin,
    timeout,
    cause,
    asker,
    whenLeft,
    pack,
    ...rest
  }: Question): Promise<unknown> {
    const { limits, after } = this.#world
    if (this.ended || asker?.ended) throw new Refusal('TARGET_LEFT', undefined, { cause })
    this.#asks ??= new Asks()
    if (this.isUnreachable || this.#asks.isFull(asker, limits))
      throw new Refusal('TARGET_BUSY', undefined, { cause })
    const data = rest.make ? rest.make() : rest.data
    const id = pack ? ++this.#numbered : this.nextId()
    const message =
      pack && typeof id === 'number' ? pack(id) : encode({ type, id, ...origin, data }, 'counted')
    if (message.size > this.receiveBytes)
      throw new Refusal('TOO_LARGE', unreadable(message, this.receiveBytes), { cause })
    const ms = bounded(duration(timeout, 'timeout'), limits.ask_ms)
    const asks = this.#asks
    const answered = new Promise<unknown>((resolve, reject) => {
      asks.add(id, { type, room: origin.room, cause, asker, resolve, reject }, (late) =>
        after(ms, late),
      )
      this.send(message)
    })
    const stop = whenLeft?.(() => asks.fail(id, 'NOT_IN_ROOM'))
    const settled = stop ? answered.finally(stop) : answered
    return asker ? asker.awaiting(settled, () => asks.fail(id, 'TARGET_LEFT')) : settled
  }

  /** Waits for an answer that is withdrawn when this session ends. */
  awaiting<T>(answer: Promise<T>, withdraw: () => void): Promise<T> {
    this.#asking ??= new Set()
    this.#asking.add(withdraw)
    return answer.finally(() => this.#asking?.delete(withdraw))
  }

  /** The question that an answer with this `re` answers, if there is one; it is settled by the taker. */
  takeAsk(re: Id): Ask | undefined {
    return this.#asks?.take(re)
  }

  /** Whether the answer to a question is waited for. */
  isAsked(id: Id): boolean {
    return this.#asks?.has(id) ?? false
  }

  /** Gives up what this client was asked, in one room or in all. */
  abandonAsks(code: AbandonCode, room?: string): void {
    this.#asks?.abandon(code, room)
  }

  /** It is over: nobody answers here any more, and nobody waits for an answer. */
  end(): void {
    this.ended = true
    this.hold.drop()
    this.abandonAsks('TARGET_LEFT')
    for (const withdraw of this.#asking ?? []) withdraw()
  }

  /** Starts both counts anew; what was in flight in either direction is forgotten. */
  restart(reason: ResetReason): void {
    this.resume.reset(reason)
    this.requests.forget()
    this.abandonAsks('OUTCOME_UNKNOWN')
  }

  /** What comes again every tick is refused once, until it fits again. */
  #sendTooLarge(message: Outgoing, re?: Id): void {
    if (message.delivery !== 'counted' && message.delivery !== 'socket') {
      if (this.#tooLarge?.has(message.key)) return
      this.#tooLarge ??= new Set()
      this.#tooLarge.add(message.key)
      const [oldest] = this.#tooLarge
      const most = this.#world.limits.latest_keys
      if (this.#tooLarge.size > most && oldest !== undefined) this.#tooLarge.delete(oldest)
    }
    const delivery = message.delivery === 'socket' ? 'socket' : 'counted'
    const text = unreadable(message, this.receiveBytes)
    this.#push(encode(errorMessage(new Refusal('TOO_LARGE', text), message.type, re), delivery))
  }
}
