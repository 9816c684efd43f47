/** Typed listeners; one that throws is reported and harms nobody else. */
export interface Emitter<E extends Record<string, unknown[]>> {
  /** Listens until the returned function is called. */
  on: On<E>
  /** Tells all who listen to `name`; whether anybody does. */
  emit<K extends keyof E>(name: K, ...args: E[K]): boolean
  /** Whether anybody listens to `name`. */
  has(name: keyof E): boolean
}

/** One listener may do for several names, if it looks at what they have in common: the first. */
export interface On<E extends Record<string, unknown[]>> {
  <K extends keyof E>(name: K, listener: (...args: E[K]) => void): () => void
  <K extends keyof E>(name: K, listener: (first: E[K][0]) => void): () => void
}

export type Report = (error: unknown) => void

export function createEmitter<E extends Record<string, unknown[]>>(report: Report): Emitter<E> {
  const listeners = new Map<keyof E, Set<unknown>>()
  return {
    on(name: keyof E, listener: unknown) {
      const own = listeners.get(name) ?? new Set()
      listeners.set(name, own.add(listener))
      return () => void own.delete(listener)
    },
    emit(name, ...args) {
      const own = listeners.get(name)
      for (const listener of own ?? [])
        hear(() => (listener as (...args: unknown[]) => unknown)(...args), report)
      return own !== undefined && own.size > 0
    },
    has: (name) => (listeners.get(name)?.size ?? 0) > 0,
  }
}

/** Runs a listener; what it throws, or rejects with later, is reported. */
export function hear(listen: () => unknown, report: Report): void {
  try {
    const pending = listen()
    if (isPending(pending)) pending.then(undefined, report)
  } catch (error) {
    report(error)
  }
}

const isPending = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
