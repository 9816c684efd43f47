import type { Operations, Store } from '../../server/core/store/store.ts'
import { Refusal } from '../../server/core/wire/refusal.ts'
import { createDirectStore } from '../../server/store/direct.ts'
import { createWorld } from '../../server/world.ts'

/** A store that fails, or takes its time, when the test says so. */
export interface MoodyStore extends Store {
  /** Everything fails so, or one operation only. */
  fails:
    | {
        readonly code: 'STORAGE_FAILED' | 'STORAGE_BUSY' | 'OUTCOME_UNKNOWN'
        readonly operation?: keyof Operations
      }
    | undefined
  /** What is done, but not answered before the test calls what is `held`. */
  holds: keyof Operations | undefined
  readonly held: (() => void)[]
}

export function createMoodyStore(): MoodyStore {
  const store = createDirectStore(createWorld().log)
  const own: MoodyStore = {
    ...{ fails: undefined, holds: undefined, held: [] },
    close: store.close,
    async run(name, args) {
      const { code, operation = name } = own.fails ?? {}
      if (code && operation === name) throw new Refusal(code)
      const outcome = await store.run(name, args)
      if (own.holds === name) await new Promise<void>((resolve) => own.held.push(resolve))
      return outcome
    },
  }
  return own
}
