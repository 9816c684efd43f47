/**
 * What this browser keeps between visits; a browser that keeps nothing is a stranger each time. The
 * guest is each tab's own, so that two tabs are two players.
 */
export const remembered = {
  get: (name: Name): string | undefined => {
    try {
      return storeOf(name).getItem(keyOf(name)) ?? undefined
    } catch {
      return undefined
    }
  },
  set(name: Name, value: string): void {
    try {
      storeOf(name).setItem(keyOf(name), value)
    } catch {
      // Storage may be forbidden or full; the visit goes on without it.
    }
  },
}

type Name = 'name' | 'colour' | 'guest_key'

const storeOf = (name: Name) => (name === 'guest_key' ? sessionStorage : localStorage)

const keyOf = (name: Name) => `estragon.${name}`
