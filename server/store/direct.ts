import type { Operations, Store } from '../core/store/store.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { Log } from '../world.ts'
import { createCalls } from './calls.ts'
import { IN_MEMORY, openDatabase } from './database.ts'

/** A store in this thread, in memory unless a file is given: for tests, and servers that keep nothing. */
export function createDirectStore(log: Log, file = IN_MEMORY): Store {
  const sql = openDatabase(file)
  const runAll = createCalls(sql)
  let isOpen = true

  return {
    async run<K extends keyof Operations>(name: K, args: Parameters<Operations[K]>[0]) {
      if (!isOpen) throw new Refusal('STORAGE_FAILED')
      const [outcome] = runAll([{ name, args }])
      // The name says what comes back.
      if (outcome && 'value' in outcome) return outcome.value as ReturnType<Operations[K]>
      log.error({ operation: name, failed: outcome?.failed }, 'storage failed')
      throw new Refusal('STORAGE_FAILED')
    },
    async close() {
      if (isOpen) sql.close()
      isOpen = false
    },
  }
}
