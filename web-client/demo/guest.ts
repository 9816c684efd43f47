import { remembered } from './remembered.ts'

/** How long the page that was here before a reload may take to let its guest go. */
const MOST_MS = 1_000

export type Guest = ReturnType<typeof createGuest>

/** The guest that a tab is: its own one, or else the one this browser remembers; never another tab's. */
export function createGuest() {
  /** Keys that this tab has; others see so by a lock that it holds until it is gone. */
  const ours = new Set<string>()

  return {
    /** The key to identify with; undefined where this tab has to be a new guest. */
    async key(): Promise<string | undefined> {
      const own = remembered.ofTab('guest_key')
      if (own && (await take(own, { signal: AbortSignal.timeout(MOST_MS) }))) return own
      const known = remembered.get('guest_key')
      return known && known !== own && (await take(known)) ? known : undefined
    },

    /** The tab has become the guest of this key, and so has the browser where nobody is its guest. */
    async keep(key: string): Promise<void> {
      const known = remembered.get('guest_key')
      if (!known || (await take(known))) remembered.set('guest_key', key)
      remembered.setOfTab('guest_key', key)
      await take(key)
    },
  }

  /** Whether no other tab is that guest; if so, this one is from now on. */
  async function take(key: string, options: LockOptions = { ifAvailable: true }): Promise<boolean> {
    if (ours.has(key)) return true
    // A page that did not come over https has no locks, and goes by what is its own.
    if (!navigator.locks) return key === remembered.ofTab('guest_key')
    return new Promise((resolve) => {
      const held = (lock: Lock | null) => {
        if (lock) ours.add(key)
        resolve(lock !== null)
        return lock ? new Promise<void>(() => {}) : undefined
      }
      navigator.locks.request(`estragon.guest ${key}`, options, held).catch(() => resolve(false))
    })
  }
}
