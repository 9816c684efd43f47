import { type AllMessages, messageOf } from '../protocol/index.ts'
import { OTHER_RATE } from '../protocol/limits.ts'
import type { DataOf, ReplyOf } from '../protocol/message.ts'
import { failure, NetworkError } from './failure.ts'
import type { Data, Timers } from './link.ts'
import { compose, composeAnswer, type Received, type RequestType } from './message.ts'
import type { Watched } from './outcome.ts'
import type { Outgoing } from './outgoing.ts'
import type { Requests, WaitOptions } from './requests.ts'

export interface SendOptions {
  readonly room?: string | undefined
  readonly to?: string | readonly string[] | undefined
}

export interface SayingOptions {
  readonly outgoing: Outgoing
  readonly requests: Requests
  readonly timers: Timers
  readonly watched: Watched
  /** Whether the session is over. */
  readonly isClosed: () => boolean
  /** Whether frames may be written: a connection carries the session. */
  readonly isLive: () => boolean
  readonly put: (data: Data) => void
  readonly tellError: (error: NetworkError) => void
}

/** What a session says: at once where it may, and else when it may. */
export function createSaying(options: SayingOptions) {
  const { outgoing, requests, timers, watched, isClosed, isLive, put, tellError } = options
  let cancelFlow = () => {}

  const calls = {
    /** Sends a request and waits for its one answer, as `read` understands it. */
    request<T extends RequestType, R = ReplyOf<AllMessages[T]>>(
      type: T,
      data: DataOf<AllMessages[T]>,
      { room, to, ...waiting }: SendOptions & WaitOptions = {},
      read = (reply: ReplyOf<AllMessages[T]>) => reply as R,
    ): Promise<R> {
      return watched(() => {
        const id = requests.nextId(waiting)
        sendCounted(type, compose(type, data, { id, room, to }))
        return requests.wait(id, type, outgoing.sent, read as (data: unknown) => R, waiting)
      })
    },

    /** Sends a counted message that asks for no answer; too fast is told as `error`. */
    send<T extends keyof AllMessages & string>(
      type: T,
      data: DataOf<AllMessages[T]>,
      { room, to }: SendOptions = {},
    ): void {
      sendUnasked(type, compose(type, data, { room, to }))
    },

    /** The same with a whole frame of a binary kind. */
    sendBytes: (type: string, frame: Uint8Array): void => sendUnasked(type, whole(frame)),

    /** Sends a frame that is not counted, if that is possible just now; whether it was. */
    sendUncounted(frame: Uint8Array): boolean {
      if (isLive()) put(whole(frame))
      return isLive()
    },

    /** Answers with a whole frame what the server asked by one. */
    answerBytes: (type: string, frame: Uint8Array): void => sendCounted(type, whole(frame), true),

    /** Sends the frame that `make` makes under an id, and waits for its answer. */
    askBytes<R>(
      type: string,
      make: (id: number) => Uint8Array,
      read: (value: unknown) => R,
      waiting: WaitOptions,
    ): Promise<R> {
      return watched(() => {
        const id = requests.nextId(waiting)
        sendCounted(type, whole(make(Number(id))))
        return requests.wait(id, type, outgoing.sent, read, waiting)
      })
    },

    /** The answer to what `askBytes` asked has come. */
    settle: (id: number, value: unknown): void => requests.resolve(`${id}`, value),

    /**
     * Sends a *latest* message; while it must wait, only the newest of its kind, room and `key` is
     * kept.
     */
    post<T extends keyof AllMessages & string>(
      type: T,
      data: DataOf<AllMessages[T]>,
      { room, to }: SendOptions = {},
      key = '',
    ): void {
      const text = compose(type, data, { room, to })
      checkSize(type, utf8Length(text))
      outgoing.keepLatest(`${type} ${room ?? ''} ${key}`, text, rateOf(type), timers.now())
      flow()
    },

    /** Answers a question of the server's; throws CLOSED, TOO_LARGE or BUFFER_FULL. */
    answer({ type, id }: Received, as: string, data: unknown): void {
      if (id !== undefined) sendCounted(as, composeAnswer(as, id, data, type), true)
    },
  }

  return {
    calls,
    flow,
    /** Writes nothing until the next `flow`. */
    pause: (): void => cancelFlow(),
  }

  function sendCounted(type: string, data: Data, isAnswer = false): void {
    if (isClosed()) throw failure('CLOSED')
    const bytes = typeof data === 'string' ? utf8Length(data) : data.length
    checkSize(type, bytes)
    const rate = isAnswer ? undefined : rateOf(type)
    if (outgoing.add({ data, bytes, rate }, timers.now(), isLive())) put(data)
    else flow()
  }

  /** Nobody waits for an answer: who is too fast is told where the server would have said so. */
  function sendUnasked(type: string, data: Data): void {
    try {
      sendCounted(type, data)
    } catch (error) {
      if (!(error instanceof NetworkError) || error.code !== 'RATE_LIMITED') throw error
      tellError(error)
    }
  }

  /** Writes what may go by now, and the rest when it may. */
  function flow(): void {
    if (!isLive()) return
    cancelFlow()
    const now = timers.now()
    for (const data of outgoing.take(now)) put(data)
    const at = outgoing.nextAt()
    if (at !== undefined) cancelFlow = timers.after(Math.ceil(at - now), flow)
  }

  function checkSize(type: string, bytes: number): void {
    const { message_bytes } = outgoing.limits
    if (bytes > message_bytes)
      throw failure('TOO_LARGE', `${type}: ${bytes} bytes; expected at most ${message_bytes}`)
  }
}

const encoder = new TextEncoder()
const utf8Length = (text: string) => encoder.encode(text).length

/** What a message is charged to. */
const rateOf = (type: string) => messageOf(type)?.rate ?? OTHER_RATE

/** A frame of its own, as a WebSocket takes it. */
const whole = (frame: Uint8Array) => frame as Uint8Array<ArrayBuffer>
