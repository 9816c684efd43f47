import type { Any } from './client.ts'

export type Answer = 'resumed' | 'kept' | 'stale'

/** A connection over which a session may have been claimed. */
export interface Claimed {
  claim: Any
  answer: Answer | undefined
  /** The code the server closed it with. */
  closed: number | undefined
}

/** Two claims of one session that were both on their way before either was answered. */
export type Race = readonly [Claimed, Claimed]

/** How a race ended, once both claims are answered: the winner's answer, and the loser's fate. */
export function outcomeOf([one, other]: Race): string | undefined {
  const [low, high] = [one, other].sort((a, b) => a.claim.data.attempt - b.claim.data.attempt) as [
    Claimed,
    Claimed,
  ]
  if (!high.answer || !(low.answer || low.closed)) return undefined
  const isTie = low.claim.data.attempt === high.claim.data.attempt
  const stale = [low, high].filter(({ answer }) => answer === 'stale')
  if (stale.length === 1 && (isTie || stale[0] === low)) return 'one was told STALE_ATTEMPT'
  if (stale.length === 0 && !isTie && low.closed === 4103) return 'one was closed with 4103'
  if (stale.length === 0 && !isTie && low.closed === undefined) return undefined
  return `attempts ${low.claim.data.attempt} and ${high.claim.data.attempt}: ${low.answer} (${low.closed}) and ${high.answer} (${high.closed})`
}

export function answerOf({ type, data }: Any): Answer | undefined {
  if (type === 'error') return data.code === 'STALE_ATTEMPT' ? 'stale' : undefined
  if (data.resumed) return 'resumed'
  return data.kept ? 'kept' : undefined
}
