import { failure } from './failure.ts'

/**
 * What is registered under which name, in the registry `place`; `problemOf` says what is wrong with
 * a name, if anything.
 */
export function createHandlers<H>(
  place: string,
  problemOf: (name: string) => string | undefined,
  warn: (text: string) => void,
) {
  const byName = new Map<string, H>()
  return {
    get: (name: string): H | undefined => byName.get(name),

    nameOf(handler: H): string | undefined {
      for (const [name, one] of byName) if (one === handler) return name
      return undefined
    },

    /**
     * Registers until the returned function is called. Throws INVALID_NAME for a name without its
     * prefix; a name that is taken is refused with a warning, and the first handler stays.
     */
    register(name: string, handler: H): () => void {
      const problem = problemOf(name)
      if (problem) throw failure('INVALID_NAME', problem)
      if (byName.has(name)) {
        warn(`${place}.register: DUPLICATE_HANDLER: "${name}" is taken, and the first stays`)
        return () => {}
      }
      let isRegistered = true
      byName.set(name, handler)
      return () => {
        if (isRegistered) byName.delete(name)
        isRegistered = false
      }
    },
  }
}
