import { Buckets, type Limits, type Rates } from '../wire/limits.ts'
import type { Session } from './session.ts'

/** What is known of an address. */
interface Origin {
  /** How many sessions it has. */
  sessions: number
  /** How fast it gets new ones. */
  readonly buckets: Buckets
  /** Of sessions that have ended, those that are not full yet, the oldest first. */
  readonly spent: Buckets[]
}

/** Who comes anew: how many sessions an address may have, how fast, and what they begin with. */
export function createNewcomers(limits: Limits, rates: Rates | false, now: () => number) {
  const origins = new Map<string, Origin>()
  /** Those that no address is charged for. */
  const spare = new Set<Session>()

  return {
    /** Counts one session more; false where its address has too many, or too many new ones. */
    admit(address: string): boolean {
      const origin = originOf(address)
      if (origin.sessions >= limits.sessions || origin.buckets.take('session') > 0) return false
      origin.sessions++
      return true
    },

    /** One that counts for nobody. */
    admitSpare: (session: Session): void => void spare.add(session),

    /** What a new session begins with: who comes back under another name gains nothing by that. */
    bucketsOf(address: string): Buckets {
      const { spent } = originOf(address)
      for (let one = spent.shift(); one; one = spent.shift())
        if (!one.isFull) return one.successor()
      return new Buckets(rates, now)
    },

    /** It was none that is new: its client claims another. */
    giveBack(session: Session): void {
      if (!spare.has(session)) originOf(session.address).buckets.giveBack('session')
    },

    /** It has ended. */
    left(session: Session): void {
      const origin = originOf(session.address)
      if (!spare.delete(session)) origin.sessions--
      if (session.buckets.isFull || origin.spent.length >= limits.sessions) return
      origin.spent.push(session.buckets)
    },

    /** Forgets the addresses of which there is nothing to remember. */
    sweep(): void {
      for (const [address, { sessions, buckets, spent }] of origins) {
        while (spent[0]?.isFull) spent.shift()
        if (sessions === 0 && spent.length === 0 && buckets.isFull) origins.delete(address)
      }
    },

    close(): void {
      origins.clear()
      spare.clear()
    },
  }

  function originOf(address: string): Origin {
    const known = origins.get(address)
    if (known) return known
    const origin = { sessions: 0, buckets: new Buckets(rates, now), spent: [] }
    origins.set(address, origin)
    return origin
  }
}
