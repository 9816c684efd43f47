import { MESSAGES, messageOf } from '../../../protocol/index.ts'
import { type Envelope, type Message, readEnvelope, subjectIn } from '../../../protocol/message.ts'
import { check } from '../../../protocol/schema.ts'
import type { World } from '../../world.ts'
import type { Connection } from '../session/connection.ts'
import type { Session } from '../session/session.ts'
import { type BinaryReaders, type Decoded, decode } from '../wire/decode.ts'
import { encode } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'
import { createAdmission, tooFast } from './admission.ts'
import { askedBy, createAnswers, type Incoming } from './answers.ts'
import { framesOf, isBatch, noBatch } from './batched.ts'
import { type AllHandlers, Call, Committed, type Context, type Then } from './call.ts'
import { Carried, createCarrying } from './carried.ts'
import { createHearing, heardIn } from './hearing.ts'
import { dehydrated, Packed, type PacketWire } from './packets-in.ts'
import { createReplies } from './replies.ts'

export type { AllHandlers, Context, HandlersOf, Then } from './call.ts'
export { Committed } from './call.ts'

/** Answers a message with a numeric `type` in kind. */
export type NumericDialect = (
  connection: Connection,
  message: { readonly type: number },
) => { readonly type: number }

export interface DispatchOptions {
  readonly world: World
  readonly limits: Limits
  readonly handlers: AllHandlers
  readonly numeric: NumericDialect
  /** The reply to a `session.reset` came. */
  readonly confirmReset: (session: Session) => void
  /** Enough has been received that the other side should be told. */
  readonly acknowledge: (session: Session) => void
  /** Refuses, by throwing, what the session may not ask at all. */
  readonly permit: (session: Session, line: Message) => void
  /** What reads the binary kinds that there are. */
  readonly binary: BinaryReaders<Session>
  /** The game's packets in bytes, and as `["Name", data]`; without it there are none. */
  readonly packets?: PacketWire | undefined
  /** Also checks what the handlers return; for development and tests. */
  readonly checkReplies: boolean
}

type AnyHandler = (context: Context, data: unknown) => unknown

/** Decode, check, permit, charge, handle, answer: the way in for every message. */
export function createDispatch(options: DispatchOptions) {
  const { world, limits, numeric, acknowledge, permit, packets, checkReplies } = options
  const binary = { ...options.binary, batch: noBatch }
  const { answer, refuse, report } = createAnswers({ world, packets, checkReplies })
  const admission = createAdmission({ world, limits, refuse })
  const { isAdmitted, refuseMalformed, closeFlood } = admission
  const carry = createCarrying({ admission, refuse })
  const reply = createReplies({ admission, refuse, confirmReset: options.confirmReset })
  const read = (session: Session, frame: Buffer) => decode(session, frame, true, limits, binary)
  const { hear, isPaid, say } = createHearing({ admission, read, route })
  let activity = 0
  const handlers = options.handlers as unknown as Readonly<Record<string, AnyHandler>>

  return { receive, say }

  function receive(connection: Connection, bytes: Buffer, isBinary: boolean): void {
    const isMany = isBinary && isBatch(bytes) && !connection.session?.conversation
    const frames = isMany ? framesOf(bytes) : undefined
    if (frames) for (const frame of frames) receiveOne(connection, frame, true)
    else receiveOne(connection, bytes, isBinary)
  }

  function receiveOne(connection: Connection, bytes: Buffer, isBinary: boolean): void {
    const { session } = connection
    if (!session) return
    const { conversation } = session
    if (conversation?.delays(bytes.length, () => receiveOne(connection, bytes, isBinary))) return
    session.started = true
    const whole = { connection, session, isLate: false, bytes: bytes.length }
    if (conversation && !isPaid(whole, conversation, bytes)) return
    const said = conversation?.hearBytes(bytes)
    const bounds = conversation?.bounds ?? limits
    const decoded = said ? FOREIGN : decode(session, bytes, isBinary, bounds, binary)
    const { resume } = session
    if (decoded.counted && resume.resetting !== undefined) return
    resume.heard()
    const isResent = decoded.counted && resume.count()
    const isLate = isResent || session.buckets.lateness > 0
    const incoming = { ...whole, isLate }
    try {
      if (conversation) hear(incoming, said ?? heardIn(conversation, bytes, decoded))
      else if (decoded.problem)
        refuseMalformed(incoming, decoded.problem, askedBy(incoming, decoded.asked ?? {}))
      else route(incoming, decoded.message)
    } catch (error) {
      refuse(incoming, error, {})
    }
    if (resume.untold >= limits.ack_frames) acknowledge(session)
  }

  function route(incoming: Incoming, message: unknown): void {
    if (message instanceof Carried) return carry(incoming, message)
    const type = (message as { type?: unknown } | null)?.type
    if (typeof type === 'number') return routeNumeric(incoming, message as { type: number })
    const envelope = packets && Array.isArray(message) ? dehydrated(message) : readEnvelope(message)
    if (typeof envelope === 'string') {
      const asked = askedBy(incoming, subjectIn(message))
      return refuseMalformed(incoming, new Refusal('INVALID_MESSAGE', envelope), asked)
    }
    if (envelope.re !== undefined) return reply(incoming, envelope)
    const line = messageOf(envelope.type)
    if (!line || line.direction === 'to_client')
      return refuseMalformed(incoming, unknownType(envelope.type), askedBy(incoming, envelope))
    handle(incoming, envelope, line)
  }

  function routeNumeric({ connection, session }: Incoming, message: { type: number }): void {
    const retry_ms = session.buckets.take('request')
    const answer = retry_ms === 0 ? numeric(connection, message) : tooFast(message.type, retry_ms)
    session.send(encode(answer, 'socket'))
    if (retry_ms > 0 && session.buckets.take('refused') > 0) closeFlood(connection, session)
  }

  function handle(incoming: Incoming, envelope: Envelope, line: Message): void {
    const { session } = incoming
    const { type, id, data } = envelope
    const asked = askedBy(incoming, envelope)
    const problem = data instanceof Packed ? undefined : check(line.data, data, type)
    if (problem)
      return refuseMalformed(incoming, new Refusal('INVALID_MESSAGE_DATA', problem), asked)
    if (!isAdmitted(incoming, line.rate ?? 'request', asked)) return
    if (line.delivery !== 'socket') session.activity = ++activity
    if (asked.id !== id) return refuse(incoming, new Refusal('DUPLICATE_ID'), asked)
    if (line.delivery === 'socket') return run(incoming, envelope, line)
    begin(incoming, envelope, line)
  }

  /** Runs what nothing holds up; of what comes late no more at a time than of anything else. */
  function begin(incoming: Incoming, envelope: Envelope, line: Message): void {
    const { session, isLate, bytes } = incoming
    const { hold, requests } = session
    if (isLate && !hold.isOn && requests.running >= limits.requests) requests.slowDown()
    if (!hold.isOn) return run(incoming, envelope, line)
    const { id } = envelope
    if (id !== undefined) requests.began(id)
    hold.add(() => {
      if (id !== undefined) requests.answered(id)
      begin(incoming, envelope, line)
    }, bytes)
  }

  function run(incoming: Incoming, envelope: Envelope, line: Message): void {
    const { connection, session } = incoming
    const { type, data } = envelope
    const call = new Call(session, connection, envelope)
    try {
      if (line.delivery !== 'socket') permit(session, line)
      const result = handlers[type]?.(call, data)
      if (result instanceof Promise) return wait(incoming, envelope, line, call, result)
      finish(incoming, envelope, line, call, result)
    } catch (error) {
      refuse(incoming, error, envelope)
    }
    call.end()
  }

  function finish(
    incoming: Incoming,
    { type, id }: Envelope,
    line: Message,
    call: Call,
    reply: unknown,
  ): void {
    if (id !== undefined && line.reply) answer(incoming, line, type, id, reply ?? {})
    call.finish()
  }

  /** A handler that takes its time, and what it does then, unless nobody waits for that any more. */
  function wait(
    incoming: Incoming,
    envelope: Envelope,
    line: Message,
    call: Call,
    result: Promise<unknown>,
  ): void {
    const { session } = incoming
    const { id } = envelope
    const { requests } = session
    const { generation } = session.resume
    if (id !== undefined) requests.began(id)
    requests.handling()
    const release = line.holds && session.hold.begin()
    const settle = (run: (isWanted: boolean) => void) => {
      const isWanted = generation === session.resume.generation && !session.ended
      if (isWanted && id !== undefined) requests.answered(id)
      try {
        run(isWanted)
      } catch (error) {
        if (isWanted) refuse(incoming, error, envelope)
        else report(incoming, error, envelope.type)
      }
      call.end()
      if (!isWanted) return
      release?.()
      requests.finished()
    }
    result.then(
      (then) =>
        settle((isWanted) => {
          const deed = deedOf(then as Then<unknown>, isWanted)
          const reply = deed?.()
          if (isWanted) finish(incoming, envelope, line, call, reply)
        }),
      (error: unknown) =>
        settle((isWanted) => {
          if (isWanted) throw error
        }),
    )
  }
}

/** Bytes of another's contract: nobody counts them. */
const FOREIGN: Decoded = { counted: false, message: undefined }

/** What is done of what a handler would do then: all, or what a store has done already. */
function deedOf(then: Then<unknown>, isWanted: boolean): (() => unknown) | undefined {
  if (then instanceof Committed) return then.deed
  if (typeof then !== 'function') throw new TypeError('a handler promised no function')
  return isWanted ? then : undefined
}

const unknownType = (type: string) => {
  const feature = type.split('.')[0]
  const near = Object.entries(MESSAGES)
    .filter(([name, line]) => name.split('.')[0] === feature && line.direction !== 'to_client')
    .map(([name]) => name)
  const hint = near.length > 0 ? `; ${feature} has ${near.join(', ')}` : ''
  return new Refusal(
    'INVALID_MESSAGE',
    `message.type: no message to the server is called "${type}"${hint}`,
  )
}
