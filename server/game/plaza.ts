import {
  PLAZA,
  type Point,
  plazaEvents,
  plazaMember,
  walk,
  walked,
  wayTo,
  worth,
} from '../../protocol/plaza.ts'
import { plaza } from '../../protocol/plaza-state.ts'
import { check, integer, type Json } from '../../protocol/schema.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { type OptionsOf, preset, shaped } from '../option.ts'
import type { World } from '../world.ts'
import { defineRoom } from './definition.ts'
import type { GameRoom } from './room.ts'

const seconds = shaped(integer('uint16', { min: 1, max: 3_600 }))

/** How a plaza is played. */
export const PLAZA_OPTIONS = {
  round_s: preset('how long a round lasts, in seconds', seconds, 120),
  rest_s: preset(
    'how long its result is shown, unless all are ready before, in seconds',
    seconds,
    15,
  ),
  company: preset(
    'how many play at least: bots where there are fewer members',
    shaped(integer('uint8', { max: 20 })),
    4,
  ),
} as const

type PlazaRoom = GameRoom<Own, typeof plaza>
type RowIn<T> = T extends Iterable<infer R> ? R : never
type Figure = RowIn<PlazaRoom['state']['players']> | Bot
type Bot = RowIn<PlazaRoom['state']['bots']>
type Firefly = RowIn<PlazaRoom['state']['fireflies']>

/** What only the server knows of a plaza. */
interface Own {
  /** How many steps the round, or the rest after it, has yet. */
  left: number
  /** In which step who has stolen may be stolen from again. */
  readonly safeUntil: WeakMap<Figure, number>
  readonly aims: WeakMap<Bot, Firefly>
}

/** Bots are slower than people. */
const BOT_SPEED = 0.6
/** So many lights are enough for a bot. */
const BOT_GREED = 3
const CAST = [
  { name: 'Vladimir', colour: '#00798c' },
  { name: 'Estragon', colour: '#d1495b' },
  { name: 'Pozzo', colour: '#8a6fb0' },
  { name: 'Lucky', colour: '#5b8e7d' },
] as const
/** How many fireflies there are, and one more for every two who play; one comes in so many steps. */
const FIREFLIES = { least: 8, most: 60, steps: 5 } as const
const RESULTS = 10

/**
 * The plaza: catch fireflies, and hang them on the tree, more at once for more points; who carries
 * fewer takes those of whom it touches. All of it is decided here; members say which way they walk.
 */
export function plazaOf(
  { random }: Pick<World, 'random'>,
  options: OptionsOf<typeof PLAZA_OPTIONS> = {},
) {
  const { round_s = PLAZA_OPTIONS.round_s.default, rest_s = PLAZA_OPTIONS.rest_s.default } = options
  const { company = PLAZA_OPTIONS.company.default } = options

  return defineRoom({
    state: plaza,
    capacity: PLAZA.capacity,
    namespaces: ['plaza'],
    events: plazaEvents,
    tick_hz: 1_000 / PLAZA.tick_ms,

    onCreate({ state, step }): Own {
      state.round.seconds = round_s
      return { left: round_s / step, safeUntil: new WeakMap(), aims: new WeakMap() }
    },
    onJoin: (_room, { data }) => memberData(data, 'room.join.data'),
    onDescribe: (_room, _member, { data }) =>
      data === undefined ? undefined : { data: memberData(data, 'room.describe.data') },
    onJoined({ state }, member) {
      const row = state.players.of(member)
      if (row) Object.assign(row, somewhere(0.5))
    },
    onWrite: (_room, { values }) =>
      Object.keys(values).every((name) => WRITTEN.includes(name)) ? undefined : false,
    onInput: ({ step }, player, way) => walk(player, way, step),
    onTick(room: PlazaRoom) {
      const present = new Set(room.members.flatMap(({ away, number }) => (away ? [] : number)))
      if (present.size === 0) return
      keepCompany(room, present.size)
      passTime(room, present)
      for (const bot of room.state.bots) lead(room, bot)
      if (room.state.round.phase === 'playing') play(room, present)
    },
  })

  /** There are as many bots as there are members too few. */
  function keepCompany({ state: { bots, players } }: PlazaRoom, present: number): void {
    const wanted = Math.max(0, company - present)
    const [first] = bots
    if (bots.size > wanted) first?.remove()
    if (bots.size < wanted)
      bots.add({ ...CAST[(bots.size + players.size) % CAST.length], ...somewhere(0.5) })
  }

  /** Whoever is away holds nobody up. */
  function passTime(room: PlazaRoom, present: ReadonlySet<number>): void {
    const { state, own, step } = room
    const areReady = [...state.players].every(({ owner, ready }) => ready || !present.has(owner))
    own.left = state.round.phase === 'over' && areReady ? 0 : own.left - 1
    if (own.left <= 0) {
      if (state.round.phase === 'playing') end(room)
      else begin(room)
    }
    state.round.seconds = Math.ceil(own.left * step)
  }

  function begin({ state, own, step }: PlazaRoom): void {
    own.left = round_s / step
    Object.assign(state.round, { phase: 'playing', lights: 0 })
    for (const one of figuresIn(state)) Object.assign(one, { lights: 0, points: 0, safe: false })
    for (const player of state.players) player.ready = false
    state.results.clear()
  }

  function end({ state, own, step, members }: PlazaRoom): void {
    own.left = rest_s / step
    state.round.phase = 'over'
    state.fireflies.clear()
    const players = members.flatMap(({ number, name, data }) => {
      const row = state.players.of({ number })
      return row ? { name, ...colourIn(data), points: row.points, member: number } : []
    })
    const bots = [...state.bots].map(({ name, colour, points }) => ({
      name,
      colour,
      points,
      member: 0,
    }))
    const best = [...players, ...bots].sort((a, b) => b.points - a.points).slice(0, RESULTS)
    for (const one of best) state.results.add(one)
  }

  /** A step of the game; whoever is away neither steals nor is stolen from. */
  function play({ state, own, tick, step }: PlazaRoom, present: ReadonlySet<number>): void {
    const { fireflies, round } = state
    const here = [...state.players].filter(({ owner }) => present.has(owner))
    const figures: Figure[] = [...here, ...state.bots]
    for (const one of figures) {
      if (one.safe && tick >= (own.safeUntil.get(one) ?? 0)) one.safe = false
      for (const firefly of fireflies)
        if (one.lights < PLAZA.most_lights && isNear(one, firefly, PLAZA.body)) {
          one.lights += 1
          firefly.remove()
        }
      if (one.lights > 0 && isNear(one, PLAZA.tree, PLAZA.tree.reach)) {
        one.points += worth(one.lights)
        round.lights += one.lights
        one.lights = 0
      }
    }
    for (const victim of figures) {
      const thief =
        !victim.safe &&
        figures.find((one) => one.lights < victim.lights && isNear(one, victim, PLAZA.body))
      if (!thief) continue
      thief.lights = Math.min(thief.lights + victim.lights, PLAZA.most_lights)
      thief.safe = true
      own.safeUntil.set(thief, tick + PLAZA.safe_s / step)
      victim.lights = 0
    }
    const wanted = Math.min(FIREFLIES.least + figures.length / 2, FIREFLIES.most)
    if (fireflies.size < wanted && tick % FIREFLIES.steps === 0) fireflies.add(awayFromTheTree())
  }

  /** A bot fetches a few lights and hangs them up. */
  function lead({ state, own, step }: PlazaRoom, bot: Bot): void {
    const aim = own.aims.get(bot)
    const hasAim = aim !== undefined && state.fireflies.at(aim.slot) === aim
    if (!hasAim) {
      const all = [...state.fireflies]
      const next = all[random.below(Math.max(all.length, 1))]
      if (next) own.aims.set(bot, next)
      else own.aims.delete(bot)
    }
    const goal = bot.lights >= BOT_GREED ? PLAZA.tree : own.aims.get(bot)
    if (goal) Object.assign(bot, walked(bot, wayTo(bot, goal, step), step * BOT_SPEED))
  }

  /** Somewhere in this part of the ground, around its middle. */
  function somewhere(part: number): Point {
    const within = (extent: number) => (extent * (1 - part)) / 2 + random.below(extent * part)
    return { x: within(PLAZA.width), y: within(PLAZA.height) }
  }

  function awayFromTheTree(): Point {
    const place = somewhere(0.9)
    return isNear(place, PLAZA.tree, 2 * PLAZA.tree.reach) ? awayFromTheTree() : place
  }
}

/** What members write of their own rows; the rest is made of what they do. */
const WRITTEN: readonly string[] = ['ready']

const figuresIn = ({ players, bots }: PlazaRoom['state']): Figure[] => [...players, ...bots]

const isNear = (one: Point, other: Point, reach: number) =>
  (one.x - other.x) ** 2 + (one.y - other.y) ** 2 < reach ** 2

const colourIn = (data: Json) => ({ colour: '#808080', ...(data as { readonly colour?: string }) })

function memberData(data: Json | undefined, place: string): Json {
  const problem = data == null ? undefined : check(plazaMember(), data, place)
  if (problem) throw new Refusal('INVALID_MESSAGE_DATA', problem)
  return data ?? {}
}
