import type { Operations, Store } from '../core/store/store.ts'
import type { Log } from '../world.ts'
import { createCalls } from './calls.ts'
import { IN_MEMORY, openDatabase } from './database.ts'
import { createFailures } from './failures.ts'

/** A store in this thread, in memory unless a file is given: for tests, and servers that keep nothing. */
export function createDirectStore(log: Log, file = IN_MEMORY): Store {
  const sql = openDatabase(file)
  const runAll = createCalls(sql)
  const { failed, down } = createFailures(log)
  let isOpen = true

  return {
    async run<K extends keyof Operations>(name: K, args: Parameters<Operations[K]>[0]) {
      if (!isOpen) throw down(undefined)
      const [outcome] = runAll([{ name, args }])
      if (!outcome || 'failed' in outcome) throw failed(name, outcome ?? NOTHING)
      // The name says what comes back.
      return outcome.value as ReturnType<Operations[K]>
    },
    async close() {
      if (isOpen) sql.close()
      isOpen = false
    },
  }
}

const NOTHING = { failed: 'no outcome', passes: false }
