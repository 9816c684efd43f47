import type { Json } from '../../../protocol/schema.ts'
import type { World } from '../../world.ts'
import type { NameFor } from '../room/naming.ts'
import type { Rooms } from '../room/rooms.ts'
import type { Session } from '../session/session.ts'
import type { Limits } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Quest, Quests, Queue } from './quest.ts'
import { partyOf } from './rules.ts'
import { problemOf } from './search.ts'

export interface SeekingOptions {
  readonly world: Pick<World, 'now'>
  readonly limits: Pick<Limits, 'rooms'>
  readonly rooms: Pick<Rooms, 'of'>
  readonly quests: Quests
  readonly nameFor: NameFor
  /** The session by which a player is here. */
  readonly sessionOf: (player: string) => Session | undefined
}

type Properties = Readonly<Record<string, Json>>

/** Players who search together, the first of whom speaks for all. */
export interface Company {
  /** The party that they are; null where a service searches for them. */
  readonly code: string | null
  readonly members: readonly {
    readonly player: string
    readonly name?: string
    readonly properties?: Properties
  }[]
}

/** One who would search. */
interface Seeking {
  readonly session: Session
  readonly name: string
  readonly properties: Properties
}

/** What makes a search of those who would. */
export function createSeeking(options: SeekingOptions) {
  const { world, limits, rooms, quests, nameFor, sessionOf } = options
  return { together, begin }

  /** By which sessions players search together, and by what; or why they may not. */
  function together(
    { rules, name: queue }: Queue,
    { members }: Company,
    asked: Properties,
    leader?: Session,
  ): Seeking[] {
    const most = partyOf(rules)
    const all = members.map(({ player }) => player)
    if (all.length > most)
      throw mayNot(
        'too_large',
        all,
        `${queue}: expected at most ${most} together, got ${all.length}`,
      )
    return members.map(({ player, name, properties = {} }, at) => {
      const session = at === 0 && leader ? leader : sessionOf(player)
      if (!session) throw mayNot('absent', [player], `${name ?? player} is not here`)
      if (quests.of(session))
        throw mayNot('searching', [player], `${name ?? player} searches already`)
      if (rooms.of(session).size >= limits.rooms)
        throw mayNot('rooms', [player], `${name ?? player} is in too many rooms already`)
      const own = at === 0 ? { ...properties, ...asked } : { ...asked, ...properties }
      return { session, name: nameFor(session, name), properties: own }
    })
  }

  function begin(
    queue: Queue,
    people: readonly Seeking[],
    party: string | null,
    place: string,
  ): Quest {
    for (const { properties } of people) {
      const problem = problemOf(queue.rules, properties, place)
      if (problem) throw new Refusal('INVALID_MESSAGE_DATA', problem)
    }
    const searchers = people.map(({ session, properties }) => ({
      ...{ session: session.id, player: session.player?.id ?? null, properties },
    }))
    const search = { id: searchers[0]?.session ?? '', since: world.now(), searchers }
    return quests.begin({ queue, search, party, of: null }, people)
  }
}

const mayNot = (reason: string, players: readonly string[], text: string) =>
  new Refusal('PARTY_MAY_NOT', text, { cause: { reason, players } })
