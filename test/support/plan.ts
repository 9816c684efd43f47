import type { Any } from './client.ts'
import type { createRandom } from './clock.ts'

export type Direction = 'up' | 'down'

export type Replay = { readonly at: 'replay'; readonly direction: Direction; after: number }
/** What will be cut on a connection. */
export type Plan =
  /** Inside a frame, in a replay, after a request, at its reply: after so many that pass. */
  | { readonly at: 'frame'; readonly direction: Direction; after: number }
  | Replay
  | { readonly at: 'request' | 'reply'; after: number }
  /** At the answer to the claim: none of it passes, or a part. */
  | { readonly at: 'answer'; readonly part: boolean }
  /** A race with a copy: only a refusal passes. */
  | { readonly at: 'verdict' }
  /** A claim delivered late. */
  | { readonly at: 'refusal' }

/** Between the first and the last of the frames that one side lacks; of both if need be. */
export function inReplay(
  { direction }: Replay,
  claim: Any,
  reply: Any,
  random: ReturnType<typeof createRandom>,
): Plan | undefined {
  if (!reply.resumed) return undefined
  const lacks = { up: claim.sent - reply.received, down: reply.sent - claim.received }
  const other = direction === 'up' ? 'down' : 'up'
  const chosen = lacks[direction] >= 2 ? direction : other
  if (lacks[chosen] < 2) return undefined
  return { at: 'replay', direction: chosen, after: 1 + random.below(lacks[chosen] - 1) }
}
