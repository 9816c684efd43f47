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
  log.error({ err: error, incident, ...where }, what)
  return new Refusal('INTERNAL', told ?? `the server failed; incident ${incident}`, { incident })
}
