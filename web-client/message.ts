import { type AllMessages, MESSAGES, messageOf } from '../protocol/index.ts'
import {
  type Id,
  isCounted,
  type Message,
  readEnvelope,
  type Sender,
  toText,
} from '../protocol/message.ts'
import { check, problemOfDigits } from '../protocol/schema.ts'
import { failure } from './failure.ts'

/** A message from the server, its envelope opened. */
export interface Received {
  readonly type: string
  readonly id?: string
  readonly re?: string
  readonly room?: string
  readonly from?: unknown
  readonly data: never
}

/** What a text from the server is: a message, a problem, or (the numeric dialect) neither. */
export interface Reading {
  readonly isCounted: boolean
  readonly message?: Received
  readonly problem?: string
}

/** The messages that are requests: counted, and answered. */
export type RequestType = {
  [K in keyof AllMessages]: AllMessages[K] extends { delivery: 'counted'; reply: unknown }
    ? K
    : never
}[keyof AllMessages]

/** Reads a text of the server; what its tables do not ask for is a newer server's business. */
export function read(text: string): Reading {
  const value = parse(text)
  const counted = isCounted(MESSAGES, value)
  if (typeof (value as { type?: unknown } | null)?.type === 'number') return { isCounted: counted }
  const envelope = readEnvelope(value)
  const problem = typeof envelope === 'string' ? envelope : misfit(value as Received)
  return problem
    ? { isCounted: counted, problem: `the server sent what is no message: ${problem}` }
    : { isCounted: counted, message: value as Received }
}

/** The text of a message that fits its table; throws INVALID_MESSAGE_DATA at the caller if not. */
export function compose(
  type: keyof AllMessages & string,
  data: unknown,
  envelope: { readonly id?: string; readonly room?: unknown; readonly to?: unknown },
): string {
  if (envelope.id !== undefined && !isRequest(type))
    throw failure('INVALID_MESSAGE_DATA', `${type}: expected the type of a request`)
  const problem = check(MESSAGES[type].data, data, type) ?? misaddressed({ type, ...envelope })
  if (problem) throw failure('INVALID_MESSAGE_DATA', problem)
  const text = toText({ type, ...envelope, data })
  const unsafe = MANY_DIGITS.test(text) ? problemOfDigits(data, type) : undefined
  if (unsafe) throw failure('INVALID_MESSAGE_DATA', unsafe)
  return text
}

/** Only such a text has a whole number beyond 2^53 in it. */
const MANY_DIGITS = /\d{16}/

/** The text that answers a question of the server's, an `error` telling which `request` it was. */
export const composeAnswer = (type: string, re: Id, data: unknown, request: string): string =>
  toText({ type, re, data: type === 'error' ? { ...(data as object), request } : data })

/** Who sent a message; what the room's own logic says has a sender without a name. */
export const senderOf = ({ from }: Received): Sender =>
  typeof from === 'object' && from !== null ? (from as Sender) : THE_ROOM

const THE_ROOM: Sender = Object.freeze({ member: 0, player: null, role: 'none', name: '' })

function misfit({ type, re, data = {} as never }: Received): string | undefined {
  const line = messageOf(type)
  if (!line) return `${type}: no such message`
  return check(re !== undefined && line.reply ? line.reply : line.data, data, type, false)
}

function misaddressed(envelope: object): string | undefined {
  const read = readEnvelope(envelope)
  return typeof read === 'string' ? read : undefined
}

function isRequest(type: string): boolean {
  const { delivery, reply } = (messageOf(type) ?? {}) as Partial<Message>
  return delivery === 'counted' && reply !== undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
