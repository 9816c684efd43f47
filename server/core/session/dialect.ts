import type { CloseCode } from '../../../protocol/errors.ts'
import type { Id } from '../../../protocol/message.ts'
import type { Refusal } from '../wire/refusal.ts'
import type { Session } from './session.ts'
import type { ForeignFrame, Frames, Native } from './translator.ts'

/*
 * The seam of the compatibility endpoints. An endpoint is a `Dialect`: write one in server/compat
 * and give it an address in the features of hub.ts. What its clients say is translated into native
 * messages, which take the one way in (check, permit, charge, handle, answer); what the features
 * send them is translated on its way out. A dialect therefore has no rules, limits or rates.
 */

/** The request that opened a WebSocket. Query and headers hold secrets: they are never logged. */
export interface Upgrade {
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/**
 * What one frame means: a native message, or why it means none. `mark` comes back with the answer,
 * of which there is exactly one for every request of the tables that has a reply, and for every
 * refusal. With `re` it answers what the client was asked (a native message with `id`).
 */
export type Heard =
  | {
      readonly mark?: unknown
      /** Whether what is said after it waits until it has been answered. */
      readonly holds?: boolean
      readonly type: string
      readonly data?: unknown
      readonly re?: Id
      readonly room?: string
      readonly to?: string | readonly string[]
    }
  | { readonly mark?: unknown; readonly refusal: Refusal }

export interface Dialect {
  /**
   * A session has begun: says what comes first, with `session.conversation.say`. Frames that arrive
   * meanwhile wait. A Refusal closes with 4104 (4000 where the server is to blame), translated.
   */
  opened(session: Session, upgrade: Upgrade): void | Promise<void>
  /** The native messages of a frame; with none, it is charged for and nothing is said. */
  incoming(frame: ForeignFrame, session: Session): readonly Heard[]
  /**
   * What a native message is here; nothing, where it is none. An answer (with `re`) comes with the
   * mark of what it answers, or undefined. What has neither `re` nor `id` is translated once for
   * all who get it, so that it must not depend on the session. Order is kept while it takes its time.
   * `text` is the message as it is written.
   */
  outgoing(message: Native, session: Session, mark: unknown, text: string): Frames | Promise<Frames>
  /** The close code this contract has for one of ours. */
  closing(code: CloseCode): number
}

/** An endpoint's address: whether a request is for it. */
export interface Endpoint {
  matches(upgrade: Upgrade): boolean
  readonly dialect: Dialect
  /** How large a message may be here, either way; unless said, as large as everywhere. */
  readonly message_bytes?: number
}

/** The path of an address with its query, and the headers it came with; `/ws/` is `/ws`. */
export function upgradeOf(url: string, headers: Upgrade['headers'] = {}): Upgrade {
  const [path = '/', ...rest] = url.split('?')
  return {
    path: path.replace(/\/+$/, '') || '/',
    query: new URLSearchParams(rest.join('?')),
    headers,
  }
}
