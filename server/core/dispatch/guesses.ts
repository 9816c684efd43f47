import type { RateClass } from '../../../protocol/limits.ts'
import type { Session } from '../session/session.ts'
import { Buckets, type Rates } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'
import { createLooks } from './looks.ts'

export type Guesses = ReturnType<typeof createGuesses>

type Looks = ReturnType<typeof createLooks>

const CROWDED_MS = 1_000
/** How many addresses that guessed wrong are remembered. */
const MAX_ADDRESSES = 10_000

/** Makes guessing a code slow, for each session and for each address. */
export function createGuesses(rates: Rates | false, now: () => number) {
  const byAddress = new Map<string, Buckets>()
  /** Of the addresses whose secrets are being looked up. */
  const looking = new Map<string, Looks>()

  return {
    /**
     * What `find` finds. A miss costs a token; without one, nothing is looked up at all, so that a
     * right guess cannot be told from a wrong one. Where the address has none, those who miss wait
     * until it would have had one, and nobody else does.
     */
    look<T>(session: Session, find: () => T | undefined): T | undefined {
      const { buckets, address } = session
      const retry_ms = buckets.wait('guess')
      if (retry_ms > 0) throw new Refusal('RATE_LIMITED', 'too many wrong codes', { retry_ms })
      const found = find()
      if (found === undefined) {
        buckets.take('guess')
        const owed_ms = bucketsOf(address).owe('guess_address')
        if (owed_ms > 0) buckets.delay('guess', owed_ms)
      }
      return found
    },

    /**
     * What a lookup of a secret finds; those that find nothing are charged to the address. Of many at
     * once no more run than it could pay for; the rest wait for what becomes of those. What is right is
     * refused for nobody's wrong ones; what is wrong and cannot be paid for is told nothing more.
     */
    async lookSecret<T>(address: string, find: () => Promise<T | null>): Promise<T | null> {
      const looks = looksOf(address)
      try {
        const look = await looks.begin()
        if (look === 'crowded') throw tooManySecrets(address)
        try {
          const found = await find()
          if (found !== null) return found
          if (look === 'unpaid') throw tooManySecrets(address)
          bucketsOf(address).take('bad_key')
          return null
        } finally {
          looks.end()
        }
      } finally {
        if (looks.isIdle) looking.delete(address)
      }
    },

    /** Charges an address for a new guest. */
    newGuest: (address: string): void => charge(address, 'guest', 'too many new guests'),

    /** Charges an address for a backend secret, before it is looked at: that costs much. */
    newTry: (address: string): void => charge(address, 'secret', 'too many secrets tried'),

    /** Charges an address for a call of the HTTP API. */
    newCall: (address: string, rate: RateClass): void => charge(address, rate),

    /** Forgets the addresses that have not guessed wrong for long enough. */
    sweep(): void {
      for (const [address, buckets] of byAddress) if (buckets.isFull) byAddress.delete(address)
    },
  }

  function charge(address: string, rate: RateClass, text?: string): void {
    const retry_ms = bucketsOf(address).take(rate)
    if (retry_ms > 0) throw new Refusal('RATE_LIMITED', text, { retry_ms })
  }

  /** Where there is something to pay with, too many wait for others already. */
  function tooManySecrets(address: string): Refusal {
    const retry_ms = byAddress.get(address)?.wait('bad_key') || CROWDED_MS
    return new Refusal('RATE_LIMITED', 'too many wrong secrets', { retry_ms })
  }

  function looksOf(address: string): Looks {
    const found = looking.get(address)
    if (found) return found
    // An address that has guessed nothing wrong has as much as any.
    const fresh = new Buckets(rates, now)
    const looks = createLooks(() => (byAddress.get(address) ?? fresh).left('bad_key'))
    looking.set(address, looks)
    return looks
  }

  function bucketsOf(address: string): Buckets {
    const found = byAddress.get(address) ?? new Buckets(rates, now)
    byAddress.delete(address)
    byAddress.set(address, found)
    if (byAddress.size > MAX_ADDRESSES) byAddress.delete(byAddress.keys().next().value ?? '')
    return found
  }
}
