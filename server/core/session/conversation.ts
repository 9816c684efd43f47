import { type CloseCode, ERRORS } from '../../../protocol/errors.ts'
import type { RateClass } from '../../../protocol/limits.ts'
import { type Id, toText } from '../../../protocol/message.ts'
import type { World } from '../../world.ts'
import type { Flusher, Writer } from '../delivery/flusher.ts'
import { FROM_BYTES } from '../wire/envelope.ts'
import { encodeFitting, encodeForeign, isOfBytes, type Outgoing, payloadOf } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import { errorMessage, Refusal } from '../wire/refusal.ts'
import type { Dialect, Endpoint, Heard, Upgrade } from './dialect.ts'
import type { Session } from './session.ts'
import type { ForeignFrame, Frames, Native, Request, Translator } from './translator.ts'

type Bounds = Pick<
  Limits,
  'requests' | 'hard_bytes' | 'queue_bytes' | 'message_bytes' | 'receive_bytes' | 'depth'
>

/** How many frames may wait, as a multiple of `requests`: whoever said them all at once meant no harm. */
const EARLY = 4

/** Begins the conversations at an endpoint; what several of them are told is translated once. */
export function conversing(
  { dialect, message_bytes, bytes_rate }: Omit<Endpoint, 'matches'>,
  limits: Bounds,
  log: World['log'],
  flusher: Flusher,
  say: Say,
): (session: Session) => Conversation {
  const shared: Shared = new WeakMap()
  const own = message_bytes === undefined ? limits : { ...limits, ...sized(message_bytes) }
  return (session) => new Conversation(dialect, session, own, log, flusher, shared, say, bytes_rate)
}

/** What is as large as it may be has, in our own words, something around it. */
const sized = (message_bytes: number) => ({
  message_bytes,
  receive_bytes: message_bytes + FROM_BYTES,
})

/** The way in of native messages that came in no frame. */
export type Say = (session: Session, said: readonly Request[]) => void

/** What one session says and hears in a dialect. */
export class Conversation implements Translator, Writer {
  readonly bytesRate: RateClass | undefined
  readonly #dialect: Dialect
  readonly #session: Session
  readonly #limits: Bounds
  readonly #log: World['log']
  readonly #flusher: Flusher
  readonly #shared: Shared
  readonly #say: Say
  /** By the id of a native request, what its answer needs to know. */
  readonly #marks = new Map<Id, unknown>()
  #numbered = 0
  /** The request whose answer is waited for before more is heard. */
  #holding: Id | undefined
  /** Frames that arrived before `opened` was done, or are held; undefined while they are heard. */
  #early: (() => void)[] | undefined = []
  #earlyBytes = 0
  /** Resolves when what was sent before has been translated; undefined when it has. */
  #translating: Promise<void> | undefined
  /** Of the native messages that wait for that. */
  #waitingBytes = 0
  #isGivenUp = false

  constructor(
    dialect: Dialect,
    session: Session,
    limits: Bounds,
    log: World['log'],
    flusher: Flusher,
    shared: Shared = new WeakMap(),
    say: Say = () => {},
    bytesRate?: RateClass,
  ) {
    this.#dialect = dialect
    this.#session = session
    this.#limits = limits
    this.#log = log
    this.#flusher = flusher
    this.#shared = shared
    this.#say = say
    this.bytesRate = bytesRate
    // What it was sent is in another's words, and cannot be counted or sent again.
    session.resumable = false
    session.receiveBytes = limits.receive_bytes
    session.conversation = this
  }

  /** Begins; resolves once frames are heard, or the connection is closed. */
  async open(upgrade: Upgrade): Promise<void> {
    try {
      await this.#dialect.opened(this.#session, upgrade)
    } catch (error) {
      this.#fail(error)
    }
    this.#goOn()
  }

  get bounds(): Bounds {
    return this.#limits
  }

  /** Whether a frame has to wait until the conversation has begun; too many close the connection. */
  delays(bytes: number, hear: () => void): boolean {
    if (!this.#early) return false
    const { requests, hard_bytes, message_bytes } = this.#limits
    this.#earlyBytes += bytes
    const count = this.#early.push(hear)
    if (count > EARLY * requests || this.#earlyBytes > hard_bytes + message_bytes)
      this.#session.connection?.close(4101)
    return true
  }

  /** The native messages of a frame, numbered. */
  hear(frame: ForeignFrame): readonly Request[] {
    return this.#dialect.incoming(frame, this.#session).map((heard) => this.#asked(heard))
  }

  hearBytes(bytes: Buffer): readonly Request[] | undefined {
    const heard = this.#dialect.incomingBytes?.(bytes, this.#session)
    return heard?.map((one) => this.#asked(one))
  }

  ask(heard: Heard): void {
    this.#say(this.#session, [this.#asked(heard)])
  }

  #asked(one: Heard): Request {
    if ('frame' in one) return one
    const { mark, ...said } = one
    const { holds = false, ...heard } = { holds: false, ...said }
    if ('re' in heard) return heard as Native
    const id = `d${++this.#numbered}`
    this.#marks.set(id, mark)
    if (holds) this.#hold(id)
    return { ...heard, id } as Request
  }

  /** Says something of the dialect's own, in its place among what is sent. */
  say(...values: Frames): void {
    this.#send(
      values.map((one) => encodeForeign(one)),
      0,
    )
  }

  /** Sends a native message as the dialect has it. */
  tell(message: Outgoing): void {
    this.#send(this.#translated(message), message.size)
  }

  /** Bytes that wait to be translated. */
  get unwritten(): number {
    return this.#waitingBytes
  }

  /** What is translated is written with all else of the session. */
  flush(): void {}

  giveUp(): void {
    this.#isGivenUp = true
    this.#flusher.owes(this, 0)
    this.#session.slow()
  }

  closing(code: CloseCode): number {
    return this.#dialect.closing(code)
  }

  #fail(error: unknown): void {
    const { connection, id } = this.#session
    if (error instanceof Refusal)
      return connection?.close(ERRORS[error.code].status < 500 ? 4104 : 4000, error.message)
    this.#log.error({ err: error, session: id }, 'conversation failed to open')
    connection?.close(4000)
  }

  /** From now on frames wait, until this request has been answered. */
  #hold(id: Id): void {
    this.#holding = id
    this.#early ??= []
  }

  /** Hears what has waited, in order; what one of them holds up goes on waiting. */
  #goOn(): void {
    const early = this.#early ?? []
    this.#early = undefined
    this.#earlyBytes = 0
    for (const hear of early) hear()
  }

  /** Sends frames, made or still being made, after everything that was sent before. */
  #send(frames: Translated, bytes: number): void {
    const before = this.#translating
    if (!before && !(frames instanceof Promise)) return this.#push(frames)
    if (this.#waitingBytes + bytes > this.#limits.queue_bytes)
      return this.#session.outbox.giveUpLater()
    this.#wait(bytes)
    const sent = this.#sendAfter(before, frames, bytes)
    this.#translating = sent
    void sent.then(() => {
      if (this.#translating === sent) this.#translating = undefined
    })
  }

  async #sendAfter(before: Promise<void> | undefined, frames: Translated, bytes: number) {
    await before
    this.#push(await frames)
    this.#wait(-bytes)
  }

  /** So many bytes more, or less, wait to be translated. */
  #wait(bytes: number): void {
    this.#waitingBytes += bytes
    if (!this.#isGivenUp) this.#flusher.owes(this, this.#waitingBytes)
  }

  #push(frames: readonly Outgoing[]): void {
    for (const frame of frames) this.#session.outbox.push(frame)
  }

  #translated(message: Outgoing): Translated {
    const known = this.#shared.get(message)
    if (known) return known
    if (isOfBytes(message.frame)) return this.#carried(message)
    const text = payloadOf(message.frame).toString()
    const native = JSON.parse(text) as Native
    const { re, id } = native
    const mark = re === undefined ? undefined : this.#marks.get(re)
    if (re !== undefined) this.#marks.delete(re)
    if (re !== undefined && re === this.#holding) {
      this.#holding = undefined
      // Once all that comes with the answer has been said; it cannot fail.
      void Promise.resolve().then(() => this.#goOn())
    }
    const made = this.#translate(native, mark, text)
    const isShared = re === undefined && id === undefined && !this.#dialect.isPersonal
    if (isShared) this.#shared.set(message, made)
    return made
  }

  #carried({ frame, delivery }: Outgoing): readonly Outgoing[] {
    const made = this.#dialect.outgoingBytes?.(payloadOf(frame), this.#session) ?? []
    return made.map((one) => encodeForeign(one, delivery === 'droppable' ? delivery : 'socket'))
  }

  /** Never fails: a sender is no concern of what becomes of its message here. */
  #translate(native: Native, mark: unknown, text: string): Translated {
    try {
      const made = this.#dialect.outgoing(native, this.#session, mark, text)
      const fitting = (values: Frames) =>
        encodeFitting(values, native.type, this.#limits.receive_bytes)
      if (!(made instanceof Promise)) return fitting(made)
      return made.then(fitting).catch((error) => this.#instead(error, native, mark))
    } catch (error) {
      return this.#instead(error, native, mark)
    }
  }

  /** In place of what could not be translated, an error that says so. */
  async #instead(
    error: unknown,
    { type, re }: Native,
    mark: unknown,
  ): Promise<readonly Outgoing[]> {
    try {
      if (!(error instanceof Refusal)) throw error
      const told = errorMessage(error, type, re)
      const frames = await this.#dialect.outgoing(told, this.#session, mark, toText(told))
      return frames.map((one) => encodeForeign(one))
    } catch (bug) {
      this.#log.error({ err: bug, type }, 'message not translated')
      return []
    }
  }
}

type Translated = readonly Outgoing[] | Promise<readonly Outgoing[]>

/** Translations that every receiver shares, kept for as long as their native message. */
type Shared = WeakMap<Outgoing, Translated>
