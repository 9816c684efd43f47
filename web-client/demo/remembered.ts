/** What this browser keeps between visits; a browser that keeps nothing is a stranger each time. */
export const remembered = {
  get: (name: Name): string | undefined => {
    try {
      return localStorage.getItem(keyOf(name)) ?? undefined
    } catch {
      return undefined
    }
  },
  set(name: Name, value: string): void {
    try {
      localStorage.setItem(keyOf(name), value)
    } catch {
      // Storage may be forbidden or full; the visit goes on without it.
    }
  },
}

type Name = 'name' | 'colour' | 'guest_key'

const keyOf = (name: Name) => `estragon.${name}`
