import type { CloseCode } from '../../../protocol/errors.ts'
import type { RateClass } from '../../../protocol/limits.ts'
import type { Session } from './session.ts'
import type { ForeignFrame, Frames, Heard, Native } from './translator.ts'

export type { Heard } from './translator.ts'

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
  /** Whether a translation is for one session alone, whatever it is of. */
  readonly isPersonal?: true
  /** The same as `incoming` for a contract whose frames are bytes, in place of it. */
  incomingBytes?(bytes: Buffer, session: Session): readonly Heard[]
  /** What a native frame of a binary kind is here; nothing, unless the contract has such. */
  outgoingBytes?(bytes: Buffer, session: Session): Frames
  /** The close code this contract has for one of ours. */
  closing(code: CloseCode): number
}

/** An endpoint's address: whether a request is for it. */
export interface Endpoint {
  matches(upgrade: Upgrade): boolean
  readonly dialect: Dialect
  /** How large a message may be here, either way; unless said, as large as everywhere. */
  readonly message_bytes?: number
  /** What each KiB of a message is charged to, where messages may be so large. */
  readonly bytes_rate?: RateClass
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
