import type { AllMessages } from '../../protocol/index.ts'
import { type matchmaking as matchTable, TAKE_MS } from '../../protocol/matchmaking.ts'
import type { DataOf } from '../../protocol/message.ts'
import type { HandlersOf } from '../core/dispatch/dispatch.ts'
import type { Choice } from '../core/match/choose.ts'
import { createEstimate } from '../core/match/estimate.ts'
import { createMatch, type Match, type Seeker } from '../core/match/match.ts'
import { createPool, type Pool } from '../core/match/pool.ts'
import { type QueueRules, sizesOf } from '../core/match/rules.ts'
import { type Entry, problemOf, type Search } from '../core/match/search.ts'
import { createFaults } from '../core/room/fault.ts'
import type { NameFor } from '../core/room/naming.ts'
import type { RoomKind } from '../core/room/room.ts'
import type { Rooms } from '../core/room/rooms.ts'
import type { Outcome, Seating } from '../core/room/seating.ts'
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
}

interface Queue {
  readonly name: string
  readonly rules: QueueRules
  readonly pool: Pool
  readonly estimate: ReturnType<typeof createEstimate>
}

/** One session that searches, or has a place kept for it. */
interface Quest {
  readonly queue: Queue
  readonly session: Session
  readonly name: string
  readonly search: Search
  /** Where it is to play; and what it was told of that, under which counts. */
  seat?: {
    readonly match: Match
    readonly seeker: Seeker
    readonly found: Found
    generation: number
  }
}

type Found = DataOf<AllMessages['match.found']>
type Reason = DataOf<AllMessages['match.ended']>['reason']

/** How often those who search are told how that stands. */
const TELL_MS = 5_000
/** After how long those are searched for again for whom there was no room. */
const RETRY_MS = 5_000

/** Queues, and those who search in them until they sit in the room of a match. */
export function createMatchmaking(options: MatchmakingOptions) {
  const { world, limits, rooms, seating, kinds, nameFor, isBackend } = options
  const quests = new Map<Session, Quest>()
  const byId = new Map<string, Quest>()
  const timers = createTimers(world)
  const { guard } = createFaults(world)
  const queues = new Map(
    Object.entries(options.queues).map(([name, rules]) => [name, open(name, rules)]),
  )

  const handlers: HandlersOf<(typeof matchTable)['messages']> = {
    'match.find'(context, { queue: name, properties = {}, name: asked }) {
      const { session } = context
      const queue = queueNamed(name)
      refuse(session)
      checkBytes('match.find.properties', properties, limits.data_bytes)
      const problem = problemOf(queue.rules, properties, 'match.find.properties')
      if (problem) throw new Refusal('INVALID_MESSAGE_DATA', problem)
      const searcher = { session: session.id, player: session.player?.id ?? null, properties }
      const search = { id: session.id, since: world.now(), searchers: [searcher] }
      const quest = { queue, session, name: nameFor(session, asked), search }
      quests.set(session, quest)
      byId.set(search.id, quest)
      context.afterwards(() => {
        if (quests.get(session) === quest) queue.pool.add(search)
      })
      const { searching, estimate_ms } = standing(queue)
      return { searching: searching + 1, estimate_ms }
    },
    'match.leave'({ session }) {
      const quest = quests.get(session)
      if (!quest) throw new Refusal('NOT_SEARCHING')
      const { seat, queue, search } = quest
      forget(quest)
      queue.pool.remove(search.id)
      seat?.match.dismiss(seat.seeker)
      return {}
    },
  }

  const observer: SessionObserver = {
    // What it was told may have gone with its counts.
    restored(session) {
      const quest = quests.get(session)
      if (!quest) return
      if (!quest.seat) return tell(quest)
      if (quest.seat.generation === session.resume.generation) return
      quest.seat.generation = session.resume.generation
      session.send(push('match.found', quest.seat.found))
    },
    ended(session) {
      const quest = quests.get(session)
      if (!quest) return
      forget(quest)
      quest.queue.pool.remove(quest.search.id)
      quest.seat?.match.dismiss(quest.seat.seeker)
    },
  }

  const round = {
    name: 'match.waiting',
    every_ms: TELL_MS,
    run() {
      for (const quest of quests.values()) if (!quest.seat) tell(quest)
    },
  }

  return {
    handlers,
    observer,
    rounds: queues.size > 0 ? [round] : [],
    close(): void {
      timers.close()
      for (const { pool } of queues.values()) pool.close()
    },
  }

  function open(name: string, rules: QueueRules): Queue {
    const queue: Queue = {
      ...{ name, rules, estimate: createEstimate(world.now) },
      pool: createPool({
        ...{ rules, world },
        mayPlay: (entries) => mayPlay(queue, entries),
        found: (choice) => begin(queue, choice),
        expired: ({ id }) => end(byId.get(id), 'nobody'),
      }),
    }
    return queue
  }

  function queueNamed(name: string): Queue {
    const queue = queues.get(name)
    if (queue) return queue
    const names = [...queues.keys()].map((one) => `"${one}"`).join(', ')
    const expected = names ? `expected ${names}` : 'this server has no queues'
    throw new Refusal('UNKNOWN_QUEUE', `match.find.queue: ${expected}`)
  }

  /** Whoever could take no seat does not search. */
  function refuse(session: Session): void {
    const quest = quests.get(session)
    if (quest)
      throw new Refusal('ALREADY_SEARCHING', undefined, { cause: { queue: quest.queue.name } })
    if (isBackend(session)) throw new Refusal('PERMISSION_DENIED', 'a backend plays no match')
    const { size } = rooms.of(session)
    if (size >= limits.rooms)
      throw new Refusal('TOO_MANY_ROOMS', `this session is in ${size} rooms already`)
  }

  /** What a game's own rule says of these. */
  function mayPlay({ name, rules }: Queue, entries: readonly Entry[]): boolean {
    if (!rules.fits) return true
    const now = world.now()
    const players = entries.flatMap(({ search }) =>
      search.searchers.map((one) => ({ ...one, waited_ms: now - search.since })),
    )
    let fits = false
    guard({ code: name, kind: { name: rules.kind } }, () => {
      fits = rules.fits?.(players) === true
    })
    return fits
  }

  /** Makes a room for those who play together, and keeps their places. */
  function begin(queue: Queue, { entries, teams }: Choice): void {
    const team = new Map(teams.flatMap((some, at) => some.map((entry) => [entry, at] as const)))
    const chosen = entries.flatMap((entry) => byId.get(entry.search.id) ?? [])
    const seekers = entries.flatMap((entry) => {
      const quest = byId.get(entry.search.id)
      return quest ? { session: quest.session, entry, team: team.get(entry) ?? 0 } : []
    })
    const match = room(queue, chosen)
    if (!match) return again(chosen, null, 'refused')
    const refused = match.admit(seekers)
    if (refused.length > 0) {
      const { code } = match.room
      match.close()
      for (const { session } of refused) end(quests.get(session), 'refused')
      return again(chosen.filter(isSearching), code, 'refused')
    }
    const players = seekers.map(({ session, team }) => ({
      session: session.id,
      name: quests.get(session)?.name ?? '',
      team,
    }))
    for (const seeker of seekers) {
      const { session } = seeker
      const quest = quests.get(session)
      if (!quest) continue
      const found = {
        ...{ queue: queue.name, room: match.room.code, take_ms: TAKE_MS },
        ...{ team: seeker.team, players },
      }
      const { generation } = session.resume
      quest.seat = { match, seeker, found, generation }
      queue.estimate.add(world.now() - quest.search.since)
      session.send(push('match.found', found))
    }
    world.log.info(
      { queue: queue.name, room: match.room.code, size: seekers.length },
      'match found',
    )
  }

  /** A room for a match, unless the server has none to give. */
  function room(queue: Queue, chosen: readonly Quest[]): Match | undefined {
    const { rules, name } = queue
    const kind = kinds.find((one) => one.name === rules.kind)
    if (!kind) return undefined
    const properties = { ...samesOf(rules, chosen), queue: name }
    try {
      const made = rooms.create(kind, { capacity: rules.max, listed: false, properties })
      const match: Match = createMatch({
        ...{ room: made, seating, take_ms: TAKE_MS },
        isEnough: (teams) => isEnough(rules, teams),
        lost: ({ session }, outcome) => lose(quests.get(session), outcome),
        failed: (left, why) => fail(match, left, why),
        // The last of them has not been told of its seat yet.
        complete: () => world.soon(() => start(match)),
      })
      return match
    } catch (error) {
      if (error instanceof Refusal) return undefined
      throw error
    }
  }

  /** All sit: nobody searches any more. */
  function start({ room: made, seekers }: Match): void {
    for (const { session } of seekers) {
      const quest = quests.get(session)
      if (!quest) continue
      forget(quest)
      session.send(push('match.started', { queue: quest.queue.name, room: made.code }))
    }
  }

  /** A match does not come about: whoever is left searches on, at the head. */
  function fail({ room: made }: Match, left: readonly Seeker[], why: Outcome | 'left'): void {
    for (const { session } of left) {
      const member = made.memberOf(session)
      if (member) rooms.kick(member, made, { by: null, banned: false, reason: NO_MATCH })
    }
    rooms.release(made, true)
    const those = left.flatMap(({ session }) => quests.get(session) ?? [])
    again(those, made.code, why === 'refused' ? 'refused' : 'missed')
  }

  /** Those search on, with what they have waited; where there was no room to be had, a little later. */
  function again(those: readonly Quest[], code: string | null, reason: 'missed' | 'refused'): void {
    for (const quest of those) {
      delete quest.seat
      quest.session.send(push('match.again', { queue: quest.queue.name, room: code, reason }))
    }
    const search = () => {
      for (const quest of those)
        if (isSearching(quest) && !quest.seat) quest.queue.pool.add(quest.search)
    }
    if (code === null) timers.after(RETRY_MS, search)
    else search()
  }

  function lose(quest: Quest | undefined, outcome: Exclude<Outcome, 'taken'> | 'left'): void {
    if (outcome === 'late') end(quest, 'missed')
    else if (outcome === 'refused') end(quest, 'refused')
    else if (quest) forget(quest)
  }

  /** Its search is over, and it is told. */
  function end(quest: Quest | undefined, reason: Reason): void {
    if (!quest || !isSearching(quest)) return
    forget(quest)
    const waited_ms = world.now() - quest.search.since
    quest.session.send(push('match.ended', { queue: quest.queue.name, reason, waited_ms }))
  }

  function forget(quest: Quest): void {
    if (!isSearching(quest)) return
    quests.delete(quest.session)
    byId.delete(quest.search.id)
  }

  function isSearching(quest: Quest): boolean {
    return quests.get(quest.session) === quest
  }

  function tell({ queue, search, session }: Quest): void {
    const waited_ms = world.now() - search.since
    session.send(push('match.waiting', { queue: queue.name, waited_ms, ...standing(queue) }))
  }

  function standing({ pool, estimate }: Queue) {
    return { searching: pool.size, estimate_ms: estimate.median() }
  }
}

const NO_MATCH = 'the match does not come about'

/** Whether so many in each team may play, however long they have waited. */
const isEnough = (rules: QueueRules, teams: readonly number[]): boolean =>
  sizesOf(rules).includes(teams.reduce((sum, size) => sum + size, 0)) &&
  teams.length === (rules.teams ?? 1) &&
  new Set(teams).size === 1

/** What the room says of itself: what must be the same of those who play there. */
const samesOf = ({ same = [] }: QueueRules, chosen: readonly Quest[]) => {
  const properties = chosen[0]?.search.searchers[0]?.properties ?? {}
  return Object.fromEntries(same.map((name) => [name, properties[name] ?? null]))
}
