import { ERRORS, type ErrorCode } from '../protocol/errors.ts'
import { check, type Json, json, problemOfDigits } from '../protocol/schema.ts'
import type { Report } from './emitter.ts'
import { NetworkError } from './failure.ts'
import type { Timers } from './link.ts'
import type { Received } from './message.ts'
import type { Room } from './room.ts'
import type { Session } from './session.ts'

export interface Answering {
  readonly session: Session
  readonly rooms: ReadonlyMap<string, Room>
  readonly timers: Timers
  readonly report: Report
}

/** What is asked of us: its name, and how long its asker waits, in ms. */
interface Asked {
  readonly name: string
  readonly timeout: number
}

/**
 * Answers a question of the server's with what `run` returns; without it, UNREGISTERED_HANDLER. A
 * failure is told as REMOTE_ERROR, and reported here. The signal says that nobody waits any more.
 */
export async function answer(
  context: Answering,
  message: Received,
  asked: Asked,
  run: ((signal: AbortSignal) => unknown) | undefined,
): Promise<void> {
  const { report } = context
  const question = openQuestion(context, message, asked)
  try {
    if (run) question.reply(await outcomeOf(() => run(question.signal)))
    else question.refuse('UNREGISTERED_HANDLER', `nothing is registered as "${asked.name}"`)
  } catch (error) {
    report(error)
    try {
      question.refuse('REMOTE_ERROR', textOf(error))
    } catch (again) {
      report(again)
    }
  } finally {
    question.close()
  }
}

/** What `run` returns or resolves with, null for undefined; fails where JSON cannot hold it. */
export async function outcomeOf(run: () => unknown): Promise<Json> {
  const value = (await run()) ?? null
  const problem = check(json(), value, 'value') ?? problemOfDigits(value, 'value')
  if (problem) throw new TypeError(problem)
  return value as Json // as just checked
}

/** A handler’s failure, as whoever asked is told it: by its message, without a stack. */
export const remoteError = (error: unknown, cause: Json): NetworkError =>
  new NetworkError({
    code: 'REMOTE_ERROR',
    status: ERRORS.REMOTE_ERROR.status,
    message: textOf(error),
    cause,
  })

/** A question whose answer somebody waits for: until its time, its room or the session is over. */
function openQuestion(
  { session, rooms, timers }: Answering,
  message: Received,
  { name, timeout }: Asked,
) {
  const over = new AbortController()
  const { signal } = over
  const end = () => over.abort()
  const ends = [
    timers.after(timeout, () => over.abort(LATE)),
    session.on('reset', end),
    session.on('lost', end),
    session.on('state', (state) => state === 'closed' && end()),
    rooms.get(message.room ?? '')?.on('closed', end),
  ]
  const close = () => {
    for (const stop of ends) stop?.()
  }
  signal.addEventListener('abort', close, { once: true })

  const say = (type: string, data: unknown) => {
    if (!signal.aborted) session.answer(message, type, data)
    else if (signal.reason === LATE)
      session.warn(`${message.type}: "${name}" was answered after its ${timeout} ms`)
  }
  return {
    signal,
    close,
    reply: (value: Json) => say(message.type, { value }),
    refuse: (code: ErrorCode, text: string) =>
      say('error', { code, status: ERRORS[code].status, message: text }),
  }
}

const LATE = 'late'

/** An error’s message may be this long on the wire. */
const LONGEST = 2_048

/** A handler’s failure in words. */
export function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : error
  return typeof text === 'string' ? text.slice(0, LONGEST) : 'the handler failed'
}
