import type { AllMessages } from '../../../protocol/index.ts'
import type { DataOf, Envelope, Messages, NamesTo, ReplyOf } from '../../../protocol/message.ts'
import type { Connection } from '../session/connection.ts'
import type { Session } from '../session/session.ts'
import { encode } from '../wire/frame.ts'
import { Refusal } from '../wire/refusal.ts'

/** What a handler knows of the message beside its data. */
export interface Context {
  readonly session: Session
  readonly connection: Connection
  readonly room: string | undefined
  readonly to: readonly string[] | undefined
  /** Runs once the reply is on its way: what must come after it. */
  afterwards(callback: () => void): void
  /** Runs when nothing more comes of this: it was answered, refused, or nobody waits for it now. */
  atEnd(callback: () => void): void
  /** Refuses, before it is done, what could not be answered as its client takes too little. */
  refuseUnfit(reply: object): void
}

/** A reply as it is; a promise of one is none. */
type Plain<R> = [R] extends [object] ? R & { readonly then?: never } : R

/**
 * What to do once that which takes time is decided: it judges what may have changed, acts, and
 * returns the reply, which leaves in the same moment. Where the counts began anew meanwhile, or the
 * session ended, nothing of it is done.
 */
export type Then<R> = (() => Plain<R>) | Committed<R>

/** What a store has done has happened: others are told of it even where nobody waits for the reply. */
export class Committed<R> {
  readonly deed: () => Plain<R>

  constructor(deed: () => Plain<R>) {
    this.deed = deed
  }
}

/** A handler returns its reply, or a promise of what to do then, or throws a Refusal. */
type Handler<M> = (
  context: Context,
  data: DataOf<M>,
) => Plain<ReplyOf<M>> | Promise<Then<ReplyOf<M>>>

/** The handlers the tables demand: one for each message to the server. */
export type HandlersOf<M extends Messages> = {
  readonly [K in NamesTo<M, 'to_server'>]: Handler<M[K]>
}
export type AllHandlers = HandlersOf<AllMessages>

/** One message on its way through a handler. */
export class Call implements Context {
  readonly session: Session
  readonly connection: Connection
  readonly #envelope: Envelope
  #after: (() => void)[] | undefined
  #atEnd: (() => void)[] | undefined

  constructor(session: Session, connection: Connection, envelope: Envelope) {
    this.session = session
    this.connection = connection
    this.#envelope = envelope
  }

  get room(): string | undefined {
    return this.#envelope.room
  }

  get to(): readonly string[] | undefined {
    return this.#envelope.to
  }

  afterwards(callback: () => void): void {
    this.#after ??= []
    this.#after.push(callback)
  }

  atEnd(callback: () => void): void {
    this.#atEnd ??= []
    this.#atEnd.push(callback)
  }

  refuseUnfit(data: object): void {
    const { type, id: re } = this.#envelope
    if (re === undefined) return
    const { size } = encode({ type, re, data }, 'counted')
    const { receiveBytes } = this.session
    if (size <= receiveBytes) return
    const text = `the answer would be ${size} bytes, which do not fit receive_bytes ${receiveBytes}`
    throw new Refusal('TOO_LARGE', text)
  }

  /** Its reply is on its way. */
  finish(): void {
    for (const callback of this.#after ?? []) callback()
  }

  /** Nothing more comes of it. */
  end(): void {
    for (const callback of this.#atEnd ?? []) callback()
  }
}
