import pino from 'pino'
import pretty from 'pino-pretty'
import { createSeldom } from '../core/wire/seldom.ts'

/** How much waits to be logged while nothing can be written; what is more is not logged. */
const MOST_BYTES = 1_048_576

/**
 * The log of the command line: readable on a terminal, JSON otherwise. Where it cannot be written, as
 * on a full disk, the server goes on, and says so on stderr.
 */
export function createLog(level: string): pino.Logger {
  const seldom = createSeldom(() => performance.now())
  const complain = ({ code }: NodeJS.ErrnoException) =>
    seldom(() => process.stderr.write(`estragon: the log cannot be written (${code})\n`))
  process.stdout.on('error', complain)
  process.stderr.on('error', () => {})
  if (process.stdout.isTTY)
    return pino(
      { level },
      pretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }),
    )
  const to = pino.destination({ dest: 1, sync: true, maxLength: MOST_BYTES })
  to.on('error', complain)
  return pino({ level }, to)
}
