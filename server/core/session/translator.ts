import type { CloseCode } from '../../../protocol/errors.ts'
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

/** What is said in place of one native message: text goes as it is, anything else as JSON. */
export type Frames = readonly unknown[]

/** A native message with an id, or the refusal that answers it. */
export type Request = Native | { readonly id: Id; readonly refusal: Refusal }

/** At a compatibility endpoint, what stands between a session and its client. */
export interface Translator {
  /** How large a frame may be here, and how deep its JSON. */
  readonly bounds: Pick<Limits, 'message_bytes' | 'depth'>
  /** Whether a frame has to wait until the conversation has begun; too many close the connection. */
  delays(bytes: number, hear: () => void): boolean
  /** The native messages of a frame, numbered. */
  hear(frame: ForeignFrame): readonly Request[]
  /** Says something of the dialect's own, in its place among what is sent. */
  say(...values: Frames): void
  /** Sends a native message as the dialect has it. */
  tell(message: Outgoing): void
  /** The close code this contract has for one of ours. */
  closing(code: CloseCode): number
}
