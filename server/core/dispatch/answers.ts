import { MESSAGES } from '../../../protocol/index.ts'
import { type Envelope, type Id, isCounted, type Message } from '../../../protocol/message.ts'
import { check } from '../../../protocol/schema.ts'
import type { World } from '../../world.ts'
import type { Connection } from '../session/connection.ts'
import type { Session } from '../session/session.ts'
import { encode } from '../wire/frame.ts'
import { errorMessage, Refusal } from '../wire/refusal.ts'
import type { PacketWire } from './packets-in.ts'

/** A frame on its way through; `resent` when it was first said on an earlier connection. */
export interface Incoming {
  readonly connection: Connection
  readonly session: Session
  readonly resent: boolean
  /** How large it is. */
  readonly bytes: number
}

/** What an answer answers. */
export interface Subject {
  readonly type?: string
  readonly id?: Id | undefined
}

export interface AnswersOptions {
  readonly world: World
  readonly packets?: PacketWire | undefined
  readonly checkReplies: boolean
}

export type Answers = ReturnType<typeof createAnswers>

/** How every request gets its one answer. */
export function createAnswers({ world, packets, checkReplies }: AnswersOptions) {
  return { answer, refuse, incidentOf }

  function answer(incoming: Incoming, line: Message, type: string, re: Id, data: unknown): void {
    const wrong = checkReplies && line.reply && check(line.reply, data, `${type} reply`)
    if (wrong) throw new Error(wrong)
    const packed = type === 'packet' ? packets?.reply(incoming.session, re, data) : undefined
    if (packed) incoming.session.send(packed, re)
    else send(incoming, { type, re, data }, re)
  }

  /** Tells a refusal; anything else is a bug, logged under a number that the player is told. */
  function refuse(incoming: Incoming, error: unknown, { type, id }: Subject): void {
    const refusal = error instanceof Refusal ? error : incidentOf(incoming, error, type)
    send(incoming, errorMessage(refusal, type, id), id)
  }

  function incidentOf({ session }: Incoming, error: unknown, type: string | undefined): Refusal {
    const incident = world.random.text(6)
    world.log.error({ err: error, incident, type, session: session.id }, 'handler failed')
    return new Refusal('INTERNAL', `the server failed; incident ${incident}`, { incident })
  }
}

/** An answer goes where it is counted: to the session, or else to whoever the connection carries. */
function send({ connection, session }: Incoming, message: Answer, re: Id | undefined): void {
  if (isCounted(MESSAGES, message)) session.send(encode(message, 'counted'), re)
  else connection.session?.send(encode(message, 'socket'), re)
}

/** An id in flight belongs to the request that said it first; whatever repeats it has none. */
export const askedBy = ({ session }: Incoming, envelope: Envelope): Subject =>
  envelope.id !== undefined && session.isInFlight(envelope.id) ? { type: envelope.type } : envelope

interface Answer {
  readonly type: string
  readonly re?: Id
  readonly data: unknown
}
