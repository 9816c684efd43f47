import type { World } from '../../world.ts'
import type { Session } from '../session/session.ts'

/** What a session is known by: as it asks, or as its player is, or as any guest. */
export type NameFor = (session: Session, asked?: string) => string

export const createNaming =
  ({ random }: Pick<World, 'random'>, cleanName: (name: string) => string): NameFor =>
  (session, asked) =>
    cleanName(asked ?? session.player?.name ?? '') || `Guest ${1 + random.below(9999)}`
