import { MESSAGES } from '../../../protocol/index.ts'
import { type Id, isCounted, type Message } from '../../../protocol/message.ts'
import { check } from '../../../protocol/schema.ts'
import type { World } from '../../world.ts'
import type { Connection } from '../session/connection.ts'
import type { Session } from '../session/session.ts'
import { encode } from '../wire/frame.ts'
import { incidentOf } from '../wire/incident.ts'
import { errorMessage, Refusal } from '../wire/refusal.ts'
import type { PacketWire } from './packets-in.ts'

/**
 * A frame on its way through; `isLate` when it was first said on an earlier connection, or may have
 * waited on this one.
 */
export interface Incoming {
  readonly connection: Connection
  readonly session: Session
  readonly isLate: boolean
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
  return { answer, refuse, report }

  function answer(incoming: Incoming, line: Message, type: string, re: Id, data: unknown): void {
    const wrong = checkReplies && line.reply && check(line.reply, data, `${type} reply`)
    if (wrong) throw new Error(wrong)
    const packed = type === 'packet' ? packets?.reply(incoming.session, re, data) : undefined
    if (packed) incoming.session.send(packed, re)
    else send(incoming, { type, re, data }, re)
  }

  /** Tells a refusal; anything else is a bug, logged under a number that the player is told. */
  function refuse(incoming: Incoming, error: unknown, { type, id }: Subject): void {
    const refusal = error instanceof Refusal ? error : report(incoming, error, type)
    try {
      send(incoming, errorMessage(refusal, type, id), id)
    } catch (bug) {
      // A game's Refusal may hold what no message can.
      send(incoming, errorMessage(report(incoming, bug, type), type, id), id)
    }
  }

  /** Logs a bug, of which nobody may be there to be told. */
  function report({ session }: Incoming, error: unknown, type: string | undefined): Refusal {
    return incidentOf(world, error, {
      what: 'handler failed',
      where: { type, session: session.id },
    })
  }
}

/** An answer goes where it is counted: to the session, or else to whoever the connection carries. */
function send({ connection, session }: Incoming, message: Answer, re: Id | undefined): void {
  if (isCounted(MESSAGES, message)) session.send(encode(message, 'counted'), re)
  else connection.session?.send(encode(message, 'socket'), re)
}

/** An id in flight belongs to the request that said it first; whatever repeats it has none. */
export const askedBy = ({ session }: Incoming, asked: Subject): Subject =>
  asked.id !== undefined && session.requests.has(asked.id) ? { ...asked, id: undefined } : asked

interface Answer {
  readonly type: string
  readonly re?: Id
  readonly data: unknown
}
