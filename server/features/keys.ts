import type { keyRoutes } from '../../protocol/http.ts'
import { SCOPES, type Scope } from '../../protocol/players.ts'
import type { RouteHandlers } from '../core/api/api.ts'
import type { Guesses } from '../core/dispatch/guesses.ts'
import type { Access, Session } from '../core/session/session.ts'
import type { SessionObserver } from '../core/session/sessions.ts'
import { newSecret, readSecret } from '../core/store/secrets.ts'
import type { AccessKey, Store } from '../core/store/store.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'

export interface KeysOptions {
  readonly world: World
  readonly store: Store
  readonly guesses: Guesses
  readonly ticket_ms: number
  /** Ends a session whose key was revoked. */
  readonly end: (session: Session) => void
}

/** Often enough that a revoked key is noticed within a second. */
const CHECK_MS = 500

/** Access keys: what services prove themselves with, and what the tickets made with them fix. */
export function createKeys({ world, store, guesses, ticket_ms, end }: KeysOptions) {
  const byKey = new Map<string, Set<Session>>()

  const observer: SessionObserver = {
    ended(session) {
      const key = session.access?.key ?? ''
      const sessions = byKey.get(key)
      if (sessions?.delete(session) && sessions.size === 0) byKey.delete(key)
    },
  }

  const routes: RouteHandlers<typeof keyRoutes> = {
    'POST /v1/socket-tickets': async ({ key, body }) => ({
      ticket: await ticket(key, body.dev ?? false),
      expires_ms: ticket_ms,
    }),
  }

  return {
    observer,
    routes,
    ticket,

    /** The key behind a secret; refused with INVALID_ACCESS_KEY, the same for unknown and revoked. */
    async authenticate(text: string, address: string): Promise<AccessKey> {
      const key = await guesses.lookSecret(address, () => store.run('key.find', readSecret(text)))
      if (!key) throw new Refusal('INVALID_ACCESS_KEY')
      return key
    },

    /** The session does what this access fixes, for as long as its key is good. */
    grant(session: Session, access: Access): void {
      session.access = access
      byKey.set(access.key, (byKey.get(access.key) ?? new Set()).add(session))
    },

    rounds: [{ name: 'keys', every_ms: CHECK_MS, run: endRevoked }],
  }

  /** Ends the sessions whose keys have been revoked, here or by another process. */
  async function endRevoked(): Promise<void> {
    if (byKey.size === 0) return
    for (const id of await store.run('key.revoked', { ids: [...byKey.keys()] }))
      for (const session of byKey.get(id) ?? []) {
        world.log.warn({ session: session.id, key: id }, 'access key revoked')
        end(session)
      }
  }

  /** A ticket for one connection, which can do what the key can. */
  async function ticket({ id: key, scopes }: AccessKey, dev: boolean): Promise<string> {
    const { text, kept } = newSecret(world.random)
    const until = world.date() + ticket_ms
    await store.run('ticket.issue', { ...kept, key, scopes, dev, until })
    return text
  }
}

/** Makes a key; its secret is shown once, and kept as a hash. */
export async function createKey(
  store: Store,
  { random, date }: Pick<World, 'random' | 'date'>,
  name: string,
  scopes: readonly Scope[],
): Promise<{ readonly key: string; readonly id: string }> {
  const { text, kept } = newSecret(random)
  await store.run('key.create', { ...kept, name, scopes, created_at: date() })
  return { key: text, id: kept.id }
}

/** Scopes as a person writes them; throws an Error that names what is none. */
export function readScopes(text: string): Scope[] {
  const asked = text.split(/[\s,]+/).filter(Boolean)
  const unknown = asked.find((one) => !SCOPES.includes(one as Scope))
  if (unknown !== undefined || asked.length === 0)
    throw new Error(`expected some of ${SCOPES.join(', ')}${unknown ? `, got "${unknown}"` : ''}`)
  return asked as Scope[]
}

/** Refuses what a key's scopes do not hold. */
export function requireScope({ scopes }: AccessKey, scope: Scope): void {
  if (!scopes.includes(scope))
    throw new Refusal('MISSING_SCOPE', `expected a key with the scope ${scope}`, {
      cause: { scope },
    })
}
