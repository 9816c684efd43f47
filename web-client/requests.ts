import { duration } from '../protocol/timer.ts'
import { type FailureData, failure, NetworkError } from './failure.ts'
import type { Timers } from './link.ts'

interface Pending {
  readonly type: string
  /** Its number among the counted frames; 0 for one that is not counted. */
  count: number
  resolve(data: unknown): void
  reject(error: NetworkError): void
}

export interface WaitOptions {
  /** In ms; then the request is rejected with TIMEOUT. */
  readonly timeout?: number
  /** Ends the wait (not the request) with ABORTED. */
  readonly signal?: AbortSignal
}

export type Requests = ReturnType<typeof createRequests>

const TIMEOUT = 30_000

/** What was asked and is not answered yet. */
export function createRequests(timers: Timers) {
  const pending = new Map<string, Pending>()
  let numbered = 0

  return {
    /** The id of the next request; throws where it is to wait for what is no time. */
    nextId({ timeout = TIMEOUT }: WaitOptions = {}): string {
      duration(timeout, 'timeout')
      return `${++numbered}`
    },

    /** Waits for the answer to `id`; `read` runs before anything that follows the answer is read. */
    wait<R>(
      id: string,
      type: string,
      count: number,
      read: (data: unknown) => R,
      { timeout = TIMEOUT, signal }: WaitOptions,
    ) {
      return new Promise<R>((resolve, reject) => {
        const give = (code: 'TIMEOUT' | 'ABORTED') => {
          pending.delete(id)
          stop()
          reject(
            failure(
              code,
              `${type}: ${code === 'TIMEOUT' ? `no answer within ${timeout} ms` : 'aborted'}`,
            ),
          )
        }
        const cancel = timers.after(timeout, () => give('TIMEOUT'))
        const abort = () => give('ABORTED')
        const stop = () => {
          cancel()
          signal?.removeEventListener('abort', abort)
        }
        signal?.addEventListener('abort', abort, { once: true })
        pending.set(id, {
          type,
          count,
          resolve(data) {
            stop()
            resolve(read(data))
          },
          reject(error) {
            stop()
            reject(error)
          },
        })
        if (signal?.aborted) abort()
      })
    },

    resolve(id: string, data: unknown): void {
      take(id)?.resolve(data)
    },

    /** True when a request waited for this error. */
    reject(id: string, data: FailureData): boolean {
      const found = take(id)
      found?.reject(new NetworkError(data))
      return found !== undefined
    },

    /** The counts begin again; `numbered` says what a number has become. */
    renumber(numbered: (count: number) => number): void {
      for (const one of pending.values()) one.count = numbered(one.count)
    },

    /**
     * Gives up what was asked: `why` says of each, by its number, with which code. Returns what it
     * was rejected with.
     */
    abandon(
      why: (count: number) => 'OUTCOME_UNKNOWN' | 'SESSION_LOST' | 'CLOSED' | undefined,
    ): NetworkError[] {
      const errors: NetworkError[] = []
      for (const [id, { type, count, reject }] of pending) {
        const code = why(count)
        if (!code) continue
        pending.delete(id)
        const error = failure(code, `${type}: ${failure(code).message}`)
        errors.push(error)
        reject(error)
      }
      return errors
    },
  }

  function take(id: string): Pending | undefined {
    const found = pending.get(id)
    pending.delete(id)
    return found
  }
}
