import type { Test } from 'tap'
import { TAKE_MS } from '../../protocol/matchmaking.ts'
import type { QueueRules } from '../../server/core/match/rules.ts'
import type { Search } from '../../server/core/match/search.ts'
import { Refusal } from '../../server/server.ts'
import type { Any, RawClient, Seen } from './client.ts'
import { createRandom } from './clock.ts'
import { matchAmong, mayMeet } from './matching.ts'
import { kindOf } from './stage.ts'
import { type TestWorld, UNHURRIED_MS, world } from './world.ts'

const QUEUES: Readonly<Record<string, QueueRules>> = {
  duel: { kind: 'arena', max: 2, near: { rating: { within: 100, widen: 100, most: 400 } } },
  four: {
    ...{ kind: 'arena', min: 2, max: 4, teams: 2, wait_ms: 3_000, party: 2, backfill: true },
    near: { rating: { within: 150, widen: 150 } },
  },
  bots: { kind: 'arena', max: 3, party: 3, wait_ms: 8_000 },
}
const ACTORS = 7
const RETRY_MS = 5_000

/** What one player was told of matches so far. */
interface Actor {
  readonly raw: RawClient
  readonly number: number
  readonly id: string
  read: number
  isHere: boolean
  /** What it searches by, with whoever searches with it. */
  quest?: Quest | undefined
  found?:
    | { readonly room: string; readonly at: number; readonly players: readonly Any[] }
    | undefined
  /** The room in which it plays, and its team there. */
  plays?: { readonly room: string; readonly team: number; readonly search: Search } | undefined
  party?: string | undefined
  /** Where it has taken its seat last. */
  sits?: string | undefined
}

interface Quest {
  readonly queue: string
  readonly search: Search
  readonly actors: readonly Actor[]
  /** Until when it waits for a room to be had. */
  retryAt: number
}

/** What a walk found wrong, and how much happened in it. */
export interface MatchWalked {
  readonly problems: readonly string[]
  readonly started: number
  readonly again: number
  readonly ended: number
  readonly together: number
}

/** Players, parties, drops, refusals and late comers by chance, judged after each step by what they were told. */
export async function walkMatches(t: Test, steps: number, seed: number): Promise<MatchWalked> {
  const { below, float } = createRandom(seed)
  const kind = kindOf('arena', {
    capacity: 8,
    open: () => ({
      onJoin({ name }) {
        if (name === 'Rude') throw new Refusal('PERMISSION_DENIED', 'not you')
        return undefined
      },
    }),
  })
  const here: TestWorld = await world(t, {
    ...{ kinds: [kind], queues: QUEUES, rates: false, dev: false },
    limits: { heartbeat_ms: UNHURRIED_MS, rooms_total: 4 + below(4), party_members: 3 },
  })
  const problems: string[] = []
  const counts = { started: 0, again: 0, ended: 0, together: 0 }
  const actors: Actor[] = []
  let numbered = 0
  for (let count = 0; count < ACTORS; count++) actors.push(await enter())

  // Two of them are friends from the start.
  for (const one of actors.slice(0, 2)) await gather(one)

  for (let step = 0; step < steps && problems.length === 0; step++) {
    await act()
    await settle()
    judge()
  }
  return { problems, ...counts }

  async function enter(): Promise<Actor> {
    const raw = await here.raw()
    const { data } = await raw.ask('player.identify', { name: `P${++numbered}` })
    return { raw, number: numbered, id: data.player.id, read: 0, isHere: true }
  }

  async function act(): Promise<void> {
    const chance = float()
    const actor = actors[below(actors.length)] as Actor
    if (chance < 0.15) here.clock.advance(1 + below(4_000))
    else if (chance < 0.2) await replace(actor)
    else if (actor.found && chance < 0.85) await take(actor)
    else if (actor.plays && chance < 0.5) await quit(actor)
    else if (chance < 0.3) await gather(actor)
    else if (actor.quest && chance < 0.45) await actor.raw.ask('match.leave')
    else if (!actor.quest && !actor.plays) await find(actor)
  }

  /** Takes the seat that was found; or is refused, or gives it up, or does not come. */
  async function take(actor: Actor): Promise<void> {
    const code = actor.found?.room
    const chance = float()
    if (actor.sits === code) {
      // It is told what becomes of its search, or plays already.
      if (chance < 0.2) await actor.raw.ask('room.leave', {}, { room: code })
    } else if (chance < 0.75) {
      const { type, data } = await actor.raw.ask('room.join', { code })
      if (type !== 'error') actor.sits = code
      await settle()
      if (type === 'error' && actor.found?.room === code)
        problems.push(`P${actor.number} could not take its seat in ${code}: ${data.code}`)
    } else if (chance < 0.82) await actor.raw.ask('room.join', { code, name: 'Rude' })
    else if (chance < 0.88) await actor.raw.ask('match.leave')
    else if (chance < 0.94) here.clock.advance(TAKE_MS)
  }

  async function quit(actor: Actor): Promise<void> {
    await actor.raw.ask('room.leave', {}, { room: actor.plays?.room })
    actor.plays = undefined
  }

  async function gather(actor: Actor): Promise<void> {
    if (actor.party) {
      await actor.raw.ask('party.leave')
      return
    }
    const other = actors.find((one) => one.party && one !== actor)
    const made = other
      ? await actor.raw.ask('party.join', { code: other.party })
      : await actor.raw.ask('party.create')
    actor.party = made.data.party?.code
  }

  async function find(actor: Actor): Promise<void> {
    const names = Object.keys(QUEUES)
    const queue = names[below(names.length)] as string
    const properties = { rating: below(800) }
    const isParty = actor.party !== undefined && float() < 0.8
    const before = here.clock.now()
    const asked = actor.raw.ask('match.find', { queue, properties, party: isParty })
    const { type } = await asked
    if (type === 'error') return
    const mates = isParty
      ? actors.filter((one) => one.party === actor.party && one.isHere)
      : [actor]
    const search: Search = {
      id: `${actor.number}@${before}`,
      since: before,
      searchers: mates.map(({ number }) => ({ session: `${number}`, player: null, properties })),
    }
    const quest: Quest = { queue, search, actors: mates, retryAt: 0 }
    if (mates.length > 1) counts.together++
    for (const one of mates) one.quest = quest
  }

  /** Somebody closes its game, or is cut off; another comes. */
  async function replace(actor: Actor): Promise<void> {
    if (float() < 0.7) {
      actor.raw.close(1000)
      await actor.raw.closed
    } else actor.raw.drop()
    actor.isHere = false
    actors[actors.indexOf(actor)] = await enter()
  }

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) await Promise.all(actors.map(({ raw }) => raw.settled()))
    for (const actor of actors)
      for (; actor.read < actor.raw.seen.length; actor.read++) {
        const message = actor.raw.seen[actor.read]
        if (message) hear(actor, message)
      }
  }

  function hear(actor: Actor, { type, data }: Seen): void {
    const say = (text: string) => problems.push(`P${actor.number}: ${text}`)
    if (type === 'party.left' && data.player === actor.id) actor.party = undefined
    else if (type === 'match.found') {
      if (!actor.quest || actor.found) say('was found and did not search')
      actor.found = { room: data.room, at: here.clock.now(), players: data.players }
      judgeFound(actor, data)
    } else if (type === 'match.started') {
      if (actor.found?.room !== data.room) say('plays what it was not found for')
      const team = actor.found?.players.find(
        (one) => one.session === actor.raw.welcome.session,
      )?.team
      if (actor.quest) actor.plays = { room: data.room, team, search: actor.quest.search }
      actor.quest = undefined
      actor.found = undefined
      counts.started++
    } else if (type === 'match.again') {
      if (!actor.quest) say('searches on and did not search')
      else if (data.room === null) actor.quest.retryAt = here.clock.now() + RETRY_MS
      actor.found = undefined
      counts.again++
    } else if (type === 'match.ended') {
      if (!actor.quest) say('searches no longer and did not search')
      actor.quest = undefined
      actor.found = undefined
      counts.ended++
    } else if (type === 'match.leave') {
      actor.quest = undefined
      actor.found = undefined
    }
  }

  /** No more than there are seats, and whoever searched together is together, in one team. */
  function judgeFound({ quest }: Actor, { queue, room, players }: Any): void {
    if (players.length > (QUEUES[queue]?.max ?? 0)) problems.push(`${room}: ${players.length} play`)
    const sessions = new Set(players.map((one: Any) => one.session))
    if (sessions.size !== players.length) problems.push(`${room}: somebody twice`)
    const own = (quest?.actors ?? []).map(({ raw }) =>
      players.find((one: Any) => one.session === raw.welcome.session),
    )
    if (own.includes(undefined)) problems.push(`${room}: a party is split`)
    if (new Set(own.map((one) => one?.team)).size > 1) problems.push(`${room}: in two teams`)
  }

  function judge(): void {
    const now = here.clock.now()
    for (const { found, number } of actors)
      if (found && now - found.at > TAKE_MS) problems.push(`P${number} waits in ${found.room}`)
    for (const [name, rules] of Object.entries(QUEUES)) {
      const waiting = questsIn(name).filter((one) => one.retryAt <= now)
      const missed = matchAmong(
        rules,
        waiting.map((one) => one.search),
        now,
      )
      if (missed) problems.push(`${name}: ${missed.map(({ id }) => id)} wait`)
      for (const { search } of waiting)
        if (!rules.min && rules.wait_ms && now - search.since > rules.wait_ms)
          problems.push(`${name}: ${search.id} does not end`)
      if (rules.backfill) judgeOpenings(name, rules, waiting)
    }
  }

  /** Those who search and have found nothing yet. */
  function questsIn(queue: string): Quest[] {
    const all = new Set(actors.flatMap(({ quest }) => quest ?? []))
    return [...all].filter(
      (one) => one.queue === queue && one.actors.every(({ found, isHere }) => isHere && !found),
    )
  }

  /** Nobody waits while a seat is open that it may have; where some play whom we cannot ask, nothing is said. */
  function judgeOpenings(name: string, rules: QueueRules, waiting: readonly Quest[]): void {
    const rooms = new Set(actors.flatMap(({ plays }) => plays?.room ?? []))
    for (const room of rooms) {
      const there = actors.filter(({ plays, found }) => (plays ?? found)?.room === room)
      const { members } = roomOf(room) ?? {}
      if (members !== there.length || there.some(({ plays }) => !plays)) continue
      const teams = [0, 1].map((team) => there.filter(({ plays }) => plays?.team === team).length)
      for (const { search } of waiting) {
        const size = search.searchers.length
        const fits = Math.min(...teams) + size <= rules.max / 2
        const isClose = there.every(
          ({ plays }) => plays && mayMeet(rules, plays.search, search, here.clock.now()),
        )
        const isOfQueue = roomOf(room)?.queue === name
        if (fits && isClose && isOfQueue) problems.push(`${room}: ${search.id} might play there`)
      }
    }
  }

  /** What the last who was told of a room knows of it. */
  function roomOf(code: string): { queue: string; members: number } | undefined {
    const joins = actors.flatMap(({ raw }) =>
      raw.seen.filter(({ type, data }) => type === 'room.join' && data.room?.code === code),
    )
    const left = actors.flatMap(({ raw }) =>
      raw.seen.filter((one) => one.type === 'room.member_left' && one.room === code),
    )
    const numbers = new Set(joins.flatMap(({ data }) => data.members.map((one: Any) => one.number)))
    for (const { data } of left) numbers.delete(data.number)
    const queue = joins[0]?.data.room.properties.queue
    return joins.length > 0 ? { queue, members: numbers.size } : undefined
  }
}
