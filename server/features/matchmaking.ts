import type { AllMessages } from '../../protocol/index.ts'
import type { matchmaking as matchTable } from '../../protocol/matchmaking.ts'
import type { ReplyOf } from '../../protocol/message.ts'
import type { Context, HandlersOf } from '../core/dispatch/dispatch.ts'
import { createEstimate } from '../core/match/estimate.ts'
import { createMatches } from '../core/match/matches.ts'
import { createPool, type OpenPool } from '../core/match/pool.ts'
import { createQuests, type Quest, type Queue, standingOf } from '../core/match/quest.ts'
import { createRematches } from '../core/match/rematch.ts'
import type { QueueRules } from '../core/match/rules.ts'
import { type Company, createSeeking } from '../core/match/seeking.ts'
import type { NameFor } from '../core/room/naming.ts'
import type { RoomKind } from '../core/room/room.ts'
import type { Rooms } from '../core/room/rooms.ts'
import type { Seating } from '../core/room/seating.ts'
import { createTimers } from '../core/room/timers.ts'
import type { Session } from '../core/session/session.ts'
import type { SessionObserver } from '../core/session/sessions.ts'
import { push } from '../core/wire/frame.ts'
import type { Limits } from '../core/wire/limits.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { checkBytes } from '../core/wire/size.ts'
import type { World } from '../world.ts'

export interface MatchmakingOptions {
  readonly world: World
  readonly limits: Limits
  readonly rooms: Rooms
  readonly seating: Pick<Seating, 'hold'>
  readonly queues: Readonly<Record<string, QueueRules>>
  readonly kinds: readonly RoomKind[]
  readonly nameFor: NameFor
  readonly isBackend: (session: Session) => boolean
  /** The party that a session leads, the leader first; refused where it leads none. */
  readonly led: (session: Session) => Company
  /** The session by which a player is here. */
  readonly sessionOf: (player: string) => Session | undefined
  /** Where searches are held: here unless given. */
  readonly openPool?: OpenPool
}

/** Queues, and those who search in them until they sit in the room of a match. */
export function createMatchmaking(options: MatchmakingOptions) {
  const { world, limits, rooms, nameFor, isBackend, led } = options
  const { openPool = createPool } = options
  const quests = createQuests(world.now)
  const timers = createTimers(world)
  const seeking = createSeeking({ ...options, quests })
  const matches = createMatches({
    ...{ ...options, quests },
    played: (queue, match) => rematches.played(queue, match.seekers),
  })
  const rematches = createRematches({
    ...{ now: world.now, after: timers.after, ms: limits.rematch_ms, quests },
    begin: matches.begin,
  })
  const queues = new Map(
    Object.entries(options.queues).map(([name, rules]) => [name, open(name, rules)]),
  )

  const handlers: HandlersOf<(typeof matchTable)['messages']> = {
    'match.find'(context, { queue: name, properties = {}, name: asked, party = false }) {
      const { session } = context
      const queue = queueNamed(name, 'match.find.queue')
      refuse(session)
      checkBytes('match.find.properties', properties, limits.data_bytes)
      const alone = { session, name: nameFor(session, asked), properties }
      const company = party ? led(session) : null
      const people = company ? seeking.together(queue, company, properties, session) : [alone]
      const place = 'match.find.properties'
      const quest = seeking.begin(queue, people, company?.code ?? null, place)
      for (const one of people) rematches.judge(one.session)
      const { searching, estimate_ms } = standingOf(queue)
      const standing = { searching: searching + people.length, estimate_ms }
      tellOthers(quest, session, standing)
      context.afterwards(() => {
        if (quests.has(quest)) queue.pool.add(quest.search)
      })
      return standing
    },
    'match.leave'({ session }) {
      if (!quests.of(session)) throw new Refusal('NOT_SEARCHING')
      leave(session)
      return {}
    },
  }

  const observer: SessionObserver = {
    // What it was told may have gone with its counts.
    restored(session) {
      const person = quests.of(session)
      if (!person) return
      const { quest, seat } = person
      if (!seat) return tell(quest, session)
      if (seat.generation === session.resume.generation) return
      seat.generation = session.resume.generation
      session.send(push('match.found', seat.found))
    },
    ended(session) {
      leave(session)
      rematches.ended(session)
    },
  }

  const round = {
    name: 'match.waiting',
    every_ms: limits.match_waiting_ms,
    run() {
      for (const quest of quests.all())
        for (const { session, seat } of quest.people) if (!seat) tell(quest, session)
      matches.review()
    },
  }

  return {
    handlers,
    observer,
    rounds: queues.size > 0 ? [round] : [],
    /** Searches for players who are here; what ends that. */
    search(name: string, company: Company) {
      const queue = queueNamed(name, 'body.queue')
      const people = seeking.together(queue, company, {})
      const quest = seeking.begin(queue, people, null, 'body.players.properties')
      const { searching, estimate_ms } = standingOf(queue)
      const standing = { searching: searching + people.length, estimate_ms }
      tellOthers(quest, undefined, standing)
      world.soon(() => {
        if (quests.has(quest)) queue.pool.add(quest.search)
      })
      return { search: quest.search.id, ...standing }
    },
    /** Ends a search by its id; false where there is none that waits. */
    cancel(id: string): boolean {
      const quest = quests.withId(id)
      return quest !== undefined && disband(quest)
    },
    /** A party is not what searches any more. */
    partyChanged(code: string): void {
      const quest = quests.ofParty(code)
      if (quest) disband(quest)
    },
    rematch,
    /** A session searches no longer. */
    quit: leave,
    close(): void {
      timers.close()
      matches.close()
      for (const { pool } of queues.values()) pool.close()
    },
  }

  function open(name: string, rules: QueueRules): Queue {
    const queue: Queue = {
      ...{ name, rules, estimate: createEstimate(world.now) },
      pool: openPool({
        ...{ rules, world, tries: limits.match_tries },
        mayPlay: (entries) => matches.mayPlay(queue, entries),
        found: (choice) => matches.begin(queue, choice),
        joins: matches.join,
        expired({ id }) {
          const quest = quests.withId(id)
          if (quest) quests.end(quest, 'nobody')
        },
      }),
    }
    return queue
  }

  function queueNamed(name: string, place: string): Queue {
    const queue = queues.get(name)
    if (queue) return queue
    const names = [...queues.keys()].map((one) => `"${one}"`).join(', ')
    const expected = names ? `expected ${names}` : 'this server has no queues'
    throw new Refusal('UNKNOWN_QUEUE', `${place}: ${expected}`)
  }

  /** Whoever could take no seat does not search. */
  function refuse(session: Session): void {
    const person = quests.of(session)
    if (person)
      throw new Refusal('ALREADY_SEARCHING', undefined, {
        cause: { queue: person.quest.queue.name },
      })
    if (isBackend(session)) throw new Refusal('PERMISSION_DENIED', 'a backend plays no match')
    const { size } = rooms.of(session)
    if (size >= limits.rooms)
      throw new Refusal('TOO_MANY_ROOMS', `this session is in ${size} rooms already`)
  }

  function tellOthers({ queue, people }: Quest, session: Session | undefined, standing: Standing) {
    const message = push('party.searching', { queue: queue.name, ...standing })
    for (const one of people) if (one.session !== session) one.session.send(message)
  }

  /** It searches no longer, nor do those who searched with it; unless it sits in the match's room. */
  function leave(session: Session): void {
    const person = quests.of(session)
    if (!person) return
    const { seat, quest } = person
    if (seat?.match.has(seat.seeker) && !seat.match.isAwaited(seat.seeker)) quests.drop(person)
    else {
      quests.end(quest, null, session)
      quest.queue.pool.remove(quest.search.id)
      seat?.match.dismiss(seat.seeker)
    }
    rematches.judge(session)
  }

  /** Ends a search that has found no match yet. */
  function disband(quest: Quest): boolean {
    for (const { seat } of quest.people) if (seat) return false
    const sessions = Array.from(quest.people, ({ session }) => session)
    quest.queue.pool.remove(quest.search.id)
    quests.end(quest, 'party')
    for (const session of sessions) rematches.judge(session)
    return true
  }

  function rematch(
    context: Context,
    others: readonly string[],
  ): ReplyOf<AllMessages['party.rematch']> {
    const { session } = context
    const queue = rematches.last(session)
    if (!queue) throw new Refusal('NOTHING_PLAYED')
    refuse(session)
    const mates = others.flatMap((player) => rematches.mateOf(session, player) ?? [])
    const free = mates.filter((one) => !quests.of(one) && rooms.of(one).size < limits.rooms)
    const standing = rematches.want([session, ...free])
    context.afterwards(() => {
      for (const one of free)
        one.send(push('party.searching', { queue: queue.name, ...standingOf(queue) }))
      rematches.ask(session)
    })
    return { queue: queue.name, ...standing }
  }

  function tell({ queue, search }: Quest, session: Session): void {
    const waited_ms = world.now() - search.since
    session.send(push('match.waiting', { queue: queue.name, waited_ms, ...standingOf(queue) }))
  }
}

type Standing = ReturnType<typeof standingOf>
