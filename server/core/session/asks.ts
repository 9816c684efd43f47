import type { Id } from '../../../protocol/message.ts'
import type { Json } from '../../../protocol/schema.ts'
import type { Cancel } from '../../world.ts'
import type { AbandonCode } from '../delivery/receiver.ts'
import { Refusal } from '../wire/refusal.ts'

/** A question that waits for one client's answer. */
export interface Ask {
  readonly type: string
  readonly room: string | undefined
  /** Whom it was put to, told with every failure. */
  readonly cause: Json
  readonly resolve: (data: unknown) => void
  readonly reject: (refusal: Refusal) => void
}

/** What the server asked one client and is not answered yet: each is settled exactly once. */
export class Asks {
  readonly #pending = new Map<Id, Ask & { readonly cancel: Cancel }>()

  get size(): number {
    return this.#pending.size
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
