import { verify } from '@node-rs/bcrypt'
import { Refusal } from '../wire/refusal.ts'

/** What a bcrypt hash looks like; a cost above 16 would take seconds each time. */
const BCRYPT = /^\$2[abxy]\$(0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}$/
/** bcrypt heeds no more of a secret: with more, what follows would be as good as right. */
const MAX_BYTES = 72
/** How many secrets may wait to be looked at, of which each address has one. */
const MAX_WAITING = 1_000

/** What a hash may be, in words. */
export const EXPECTED_HASH =
  'a bcrypt hash such as $2b$12$…, of a cost from 4 to 16, or its hex form'

/** A bcrypt hash, as it is or in hex (as Python's `bcrypt.hashpw(…).hex()` prints it). */
export function readHash(text: string): string {
  const hash = hashIn(text)
  if (hash !== undefined) return hash
  throw new Error(`backend secret: expected ${EXPECTED_HASH}`)
}

/** The hash, or undefined where there is none. */
export function hashIn(text: string): string | undefined {
  const hash = /^[0-9a-f]+$/i.test(text) ? Buffer.from(text, 'hex').toString('latin1') : text
  return BCRYPT.test(hash) ? hash : undefined
}

/**
 * Checks secrets against a hash on a thread of Node's pool, one at a time, so that neither the event
 * loop nor what else needs the pool waits for those who guess; a wrong one takes as long whatever it is.
 */
export function createCheck(hash: string): (secret: string) => Promise<boolean> {
  let before: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return (secret) => {
    const isHeeded = Buffer.byteLength(secret) <= MAX_BYTES
    if (waiting >= MAX_WAITING)
      throw new Refusal('RATE_LIMITED', 'too many secrets tried', { retry_ms: 1_000 })
    waiting++
    const checked = before.then(async () => (await verify(secret, hash)) && isHeeded)
    before = checked.catch(() => {}).then(() => waiting--)
    return checked
  }
}
