import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'
import type { Failed } from './calls.ts'

/** When who was refused because of the disk may try again. */
const RETRY_MS = 5_000

type Seldom = (say: (times: number) => void) => void

/** What is told, and logged, of what could not be stored. */
export function createFailures(log: World['log'], seldom: Seldom = (say) => say(1)) {
  return { failed, down }

  /** One operation failed; a disk that is full is not logged for each. */
  function failed(operation: string, { failed, passes }: Failed): Refusal {
    if (passes) seldom((times) => log.error({ operation, failed, times }, 'storage failed'))
    else log.error({ operation, failed }, 'storage failed')
    return refusal(passes ? RETRY_MS : undefined, failed)
  }

  /** There is nothing to ask, or not before so many ms. */
  function down(retry_ms: number | undefined): Refusal {
    return refusal(retry_ms, 'the storage is closed')
  }
}

/** Its `cause` is for the log and the command line: clients are not told. */
function refusal(retry_ms: number | undefined, why: string): Refusal {
  const details = retry_ms === undefined ? {} : { retry_ms }
  return Object.assign(new Refusal('STORAGE_FAILED', undefined, details), { cause: new Error(why) })
}
