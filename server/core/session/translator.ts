import type { CloseCode } from '../../../protocol/errors.ts'
import type { RateClass } from '../../../protocol/limits.ts'
import type { Id } from '../../../protocol/message.ts'
import type { Outgoing } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import type { Refusal } from '../wire/refusal.ts'

/** A native message, as the tables have it. */
export interface Native {
  readonly type: string
  readonly id?: Id
  readonly re?: Id
  readonly room?: string
  readonly from?: unknown
  readonly data?: unknown
}

/** One frame of a client's, in either opcode. */
export interface ForeignFrame {
  readonly text: string
  /** What the text says as JSON; undefined where there is a problem. */
  readonly value: unknown
  /** It is no JSON, too large or nested too deep; to be answered with `refusal` or passed over. */
  readonly problem: Refusal | undefined
}

/** What is said in place of one native message: text and bytes as they are, anything else as JSON. */
export type Frames = readonly unknown[]

/**
 * What one frame means: a native message or a frame of a binary kind, or why it means neither. `mark`
 * comes back with the answer, of which there is exactly one for every request of the tables that has
 * a reply, and for every refusal. With `re` it answers what the client was asked (a native message with `id`).
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
  | { readonly frame: Buffer }

/** A native message with an id, the refusal that answers it, or a frame of a binary kind. */
export type Request =
  | Native
  | { readonly id: Id; readonly refusal: Refusal }
  | { readonly frame: Buffer }

/** At a compatibility endpoint, what stands between a session and its client. */
export interface Translator {
  /** How large a frame may be here, and how deep its JSON. */
  readonly bounds: Pick<Limits, 'message_bytes' | 'depth'>
  /** What each KiB of a frame is charged to, before it is read. */
  readonly bytesRate: RateClass | undefined
  /** Whether a frame has to wait until the conversation has begun; too many close the connection. */
  delays(bytes: number, hear: () => void): boolean
  /** The native messages of a frame, numbered. */
  hear(frame: ForeignFrame): readonly Request[]
  /** The same where a contract's frames are bytes; undefined where they are not. */
  hearBytes(bytes: Buffer): readonly Request[] | undefined
  /** Says natively what its client would say, had it the words. */
  ask(heard: Heard): void
  /** Says something of the dialect's own, in its place among what is sent. */
  say(...values: Frames): void
  /** Sends a native message as the dialect has it. */
  tell(message: Outgoing): void
  /** The close code this contract has for one of ours. */
  closing(code: CloseCode): number
}
