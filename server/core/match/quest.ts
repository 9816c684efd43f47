import type { AllMessages } from '../../../protocol/index.ts'
import type { DataOf } from '../../../protocol/message.ts'
import type { Session } from '../session/session.ts'
import { push } from '../wire/frame.ts'
import type { createEstimate } from './estimate.ts'
import type { Match, Seeker } from './match.ts'
import type { Pool } from './pool.ts'
import type { QueueRules } from './rules.ts'
import type { Search } from './search.ts'

/** A queue of the game’s, and who searches there. */
export interface Queue {
  readonly name: string
  readonly rules: QueueRules
  readonly pool: Pool
  readonly estimate: ReturnType<typeof createEstimate>
}

export type Found = DataOf<AllMessages['match.found']>
export type EndReason = DataOf<AllMessages['match.ended']>['reason']

/** One search: of a session, or of several that stay together. */
export interface Quest {
  readonly queue: Queue
  readonly search: Search
  /** Whose it is, where it is a party’s. */
  readonly party: string | null
  /** The match that they would play once more; null where they search. */
  readonly of: object | null
  readonly people: Set<Person>
}

/** One who searches, or has a place kept for it. */
export interface Person {
  readonly session: Session
  readonly name: string
  readonly quest: Quest
  /** Where it is to play; and what it was told of that, under which counts. */
  seat?: {
    readonly match: Match
    readonly seeker: Seeker
    readonly found: Found
    generation: number
  }
}

export type Quests = ReturnType<typeof createQuests>

/** All searches, whatever has become of them so far: a session is in one at most. */
export function createQuests(now: () => number) {
  const bySession = new Map<Session, Person>()
  const byId = new Map<string, Quest>()
  const byParty = new Map<string, Quest>()

  return {
    begin(
      quest: Omit<Quest, 'people'>,
      people: readonly { readonly session: Session; readonly name: string }[],
    ): Quest {
      const begun: Quest = { ...quest, people: new Set() }
      byId.set(quest.search.id, begun)
      if (quest.party) byParty.set(quest.party, begun)
      for (const { session, name } of people) {
        const person = { session, name, quest: begun }
        begun.people.add(person)
        bySession.set(session, person)
      }
      return begun
    },
    of: (session: Session): Person | undefined => bySession.get(session),
    withId: (id: string): Quest | undefined => byId.get(id),
    ofParty: (code: string): Quest | undefined => byParty.get(code),
    has: (quest: Quest): boolean => byId.get(quest.search.id) === quest,
    all: (): Iterable<Quest> => byId.values(),
    drop,
    dismiss,
    forget,
    end,
  }

  /** One of them searches no longer, and the others do. */
  function drop(person: Person): void {
    const { quest, session } = person
    if (!quest.people.delete(person)) return
    bySession.delete(session)
    if (quest.people.size > 0) return
    byId.delete(quest.search.id)
    if (quest.party && byParty.get(quest.party) === quest) byParty.delete(quest.party)
  }

  /** The same, and it is told so. */
  function dismiss(person: Person, reason: EndReason): void {
    const { queue, search } = person.quest
    drop(person)
    const waited_ms = now() - search.since
    person.session.send(push('match.ended', { queue: queue.name, reason, waited_ms }))
  }

  /** None of them searches any longer; who they were, none where that was so before. */
  function forget(quest: Quest): readonly Person[] {
    const people = [...quest.people]
    for (const person of people) drop(person)
    return people
  }

  /** The same, and all are told: the one whose doing it is that reason, if any, the others `party`. */
  function end(quest: Quest, reason: EndReason | null, doing?: Session): void {
    const { queue, search } = quest
    const waited_ms = now() - search.since
    for (const { session } of forget(quest)) {
      const own = doing === undefined || session === doing ? reason : 'party'
      if (own) session.send(push('match.ended', { queue: queue.name, reason: own, waited_ms }))
    }
  }
}

/** How many search in a queue, and how long one waits there. */
export const standingOf = ({ pool, estimate }: Queue) => ({
  searching: pool.size,
  estimate_ms: estimate.median(),
})
