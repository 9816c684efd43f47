import type { ResumeReason } from '../../../protocol/errors.ts'
import type { Random } from '../../world.ts'
import { hashOf } from '../store/secrets.ts'
import type { Session } from './session.ts'

/** Which token claims which session: each has one, and the one before until the new one is known. */
export function createTokens(random: Random) {
  const byHash = new Map<string, Session>()
  const expired = new Set<string>()

  return {
    /** A session that a new token claims. */
    issue(make: (hash: string) => Session): { session: Session; token: string } {
      const token = random.text(TOKEN_BYTES)
      const hash = hashOf(token)
      const session = make(hash)
      byHash.set(hash, session)
      return { session, token }
    },

    /**
     * The next token of a session that this one has claimed, which goes on claiming it, afresh only,
     * until its client shows that it knows the next: the answer that tells it may be lost.
     */
    renew(session: Session, token: string): string {
      const former = hashOf(token)
      for (const known of [session.tokenHash, session.formerHash])
        if (known !== undefined && known !== former) byHash.delete(known)
      const next = random.text(TOKEN_BYTES)
      session.formerHash = former
      session.tokenHash = hashOf(next)
      byHash.set(session.tokenHash, session)
      return next
    },

    /** The session that a token claims; a former one does afresh only. */
    find(token: string, fresh: boolean): Session | undefined {
      const hash = hashOf(token)
      const session = byHash.get(hash)
      if (!session || session.tokenHash === hash) return session
      if (session.resume.isReloaded) return fresh ? session : undefined
      byHash.delete(hash)
      return undefined
    },

    /** Nothing claims it any more. */
    forget({ tokenHash, formerHash }: Session): void {
      byHash.delete(tokenHash)
      if (formerHash !== undefined) byHash.delete(formerHash)
    },

    /** Its time is over: who claims it is told so. */
    expire({ tokenHash, formerHash, resume }: Session): void {
      expired.add(tokenHash)
      if (formerHash !== undefined && resume.isReloaded) expired.add(formerHash)
      for (const oldest of expired) {
        if (expired.size <= MAX_EXPIRED) break
        expired.delete(oldest)
      }
    },

    /** Why a token claims nothing. */
    whyNot: (token: string): ResumeReason => (expired.has(hashOf(token)) ? 'EXPIRED' : 'UNKNOWN'),

    clear(): void {
      byHash.clear()
      expired.clear()
    },
  }
}

const TOKEN_BYTES = 24

/** How many tokens of expired sessions are remembered, to say EXPIRED rather than UNKNOWN. */
const MAX_EXPIRED = 10_000
