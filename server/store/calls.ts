import { explain, type Sql } from './database.ts'
import { createOperations } from './operations.ts'

/** One thing asked of the store, by the name of its operation. */
export interface Call {
  readonly name: string
  readonly args: unknown
}

export interface Failed {
  readonly failed: string
  /** Whether it was the disk’s doing, and may go well another time. */
  readonly passes: boolean
}

export type Outcome = { readonly value: unknown } | Failed

/**
 * Runs calls, in their order, in one transaction, which is on the disk when this returns. One that
 * fails undoes itself only; where the disk fails, so do those that have to write.
 */
export function createCalls(sql: Sql): (calls: readonly Call[]) => Outcome[] {
  const { operations, appendAll } = createOperations(sql)
  const byName = operations as unknown as Readonly<Record<string, (args: unknown) => unknown>>

  return (calls) => {
    try {
      return transaction(calls, together)
    } catch {
      // Rare, so that a savepoint for each, which costs as much as the calls, is only paid here.
      try {
        return transaction(calls, apart)
      } catch {
        return calls.map(alone)
      }
    }
  }

  function transaction(
    calls: readonly Call[],
    perform: (calls: readonly Call[]) => Outcome[],
  ): Outcome[] {
    sql.exec('begin immediate')
    try {
      const outcomes = perform(calls)
      sql.exec('commit')
      return outcomes
    } catch (error) {
      rollBack()
      throw error
    }
  }

  function together(calls: readonly Call[]): Outcome[] {
    const outcomes: Outcome[] = []
    for (let next = 0; next < calls.length; ) {
      const end = endOfAppends(calls, next)
      if (end > next) {
        const appends = calls.slice(next, end).map(({ args }) => args)
        // The name says what their arguments are.
        for (const value of appendAll(appends as Parameters<typeof appendAll>[0]))
          outcomes.push({ value })
        next = end
      } else outcomes.push({ value: perform(calls[next++] as Call) })
    }
    return outcomes
  }

  function apart(calls: readonly Call[]): Outcome[] {
    return calls.map((call) => {
      sql.run('savepoint call')
      try {
        return { value: perform(call) }
      } catch (error) {
        sql.run('rollback to call')
        return failedBy(error)
      } finally {
        sql.run('release call')
      }
    })
  }

  /** In a transaction of its own; on a full disk without what is not needed of it. */
  function alone(call: Call): Outcome {
    const act = () => transaction([call], (calls) => calls.map((one) => ({ value: perform(one) })))
    try {
      return act()[0] as Outcome
    } catch {
      try {
        return sql.sparing(act)[0] as Outcome
      } catch (error) {
        return failedBy(error)
      }
    }
  }

  function perform({ name, args }: Call): unknown {
    const operation = byName[name]
    if (!operation) throw new Error(`no operation ${name}`)
    return operation(args)
  }

  function rollBack(): void {
    try {
      sql.exec('rollback')
    } catch {
      // SQLite has done so by itself, as it does on a full disk.
    }
  }
}

function failedBy(error: unknown): Failed {
  const { code = '' } = error as { readonly code?: string }
  return { failed: explain(error as Error), passes: PASSING.test(code) }
}

/** Full, failing, out of files or of memory, or held by another process. */
const PASSING = /^SQLITE_(FULL|IOERR|CANTOPEN|NOMEM|BUSY)/

/** Where a run of appends that begins here is over. */
function endOfAppends(calls: readonly Call[], from: number): number {
  let end = from
  while (calls[end]?.name === 'channel.append') end++
  return end
}
