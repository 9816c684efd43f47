const BOUND_MS = 30_000

/** What arrives one by one: all of it so far, and a wait for the first that fits, past or future. */
export interface Feed<T extends NonNullable<unknown>> {
  readonly items: readonly T[]
  push(item: T): void
  /** Rejects when the feed ends or nothing has fitted within the bound, and says what did arrive. */
  until(fits: (item: T) => boolean, wanted: string, bound_ms?: number): Promise<T>
  end(reason: string): void
}

export function createFeed<T extends NonNullable<unknown>>(name: string): Feed<T> {
  const items: T[] = []
  const looks = new Set<(item?: T) => void>()
  let ended: string | undefined

  return {
    items,
    push(item) {
      items.push(item)
      for (const look of [...looks]) look(item)
    },
    until(fits, wanted, bound_ms = BOUND_MS) {
      const past = items.find(fits)
      if (past !== undefined) return Promise.resolve(past)
      return new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          clearTimeout(timer)
          looks.delete(look)
          act()
        }
        const fail = (why: string) =>
          settle(() =>
            reject(new Error(`${name}: ${wanted}: ${why}\n${items.map(show).join('\n')}`)),
          )
        const look = (item?: T) => {
          if (item === undefined) fail(ended ?? 'ended')
          else if (fits(item)) settle(() => resolve(item))
        }
        const timer = setTimeout(() => fail(`not within ${bound_ms} ms`), bound_ms)
        looks.add(look)
        if (ended !== undefined) look()
      })
    },
    end(reason) {
      ended ??= reason
      for (const look of [...looks]) look()
    },
  }
}

const show = (item: unknown) => (typeof item === 'string' ? item : JSON.stringify(item))
