/** What this browser keeps between visits; a browser that keeps nothing is a stranger each time. */
export const remembered = {
  get: (name: Name): string | undefined => tried(() => localStorage.getItem(keyOf(name))),
  set: (name: Name, value: string): void => tried(() => localStorage.setItem(keyOf(name), value)),
  /** The same of this tab alone, for as long as it is open. */
  ofTab: (name: Name): string | undefined => tried(() => sessionStorage.getItem(keyOf(name))),
  setOfTab: (name: Name, value: string): void =>
    tried(() => sessionStorage.setItem(keyOf(name), value)),
  /** Whether this tab has been in the plaza before. */
  hasVisited: (): boolean => remembered.ofTab('guest_key') !== undefined,
}

type Name = 'name' | 'colour' | 'guest_key'

const keyOf = (name: Name) => `estragon.${name}`

/** Storage may be forbidden or full; the visit goes on without it. */
function tried<T>(act: () => T | null): T | undefined {
  try {
    return act() ?? undefined
  } catch {
    return undefined
  }
}
