import type { World } from '../../world.ts'
import { Refusal } from './refusal.ts'

/** What failed, in a few words, and the fields of the log that say where. */
interface Failure {
  readonly what: string
  readonly where: object
  /** What is told in place of the sentence that says nothing. */
  readonly told?: string
}

/** A bug of ours or the game's: logged under a number, by which whoever meets it may ask for it. */
export function incidentOf(
  { log, random }: Pick<World, 'log' | 'random'>,
  error: unknown,
  { what, where, told }: Failure,
): Refusal {
  const incident = random.text(6)
  logFailure(log, error, { what, where: { incident, ...where } })
  return new Refusal('INTERNAL', told ?? `the server failed; incident ${incident}`, { incident })
}

/** Logs what was thrown, be it what no log can write: who fails is not failed by that as well. */
export function logFailure(log: World['log'], error: unknown, { what, where }: Failure): void {
  try {
    log.error({ err: asError(error), ...where }, what)
  } catch {
    log.error({ err: new Error(UNREADABLE), ...where }, what)
  }
}

const UNREADABLE = 'thrown: what cannot be read'

/** What was thrown, as an error that says what it is. */
export function asError(thrown: unknown): Error {
  try {
    if (thrown instanceof Error && typeof thrown.message === 'string') return thrown
    return new Error(`thrown: ${JSON.stringify(thrown) ?? String(thrown)}`)
  } catch {
    return new Error(UNREADABLE)
  }
}
