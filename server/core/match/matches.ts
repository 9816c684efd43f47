import { TAKE_MS } from '../../../protocol/matchmaking.ts'
import type { World } from '../../world.ts'
import { isBlocked, type Player } from '../delivery/receiver.ts'
import { createFaults } from '../room/fault.ts'
import type { RoomKind } from '../room/room.ts'
import type { Rooms } from '../room/rooms.ts'
import type { Seating } from '../room/seating.ts'
import { createTimers } from '../room/timers.ts'
import { push } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Choice } from './choose.ts'
import { createMatch, type Loss, type Match, type Seeker } from './match.ts'
import { createOpening, type Opening } from './opening.ts'
import type { Quest, Quests, Queue } from './quest.ts'
import { type QueueRules, sizesOf } from './rules.ts'
import { type Entry, keyOf } from './search.ts'

export interface MatchesOptions {
  readonly world: World
  readonly limits: Limits
  readonly rooms: Rooms
  readonly seating: Pick<Seating, 'hold'>
  readonly kinds: readonly RoomKind[]
  readonly quests: Quests
  /** These play in a match of a queue from now on. */
  readonly played: (queue: Queue, match: Match, seekers: readonly Seeker[]) => void
}

export type Matches = ReturnType<typeof createMatches>

/** From what fits together to a room where all sit: who is told what on the way, and what goes wrong. */
export function createMatches(options: MatchesOptions) {
  const { world, limits, rooms, seating, kinds, quests, played } = options
  const timers = createTimers(world)
  const { guard } = createFaults(world)
  const openings = new Map<Opening, { readonly queue: Queue; readonly match: Match }>()

  return {
    begin,
    join,
    mayPlay,
    /** Offers what is open once more: a room may have been unlocked, or somebody else have left it. */
    review(): void {
      for (const [opening, { queue }] of [...openings]) queue.pool.offer(opening)
    },
    close: timers.close,
  }

  /** Whether these may play together: they are not kept apart, and the game's own rule lets them. */
  function mayPlay(
    { name, rules }: Queue,
    entries: readonly Entry[],
    playing: Iterable<Seeker> = [],
  ): boolean {
    if (rules.blocks && areApart(entries, [...playing])) return false
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

  /** Whether somebody of one entry blocks somebody of another. */
  function areApart(entries: readonly Entry[], playing: readonly Seeker[]): boolean {
    const all = entries.map((entry) => {
      const those = playing.filter((one) => one.entry === entry)
      const { people = [] } = quests.withId(entry.search.id) ?? {}
      return [...those, ...people].map(({ session }) => session.player)
    })
    return all.some((some, at) =>
      all.some((others, other) => at !== other && some.some((by) => blocksOne(by, others))),
    )
  }

  /** Makes a room for those who play together, and keeps their places. */
  function begin(queue: Queue, { entries, teams }: Choice): void {
    const team = new Map(teams.flatMap((some, at) => some.map((entry) => [entry, at] as const)))
    const chosen = entries.flatMap(({ search }) => quests.withId(search.id) ?? [])
    const seekers = entries.flatMap((entry) => seekersOf(entry, team.get(entry) ?? 0))
    const match = open(queue, seekers)
    if (!match) return again(chosen, null, 'refused')
    const refused = match.admit(seekers)
    if (refused.length > 0) {
      const { code } = match.room
      match.close()
      refuse(refused)
      return again(chosen, code, 'refused')
    }
    tellFound(queue, match, seekers)
    world.log.info(
      { queue: queue.name, room: match.room.code, size: seekers.length },
      'match found',
    )
  }

  /** Keeps places in a match that is played. */
  function join(opening: Opening, entry: Entry, team: number): void {
    const { match, queue } = openings.get(opening) ?? {}
    if (!match || !queue) return
    const seekers = seekersOf(entry, team)
    const refused = match.admit(seekers)
    if (refused.length > 0) refuse(refused)
    else tellFound(queue, match, seekers)
    if (isFull(queue, match)) withdraw(opening, queue)
  }

  function seekersOf(entry: Entry, team: number): Seeker[] {
    const { people } = quests.withId(entry.search.id) ?? { people: [] }
    return Array.from(people, ({ session, name }) => ({ session, name, entry, team }))
  }

  function refuse(refused: readonly Seeker[]): void {
    for (const { session } of refused) {
      const person = quests.of(session)
      if (person) quests.end(person.quest, 'refused', session)
    }
  }

  function tellFound(queue: Queue, match: Match, seekers: readonly Seeker[]): void {
    const { room } = match
    record(match, queue)
    const players = Array.from(match.seekers, ({ session, name, team }) => ({
      ...{ session: session.id, name, team },
    }))
    for (const seeker of seekers) {
      const { session, team } = seeker
      const person = quests.of(session)
      if (!person) continue
      const found = { queue: queue.name, room: room.code, take_ms: TAKE_MS, team, players }
      person.seat = { match, seeker, found, generation: session.resume.generation }
      if (!person.quest.of) queue.estimate.add(world.now() - person.quest.search.since)
      session.send(push('match.found', found))
    }
  }

  /** A room for a match, unless the server has none to give. */
  function open(queue: Queue, seekers: readonly Seeker[]): Match | undefined {
    const { rules, name } = queue
    const kind = kinds.find((one) => one.name === rules.kind)
    if (!kind) return undefined
    const properties = { ...samesOf(rules, seekers), queue: name }
    const wishes = { capacity: rules.max, listed: false, properties }
    try {
      const room = rooms.create(kind, { ...wishes, match: matchOf(queue, seekers) })
      const match: Match = createMatch({
        ...{ room, seating, take_ms: TAKE_MS },
        isEnough: (teams) => isEnough(rules, teams),
        lost: (seeker, mates, loss) => lose(queue, match, { seeker, mates, loss }),
        failed: (left, why) => fail(match, left, why),
        // The last of them has not been told of its seat yet.
        started: (some) => world.soon(() => start(queue, match, some)),
        freed(seeker) {
          const person = quests.of(seeker.session)
          if (person?.seat?.match === match) quests.dismiss(person, 'missed')
          vacated(queue, match)
        },
      })
      return match
    } catch (error) {
      if (error instanceof Refusal) return undefined
      throw error
    }
  }

  /** These sit: they search no longer. */
  function start(queue: Queue, match: Match, those: readonly Seeker[]): void {
    const { room } = match
    const there = those.filter(match.has)
    for (const { session } of there) {
      const person = quests.of(session)
      if (person?.seat?.match !== match) continue
      quests.drop(person)
      session.send(push('match.started', { queue: queue.name, room: room.code }))
    }
    played(queue, match, there)
    guard(room, () => room.hooks.onMatch?.())
    vacated(queue, match)
  }

  /** Offers the seats that a match has free, if its queue says so. */
  function vacated(queue: Queue, match: Match): void {
    record(match, queue)
    if (!queue.rules.backfill || !match.isComplete) return
    const known = [...openings].find(([, one]) => one.match === match)?.[0]
    const isOver = [...match.seekers].length === 0
    if (isOver || isFull(queue, match)) {
      if (known) withdraw(known, queue)
      return
    }
    const [first] = match.seekers
    const opening =
      known ??
      createOpening({
        ...{ rules: queue.rules, room: match.room, seekers: () => match.seekers },
        key: keyOf(queue.rules, first?.entry.search.searchers[0]?.properties ?? {}),
        mayPlay: (entries) => mayPlay(queue, entries, match.seekers),
      })
    openings.set(opening, { queue, match })
    queue.pool.offer(opening)
  }

  function withdraw(opening: Opening, { pool }: Queue): void {
    openings.delete(opening)
    pool.withdraw(opening)
  }

  /** A match does not come about: whoever is left searches on, at the head. */
  function fail({ room }: Match, left: readonly Seeker[], why: Loss): void {
    for (const { session } of left) unseat(room, session)
    rooms.release(room, true)
    const those = new Set(left.flatMap(({ session }) => quests.of(session)?.quest ?? []))
    again([...those], room.code, why === 'refused' ? 'refused' : 'missed')
  }

  /** Those search on, with what they have waited; where there was no room to be had, a little later. */
  function again(those: readonly Quest[], code: string | null, reason: 'missed' | 'refused'): void {
    const left = those.filter(quests.has)
    for (const quest of left) {
      const { queue, people } = quest
      // Who wanted those and nobody else does not look for others.
      if (quest.of) quests.end(quest, 'nobody')
      if (people.size < quest.search.searchers.length) quests.end(quest, 'party')
      for (const person of people) {
        delete person.seat
        person.session.send(push('match.again', { queue: queue.name, room: code, reason }))
      }
    }
    const search = () => {
      for (const quest of left) if (isFree(quest)) quest.queue.pool.add(quest.search)
    }
    if (code === null) timers.after(limits.match_retry_ms, search)
    else search()
  }

  function isFree(quest: Quest): boolean {
    return quests.has(quest) && [...quest.people].every(({ seat }) => seat === undefined)
  }

  /** One does not play, nor do those who searched with it. */
  function lose(
    queue: Queue,
    match: Match,
    { seeker, mates, loss }: { seeker: Seeker; mates: readonly Seeker[]; loss: Loss },
  ): void {
    const { session } = seeker
    for (const mate of mates) unseat(match.room, mate.session)
    const person = quests.of(session)
    const reason = loss === 'gone' ? null : loss === 'refused' ? 'refused' : 'missed'
    if (person?.seat?.match === match) quests.end(person.quest, reason, session)
    if (match.isComplete) vacated(queue, match)
  }

  function unseat(room: Match['room'], session: Seeker['session']): void {
    const member = room.memberOf(session)
    if (member) rooms.kick(member, room, { by: null, banned: false, reason: NO_MATCH })
  }

  /** What the room's own logic knows of the match, as it is now. */
  function record(match: Match, queue: Queue): void {
    match.room.match = matchOf(queue, match.seekers)
  }
}

const blocksOne = (by: Player | null, others: readonly (Player | null)[]): boolean =>
  others.some((who) => isBlocked(by, who))

const NO_MATCH = 'the match does not come about'

const isFull = ({ rules }: Queue, { seekers }: Match): boolean => [...seekers].length >= rules.max

const matchOf = ({ name: queue }: Queue, seekers: Iterable<Seeker>) => ({
  queue,
  players: Array.from(seekers, ({ session, name, team }) => ({
    ...{ session: session.id, player: session.player?.id ?? null, name, team },
  })),
})

/** Whether so many in each team may play, however long they have waited. */
export const isEnough = (rules: QueueRules, teams: readonly number[]): boolean =>
  sizesOf(rules).includes(teams.reduce((sum, size) => sum + size, 0)) &&
  teams.length === (rules.teams ?? 1) &&
  new Set(teams).size === 1

/** What the room says of itself: what must be the same of those who play there. */
const samesOf = ({ same = [] }: QueueRules, [first]: readonly Seeker[]) => {
  const properties = first?.entry.search.searchers[0]?.properties ?? {}
  return Object.fromEntries(same.map((name) => [name, properties[name] ?? null]))
}
