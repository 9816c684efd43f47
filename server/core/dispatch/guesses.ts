import type { RateClass } from '../../../protocol/limits.ts'
import type { Session } from '../session/session.ts'
import { Buckets, type Rates } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'

export type Guesses = ReturnType<typeof createGuesses>

/** How many addresses that guessed wrong are remembered. */
const MAX_ADDRESSES = 10_000

/** Makes guessing a code slow, for each session and for each address. */
export function createGuesses(rates: Rates | false, now: () => number) {
  const byAddress = new Map<string, Buckets>()

  return {
    /**
     * What `find` finds. A miss costs a token; without one, nothing is looked up at all, so that a
     * right guess cannot be told from a wrong one.
     */
    look<T>(session: Session, find: () => T | undefined): T | undefined {
      const address = byAddress.get(session.address)
      const retry_ms = Math.max(session.buckets.wait('guess'), address?.wait('guess_address') ?? 0)
      if (retry_ms > 0) throw new Refusal('RATE_LIMITED', 'too many wrong codes', { retry_ms })
      const found = find()
      if (found === undefined) {
        session.buckets.take('guess')
        bucketsOf(session.address).take('guess_address')
      }
      return found
    },

    /** What a lookup of a secret finds; those that find nothing are charged to the address. */
    async lookSecret<T>(address: string, find: () => Promise<T | null>): Promise<T | null> {
      const retry_ms = byAddress.get(address)?.wait('bad_key') ?? 0
      if (retry_ms > 0) throw new Refusal('RATE_LIMITED', 'too many wrong secrets', { retry_ms })
      const found = await find()
      if (found === null) bucketsOf(address).take('bad_key')
      return found
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

  function bucketsOf(address: string): Buckets {
    const found = byAddress.get(address) ?? new Buckets(rates, now)
    byAddress.delete(address)
    byAddress.set(address, found)
    if (byAddress.size > MAX_ADDRESSES) byAddress.delete(byAddress.keys().next().value ?? '')
    return found
  }
}
