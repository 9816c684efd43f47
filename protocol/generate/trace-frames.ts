import type { LIMITS } from '../limits.ts'
import { toText } from '../message.ts'

// biome-ignore lint/suspicious/noExplicitAny: a message is read by its type, which the models know
type Data = any

/** A JSON message of a trace. */
export interface Message {
  readonly type: string
  readonly id?: string
  readonly re?: string
  readonly room?: string
  readonly data: Data
}

/** A whole frame: a message, or the bytes of a binary kind in hexadecimal. */
export type Frame = Message | string

export type Budget = {
  readonly [K in 'resume_bytes' | 'resume_frames' | 'ack_frames' | 'ack_ms']: number
}
export type Limits = { readonly [K in keyof typeof LIMITS]: number }

export const isBinary = (frame: Frame): frame is string => typeof frame === 'string'

export const sizeOf = (frame: Frame): number =>
  isBinary(frame) ? frame.length / 2 : toText(frame).length
