import { createHash } from 'node:crypto'
import type { Random } from '../../world.ts'
import type { Secret } from './store.ts'

const ID_BYTES = 12
const SECRET_BYTES = 24

/**
 * A secret to hand out once, as `ID.SECRET`, and what is kept of it. It is found by its id and
 * compared by its hash; 192 bits of chance need no slow hash.
 */
export function newSecret(random: Random): { readonly text: string; readonly kept: Secret } {
  const id = random.text(ID_BYTES)
  const secret = random.text(SECRET_BYTES)
  return { text: `${id}.${secret}`, kept: { id, hash: hashOf(secret) } }
}

/** What a secret that came from outside would be kept as. */
export function readSecret(text: string): Secret {
  const dot = text.indexOf('.')
  return { id: dot < 0 ? text : text.slice(0, dot), hash: hashOf(text.slice(dot + 1)) }
}

export const hashOf = (secret: string): string =>
  createHash('sha256').update(secret).digest('base64url')
