/** Those who wait for a callback: each is told once. */
export function createPending(after: (ms: number, callback: () => void) => () => void) {
  const all = new Map<string, Waiting>()
  let numbered = 0

  return {
    /** A new id to be called back with. */
    add(): { readonly id: string; readonly answered: Promise<void> } {
      const id = `n${++numbered}`
      const late = () => take(id)?.reject(new Error(`no callback within ${CALLBACK_MS} ms`))
      const answered = new Promise<void>((resolve, reject) => {
        all.set(id, { resolve, reject, cancel: after(CALLBACK_MS, late) })
      })
      return { id, answered }
    },
    resolve: (id: string): void => take(id)?.resolve(),
    reject: (id: string, error: Error): void => take(id)?.reject(error),
    /** Nobody is called back any more. */
    fail(error: Error): void {
      for (const id of all.keys()) take(id)?.reject(error)
    },
  }

  function take(id: string): Waiting | undefined {
    const found = all.get(id)
    all.delete(id)
    found?.cancel()
    return found
  }
}

interface Waiting {
  resolve(): void
  reject(error: Error): void
  cancel(): void
}

const CALLBACK_MS = 10_000
