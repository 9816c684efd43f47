import { within } from '../../../protocol/accepting.ts'
import { DEFAULT_ASK_MS } from '../../../protocol/queries.ts'
import type { Json } from '../../../protocol/schema.ts'
import { bounded, heardMs } from '../../../protocol/timer.ts'
import type { World } from '../../world.ts'
import type { Context } from '../dispatch/call.ts'
import type { Limits } from '../wire/limits.ts'
import { promisedBy } from '../wire/promised.ts'
import { Refusal } from '../wire/refusal.ts'
import { aOrAn, type RoomHandler, type RoomMessage, type Words } from './kind.ts'
import { createPassing, type ProblemOf } from './passing.ts'
import type { Room } from './room.ts'

export interface LogicOptions {
  readonly world: Pick<World, 'log' | 'random' | 'after'>
  readonly limits: Pick<Limits, 'message_bytes' | 'ask_ms'>
}

/** A question to the room itself. */
export interface RoomQuestion {
  readonly room: Room
  readonly message: RoomMessage & { readonly type: Asked }
  readonly timeout: number | undefined
  readonly problemOf: ProblemOf
}

type Asked = 'query' | 'function'
type Answer = { readonly value: Json }

export type Logic = ReturnType<typeof createLogic>

/** A room's own logic as members meet it: it sees what they say, hears what is for it, answers. */
export function createLogic({ world, limits }: LogicOptions) {
  const { pass, attempt, failed } = createPassing({ world, limits })
  return { pass, hear, answer }

  /** Has it hear what nobody waits for; what fails at once is told to the sender, later to the log. */
  function hear(room: Room, run: () => unknown): void {
    const heard = attempt(room, run)
    void promisedBy(heard)?.catch((error) => failed(room, error))
  }

  /** Has it answer a question, in the time of who asks and for as long as that one is there. */
  function answer({ session }: Context, question: RoomQuestion): Answer | Promise<() => Answer> {
    const { room } = question
    const { from } = question.message
    const words = judged(question)
    const handler = registered(room, question.message.type, words.name)
    const told = (value: unknown) => attempt(room, () => answerOf(room, handler, words, value))
    const value = attempt(room, () => handler.run(words.args, from))
    const promised = promisedBy(value)
    if (!promised) return told(value)
    return awaited(question, promised).then((decided) => () => {
      if (room.memberOf(session) !== from) throw left(room)
      return told(decided)
    })
  }

  /** What is asked, as the room would have it: registered, and of the right shape. */
  function judged({ room, message, problemOf }: RoomQuestion): Words {
    const { type, name } = message
    refuseMisfit(room, type, message, type === 'query' ? 'query.data' : 'function.call.args')
    const words = pass(
      room,
      message,
      (changed) => problemOf(changed) ?? problemAtServer(room, type, changed),
    )
    if (!words) throw swallowed(name)
    return words
  }

  /** What it promised, unless the time is up or the asker leaves before that. */
  function awaited(
    { room, message: { name, from }, timeout }: RoomQuestion,
    promised: Promise<unknown>,
  ): Promise<unknown> {
    const ms = bounded(heardMs(timeout ?? DEFAULT_ASK_MS), limits.ask_ms)
    const decided = promised.catch((error) => {
      throw failed(room, error)
    })
    let stop = () => {}
    const gone = new Promise<never>((_, reject) => {
      stop = room.whenLeft(from, () => reject(left(room)))
    })
    const late = () => new Refusal('TIMEOUT', `${name}: no answer within ${ms} ms`)
    return within(world.after, ms, Promise.race([decided, gone]), late).finally(stop)
  }
}

/** What is wrong with what a hook would have the room's own functions or queries do. */
export function problemAtServer(room: Room, type: Asked, words: Words): string | undefined {
  const handler = room.hooks.handlerOf?.(type, words.name)
  return handler
    ? handler.problemOf(words.args, 'args')
    : unregistered(room, type, words.name).message
}

/** Refuses what is not what the room's own function or query takes. */
export function refuseMisfit(room: Room, type: Asked, { name, args }: Words, place: string): void {
  const problem = registered(room, type, name).problemOf(args, place)
  if (problem) throw new Refusal('INVALID_MESSAGE_DATA', problem)
}

/** What a room has under a name; refused where that is nothing. */
function registered(room: Room, type: Asked, name: string): RoomHandler {
  const handler = room.hooks.handlerOf?.(type, name)
  if (handler) return handler
  throw unregistered(room, type, name)
}

/** What a question is refused with that the room lets nobody have. */
export const swallowed = (name: string) =>
  new Refusal('PERMISSION_DENIED', `${name}: the room lets nobody have it`)

export const unregistered = ({ kind }: Room, type: Asked, name: string) =>
  new Refusal(
    'UNREGISTERED_HANDLER',
    `rooms of the kind ${kind.name} register no ${type} "${name}"`,
  )

const left = ({ code }: Room) => new Refusal('NOT_IN_ROOM', `you left ${code} before it answered`)

function answerOf({ kind }: Room, handler: RoomHandler, { name }: Words, value: unknown): Answer {
  const answer = value ?? null
  const problem = handler.problemOfValue(answer, `what ${name} of ${aOrAn(kind.name)} returned`)
  if (problem) throw new TypeError(problem)
  return { value: answer as Json } // just checked
}
