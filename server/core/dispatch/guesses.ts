import type { RateClass } from '../../../protocol/limits.ts'
import type { World } from '../../world.ts'
import type { Session } from '../session/session.ts'
import { Buckets, type Rates } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'
import { type Crowd, createLooks } from './looks.ts'

export type Guesses = ReturnType<typeof createGuesses>

type Looks = ReturnType<typeof createLooks>

/** What was made by chance, which nobody guesses; or a secret that somebody may have thought up. */
type SecretClass = 'bad_key' | 'secret'

/** A backend's secret takes much to look at, and one at a time looks. */
const CROWDS: Readonly<Record<SecretClass, Crowd | undefined>> = {
  bad_key: undefined,
  secret: { atOnce: 1, mostWaiting: 32 },
}
/** How far apart those of an address that cannot be paid for are looked at. */
const UNPAID_MS: Readonly<Record<SecretClass, number>> = { bad_key: 0, secret: 1_000 }

const CROWDED_MS = 1_000
const KIB = 1_024
/** How many addresses that guessed wrong are remembered. */
const MAX_ADDRESSES = 10_000

/** Makes guessing a code slow, for each session and for each address. */
export function createGuesses(rates: Rates | false, { now, after }: Pick<World, 'now' | 'after'>) {
  const byAddress = new Map<string, Buckets>()
  /** Of the addresses whose secrets are being looked up. */
  const looking: Readonly<Record<SecretClass, Map<string, Looks>>> = {
    bad_key: new Map(),
    secret: new Map(),
  }

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
    async lookSecret<T>(
      address: string,
      find: () => Promise<T | null>,
      rate: SecretClass = 'bad_key',
    ): Promise<T | null> {
      const looks = looksOf(address, rate)
      try {
        const look = await looks.begin()
        if (look === 'crowded') throw tooManySecrets(address, rate)
        try {
          if (look === 'unpaid' && UNPAID_MS[rate] > 0) await pause(UNPAID_MS[rate])
          const found = await find()
          if (found !== null) return found
          if (look === 'unpaid') throw tooManySecrets(address, rate)
          bucketsOf(address).take(rate)
          return null
        } finally {
          looks.end()
        }
      } finally {
        if (looks.isIdle) looking[rate].delete(address)
      }
    },

    /** Charges an address for a new guest. */
    newGuest: (address: string): void => charge(address, 'guest', 'too many new guests'),

    /** Charges an address for a call of the HTTP API. */
    newCall: (address: string, rate: RateClass): void => charge(address, rate),

    /** Refuses what needs the storage, where its address has to make up for what it had of it. */
    requireStorage(address: string): void {
      const retry_ms = byAddress.get(address)?.wait('storage') ?? 0
      if (retry_ms > 0) throw new Refusal('RATE_LIMITED', 'too much of the storage', { retry_ms })
    },

    /** Charges an address for so many bytes that the storage writes or has read for it. */
    useStorage(address: string, bytes: number): void {
      bucketsOf(address).owe('storage', bytes / KIB)
    },

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
  function tooManySecrets(address: string, rate: SecretClass): Refusal {
    const retry_ms = byAddress.get(address)?.wait(rate) || CROWDED_MS
    return new Refusal('RATE_LIMITED', 'too many wrong secrets', { retry_ms })
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => void after(ms, resolve))
  }

  function looksOf(address: string, rate: SecretClass): Looks {
    const found = looking[rate].get(address)
    if (found) return found
    // An address that has guessed nothing wrong has as much as any.
    const fresh = new Buckets(rates, now)
    const left = () => (byAddress.get(address) ?? fresh).left(rate)
    const looks = createLooks(left, CROWDS[rate])
    looking[rate].set(address, looks)
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
