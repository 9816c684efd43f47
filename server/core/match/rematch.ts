import type { Cancel } from '../../world.ts'
import type { Session } from '../session/session.ts'
import { push } from '../wire/frame.ts'
import type { Choice } from './choose.ts'
import type { Seeker } from './match.ts'
import { isEnough } from './matches.ts'
import type { Quest, Quests, Queue } from './quest.ts'
import { entryOf } from './search.ts'

export interface RematchesOptions {
  readonly now: () => number
  readonly after: (ms: number, callback: () => void) => Cancel
  readonly ms: number
  readonly quests: Quests
  readonly begin: (queue: Queue, choice: Choice) => void
}

/** A match that was played: who may want it once more. */
interface Played {
  readonly queue: Queue
  readonly seekers: Set<Seeker>
  /** Since somebody wants it: until when the others are waited for. */
  cancel?: Cancel | undefined
}

/** The last match of each session, and who wants it once more. */
export function createRematches({ now, after, ms, quests, begin }: RematchesOptions) {
  const last = new Map<Session, Played>()

  return {
    /** These have played together; whoever comes into that match later has as well. */
    played(queue: Queue, seekers: Iterable<Seeker>): void {
      const played: Played = { queue, seekers: new Set(seekers) }
      for (const { session } of played.seekers) {
        forget(session)
        last.set(session, played)
      }
    },
    last: (session: Session): Queue | undefined => last.get(session)?.queue,
    /** The session by which a player played a session's last match. */
    mateOf: (session: Session, player: string): Session | undefined =>
      there(last.get(session)).find((one) => one.session.player?.id === player)?.session,
    want,
    ask,
    /** One of them searches elsewhere, or wants it no longer. */
    judge(session: Session): void {
      const played = last.get(session)
      if (played?.cancel) judge(played)
    },
    ended: forget,
  }

  /** Those want their last match once more: a search of each who searched together for it. */
  function want(sessions: readonly Session[]) {
    const [first] = sessions
    const played = first && last.get(first)
    if (!played) return { wanting: 0, of: 0 }
    const some = [...played.seekers].filter(({ session }) => sessions.includes(session))
    for (const entry of new Set(some.map((one) => one.entry))) {
      const people = some.filter((one) => one.entry === entry)
      const ids = people.map(({ session }) => session.id)
      const searchers = entry.search.searchers.filter((one) => ids.includes(one.session))
      const search = { id: ids[0] ?? '', since: now(), searchers }
      quests.begin({ queue: played.queue, search, party: null, of: played }, people)
    }
    played.cancel ??= after(ms, () => judge(played, true))
    return { wanting: wanting(played).length, of: there(played).length }
  }

  /** Begins it, or asks the others whether they want it as well. */
  function ask(session: Session): void {
    const played = last.get(session)
    if (!played?.cancel || judge(played)) return
    const standing = { wanting: wanting(played).length, of: there(played).length }
    const message = push('party.rematch_wanted', { queue: played.queue.name, ...standing })
    for (const one of there(played)) if (!quests.of(one.session)) one.session.send(message)
  }

  /** Begins it where all who are there want it, or, once that was to be, enough; whether it did. */
  function judge(played: Played, isLate = false): boolean {
    const some = wanting(played)
    if (some.length === 0) {
      stop(played)
      return false
    }
    if (!isLate && some.length < there(played).length) return false
    stop(played)
    const choice = choiceOf(played, some)
    if (choice) begin(played.queue, choice)
    else for (const quest of questsOf(some)) quests.end(quest, 'nobody')
    return true
  }

  /** The same teams, of those who are left; undefined where these are too few. */
  function choiceOf({ queue: { rules } }: Played, some: readonly Seeker[]): Choice | undefined {
    const teams: ReturnType<typeof entryOf>[][] = Array.from({ length: rules.teams ?? 1 }, () => [])
    for (const quest of questsOf(some)) {
      const team = some.find(({ session }) => quests.of(session)?.quest === quest)?.team ?? 0
      teams[team]?.push(entryOf(rules, quest.search, 0))
    }
    const sizes = teams.map((team) => team.reduce((sum, { size }) => sum + size, 0))
    return isEnough(rules, sizes) ? { entries: teams.flat(), teams } : undefined
  }

  function questsOf(some: readonly Seeker[]): Quest[] {
    return [...new Set(some.flatMap(({ session }) => quests.of(session)?.quest ?? []))]
  }

  /** Who is still there, and does nothing else. */
  function there(played: Played | undefined): Seeker[] {
    return [...(played?.seekers ?? [])].filter(({ session }) => {
      const quest = quests.of(session)?.quest
      return last.get(session) === played && (!quest || quest.of === played)
    })
  }

  function wanting(played: Played): Seeker[] {
    return [...played.seekers].filter(({ session }) => {
      const person = quests.of(session)
      return person?.quest.of === played && person.seat === undefined
    })
  }

  function stop(played: Played): void {
    played.cancel?.()
    played.cancel = undefined
  }

  /** A session plays another match, or is over: the others need not wait for it. */
  function forget(session: Session): void {
    const played = last.get(session)
    if (!played) return
    last.delete(session)
    for (const one of played.seekers) if (one.session === session) played.seekers.delete(one)
    if (played.cancel) judge(played)
  }
}
