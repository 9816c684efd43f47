import type { ErrorCode } from './errors.ts'
import type { RateClass } from './limits.ts'
import type { Infer, Schema } from './schema.ts'

/**
 * `socket`: this one only; `latest`: superseded by its next; `droppable`: dropped for who reads
 * slowly or is away; `state`: made when it is written, for the receiver it goes to; `counted`: never
 * lost.
 */
export type Delivery = 'socket' | 'latest' | 'droppable' | 'state' | 'counted'
export type Direction = 'to_server' | 'to_client' | 'both'

/** One line of the protocol tables. */
export interface Message {
  readonly direction: Direction
  readonly delivery: Delivery
  readonly doc: string
  readonly data: Schema
  /** The shape of the answer; a message without it is answered only when something is wrong. */
  readonly reply?: Schema
  /** It takes or carries `room`. */
  readonly room?: true
  /** It takes `to`. */
  readonly to?: true
  /** It carries `from`, stamped by the server. */
  readonly from?: true
  /** What its sender says after it waits until it has been answered. */
  readonly holds?: true
  /** It needs no ticket where the server requires one: it brings one, or stands for more. */
  readonly open?: true
  readonly rate?: RateClass
  /** The codes it is refused with, beside those every message can meet. */
  readonly errors?: readonly ErrorCode[]
}

export interface Feature<M extends Messages = Messages> {
  readonly name: string
  readonly doc: string
  readonly messages: M
}

export type Messages = Readonly<Record<string, Message>>
export const feature = <const M extends Messages>(
  name: string,
  doc: string,
  messages: M,
): Feature<M> => ({ name, doc, messages })

export type DataOf<M> = M extends { readonly data: infer S } ? Exclude<Infer<S>, undefined> : never
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without an answer returns nothing
export type ReplyOf<M> = M extends { readonly reply: infer S } ? Exclude<Infer<S>, undefined> : void
export type NamesTo<M extends Messages, D extends Direction> = {
  [K in keyof M]: M[K]['direction'] extends D | 'both' ? K : never
}[keyof M] &
  string

/** A binary frame that begins with this byte or a higher one is of our binary kinds. */
export const BINARY_KINDS = 0x80
/** The bit of that byte that says whether the frame is counted. */
export const COUNTED_BIT = 0x40
/** The part of that byte that says which kind it is; the rest are the kind's own flags. */
export const KIND_MASK = 0xf0

export type Id = string | number
type Target = string

/**
 * What `to` may say of the room one is in, beside the addresses that name somebody. Packets write
 * them as numbers: a new one comes last.
 */
export const ADDRESS_WORDS = [
  'others',
  'all',
  'self',
  'host',
  'hosts',
  'other_hosts',
  'server',
] as const
/** Addresses that name somebody: after the colon, whom. */
export const NAMED_ADDRESSES = ['player:ID', 'session:ID', 'group:NAME'] as const

/** What an address is: a word, or what comes before the name of somebody, its colon included. */
export const addressKind = (address: Target): string =>
  address.slice(0, address.indexOf(':') + 1) || address

/** Whom an address names: what comes after its first colon. */
export const addressName = (address: Target): string => address.slice(address.indexOf(':') + 1)

/** Who sent a message, as the server stamps it. */
export interface Sender {
  readonly member: number
  readonly player: string | null
  readonly role: string
  readonly name: string
}

/** The outside of a message; `data` is checked against the tables afterwards. */
export interface Envelope {
  readonly type: string
  readonly id?: Id
  readonly re?: Id
  readonly room?: string
  readonly to?: readonly Target[]
  readonly from?: Sender
  readonly data: unknown
}

export const MAX_ID = 64
export const MAX_TYPE = 64
export const MAX_ROOM = 64
export const MAX_TARGETS = 64
export const MAX_TARGET = 128

/** An envelope, or the sentence that says what is wrong with it. */
export function readEnvelope(value: unknown): Envelope | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'message: expected an object with a "type"'
  const { type, id, re, room, to, from, data = {} } = value as Record<string, unknown>
  if (typeof type !== 'string' || type.length === 0 || type.length > MAX_TYPE)
    return `message.type: expected text of 1 to ${MAX_TYPE} characters`
  if (id !== undefined && !isId(id)) return `message.id: ${EXPECTED_ID}`
  if (re !== undefined && !isId(re)) return `message.re: ${EXPECTED_ID}`
  if (room !== undefined && !isShortText(room)) return 'message.room: expected a room code'
  const targets = typeof to === 'string' ? [to] : to
  if (targets !== undefined && !isTargets(targets))
    return `message.to: expected an address or an array of at most ${MAX_TARGETS} addresses`
  // Mostly it is an envelope as it came.
  if (targets === to && (value as Envelope).data !== undefined) return value as Envelope
  return {
    type,
    data,
    ...(id !== undefined && { id }),
    ...(re !== undefined && { re }),
    ...(room !== undefined && { room }),
    ...(targets !== undefined && { to: targets }),
    ...(from !== undefined && { from: from as Sender }),
  }
}

/** What something that is no envelope asks for, as far as that can be read. */
export function subjectIn(value: unknown): { readonly type?: string; readonly id?: Id } {
  const { type, id, re } = Object(value) as Record<string, unknown>
  if (re !== undefined) return {}
  const isType = typeof type === 'string' && type.length > 0 && type.length <= MAX_TYPE
  return { ...(isType && { type }), ...(id !== undefined && isId(id) && { id }) }
}

/**
 * JSON text that every client can parse: U+0000 and half a surrogate pair become U+FFFD (Godot drops
 * the one and refuses the other); JSON.stringify escapes nothing else as \u0000 or \ud8xx to \udfxx.
 */
export function toText(value: unknown): string {
  const written = JSON.stringify(value)
  return written.includes('\\u') ? written.replace(BROKEN, '$1\ufffd') : written
}

const BROKEN = /((?<!\\)(?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g

/**
 * Whether a JSON message adds to its side's count (those of one socket and *latest* ones do
 * not; a reply follows its request, an error what it answers).
 */
export function isCounted(messages: Messages, envelope: unknown): boolean {
  const { type, re, data } = (envelope ?? {}) as { type?: unknown; re?: unknown; data?: unknown }
  if (typeof type === 'number') return false
  if (typeof type !== 'string') return true
  if (type === 'error') {
    const request = (data as { request?: unknown } | undefined)?.request
    return typeof request !== 'string' || deliveryOf(messages, request) !== 'socket'
  }
  const delivery = deliveryOf(messages, type)
  return delivery === 'counted' || (delivery !== 'socket' && re !== undefined)
}

const deliveryOf = (messages: Messages, type: string): Delivery =>
  Object.hasOwn(messages, type) ? (messages[type]?.delivery ?? 'counted') : 'counted'

const EXPECTED_ID = `expected text of 1 to ${MAX_ID} characters or a finite number`

const isId = (value: unknown): value is Id =>
  typeof value === 'number'
    ? Number.isFinite(value)
    : typeof value === 'string' && value.length > 0 && value.length <= MAX_ID

const isShortText = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_ROOM

const isTargets = (value: unknown): value is readonly string[] =>
  Array.isArray(value) &&
  value.length <= MAX_TARGETS &&
  value.every((item) => typeof item === 'string' && item.length > 0 && item.length <= MAX_TARGET)
