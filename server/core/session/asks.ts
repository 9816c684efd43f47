import type { Id } from '../../../protocol/message.ts'
import type { Json } from '../../../protocol/schema.ts'
import type { Cancel } from '../../world.ts'
import type { AbandonCode } from '../delivery/receiver.ts'
import type { Limits } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'

/** A question that waits for one client's answer. */
export interface Ask {
  readonly type: string
  readonly room: string | undefined
  /** Whom it was put to, told with every failure. */
  readonly cause: Json
  /** Whose question it is, if a player's. */
  readonly asker: unknown
  readonly resolve: (data: unknown) => void
  readonly reject: (refusal: Refusal) => void
}

/** What the server asked one client and is not answered yet: each is settled exactly once. */
export class Asks {
  readonly #pending = new Map<Id, Ask & { readonly cancel: Cancel }>()

  /** Whether no more of this asker are taken, by these limits. */
  isFull(asker: unknown, { asks, asks_each }: Pick<Limits, 'asks' | 'asks_each'>): boolean {
    if (this.#pending.size >= asks) return true
    if (asker === undefined || this.#pending.size < asks_each) return false
    let own = 0
    for (const one of this.#pending.values()) if (one.asker === asker) own++
    return own >= asks_each
  }

  add(id: Id, ask: Ask, after: (callback: () => void) => Cancel): void {
    const cancel = after(() => this.fail(id, 'TIMEOUT'))
    this.#pending.set(id, { ...ask, cancel })
  }

  has(id: Id): boolean {
    return this.#pending.has(id)
  }

  /** Takes the question that an answer answers, if there is one. */
  take(id: Id): Ask | undefined {
    const found = this.#pending.get(id)
    found?.cancel()
    this.#pending.delete(id)
    return found
  }

  fail(id: Id, code: AbandonCode | 'TIMEOUT'): void {
    const ask = this.take(id)
    ask?.reject(new Refusal(code, undefined, { cause: ask.cause }))
  }

  /** Gives up all questions, or those of one room. */
  abandon(code: AbandonCode, room?: string): void {
    for (const [id, ask] of this.#pending)
      if (room === undefined || ask.room === room) this.fail(id, code)
  }
}

/** What a client says of a question it cannot answer, as its asker is told it. */
export function remoteRefusal(ask: Ask, { code, message, cause: own }: RemoteError): Refusal {
  const { cause } = ask
  if (code === 'UNREGISTERED_HANDLER') return new Refusal(code, message, { cause })
  if (code === 'VALIDATION_FAILED') return new Refusal(code, message, { cause: own ?? null })
  return new Refusal('REMOTE_ERROR', message, { cause })
}

export interface RemoteError {
  readonly code: string
  readonly message: string
  readonly cause?: Json
}
