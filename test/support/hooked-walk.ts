import { setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { createHub, type GameRoom } from '../../server/server.ts'
import type { Network, Room } from '../../web-client/client.ts'
import { createClock, createRandom, createTestWorld } from './clock.ts'
import { createWalker, type Outside, type Walker } from './hooked-client.ts'
import { createHouse, type Random, type Spoken } from './hooked-house.ts'
import { memoryWebSocket } from './memory.ts'

const WALKERS = 7
const STEPS = 140
/** Longer than hooks may take, a session is kept, and a request waits. */
const QUIET_MS = 75_000
const PULSE_MS = 1_000
/** Time passes in leaps, in which nobody can answer a ping. */
const HEARTBEAT_MS = 3_600_000

export interface Walked {
  /** What was not as it should be. */
  readonly wrongs: readonly string[]
  /** How many seats and rooms there were in the end, and what was done. */
  readonly seats: number
  readonly done: ReadonlyMap<string, number>
}

/** Clients walk about among rooms whose hooks speak and take time; then all agree, or it is told. */
export async function walkHooked(seed: number): Promise<Walked> {
  const random = createRandom(seed)
  const clock = createClock()
  const house = createHouse(createRandom(seed + 1))
  const hub = createHub({
    world: createTestWorld(clock, seed),
    rooms: house.kinds,
    ...{ rates: false, dev: true, plaza: false },
    limits: { heartbeat_ms: HEARTBEAT_MS, seated_heartbeat_ms: HEARTBEAT_MS },
  })
  const wrongs: string[] = []
  const outside: Outside = {
    ...{ url: 'memory:', Socket: memoryWebSocket(hub), clock, wrongs },
    random: createRandom(seed + 2),
  }
  const walkers: Walker[] = []
  const done = new Map<string, number>()
  const keys: string[] = []
  for (let index = 0; index < WALKERS; index++)
    walkers.push(await createWalker(`walker ${index}`, outside))

  for (let step = 0; step < STEPS; step++) {
    const at = random.below(WALKERS)
    if (walkers[at]?.network.state === 'closed')
      walkers[at] = await createWalker(`walker ${at}, anew`, outside)
    const [what, deed] = random.pick(Object.entries(DEEDS))
    done.set(what, (done.get(what) ?? 0) + 1)
    deed(walkers[at] as Walker, random, house.rooms, keys)
    if (random.below(3) > 0) clock.advance(random.below(400))
    for (let turns = random.below(4); turns > 0; turns--) await turn()
  }
  await calm(clock.advance)

  for (const { name, network, pending } of walkers) {
    if (pending > 0) wrongs.push(`${name} still waits for ${pending} answers`)
    wrongs.push(...differences(network, house.rooms).map((what) => `${name} ${what}`))
  }
  const known = new Set(walkers.map(({ network }) => network.session))
  for (const { room } of house.rooms.values())
    for (const { number, session } of room.members)
      if (!known.has(session)) wrongs.push(`${room.code}: nobody knows of seat ${number}`)
  for (const { room } of house.rooms.values())
    if (!room.host && room.members.some(({ away }) => !away))
      wrongs.push(`${room.code} has no host, and somebody is there`)
  const seats = [...house.rooms.values()].reduce((sum, { room }) => sum + room.members.length, 0)
  for (const { network } of walkers) network.close()
  await calm(clock.advance)
  hub.close()
  return { wrongs, seats, done }
}

async function calm(advance: (ms: number) => void): Promise<void> {
  for (let passed = 0; passed < QUIET_MS; passed += PULSE_MS) {
    advance(PULSE_MS)
    for (let turns = 0; turns < 8; turns++) await turn()
  }
}

type Deed = (
  walker: Walker,
  random: Random,
  rooms: ReadonlyMap<string, Spoken>,
  /** Of guests there have been. */
  keys: string[],
) => void

const ROLES = ['player', 'assistant', 'host'] as const
const kindOf = (random: Random) => random.pick(['slow', 'slow', 'quick'])

const DEEDS: Readonly<Record<string, Deed>> = {
  joinOrCreate: ({ does }, random) => does(({ rooms }) => rooms.joinOrCreate(kindOf(random))),
  create: ({ does }, random) => does(({ rooms }) => rooms.create(kindOf(random))),
  join({ does }, random, rooms) {
    const code = random.pick([...rooms.keys(), 'AAAAAA'])
    does((network) => network.rooms.join(code))
  },
  'join as another does': ({ does }, random, rooms) => {
    const code = random.pick([...rooms.keys(), 'AAAAAA'])
    does((network) => network.rooms.join(code))
    does((network) => network.rooms.join(code))
  },
  leave: inRoom((room) => room.leave()),
  lock: inRoom((room, random) => room.lock(random.below(3) === 0)),
  update: inRoom((room, random) => room.update({ properties: { map: random.below(5) } })),
  kick: inRoom((room, random) =>
    room.kick(random.pick([...room.members.keys()]), { ban: random.below(3) === 0 }),
  ),
  assign: inRoom((room, random) =>
    room.assign(random.pick([...room.members.keys()]), random.pick(ROLES)),
  ),
  emit: ({ does }, random) =>
    does(({ events, rooms }) => {
      const room = random.pick([...rooms.all.values()])
      return events.emit('walk.wave', [random.below(100)], room ? { room: room.code } : {})
    }),
  identify: ({ does }, _random, _rooms, keys) =>
    does(async ({ players }) => {
      const { guest_key } = await players.identify({})
      if (guest_key !== undefined) keys.push(guest_key)
    }),
  'identify as a player who may be here': ({ does }, random, _rooms, keys) => {
    const guest_key = random.pick(keys)
    if (guest_key !== undefined) does(({ players }) => players.identify({ guest_key }))
  },
  cut: ({ cut }) => cut(),
  'cut and do': (walker, random, rooms, keys) => {
    walker.cut()
    DEEDS.join?.(walker, random, rooms, keys)
  },
  forge: ({ forge }) => forge(),
  repeat: ({ repeat }) => repeat(),
  'a wrong ack': ({ say }) => say({ type: 'session.ack', data: { sent: 7_777, received: 0 } }),
}

function inRoom(deed: (room: Room, random: Random) => Promise<unknown>): Deed {
  return ({ does }, random) =>
    does(async ({ rooms }) => {
      const room = random.pick([...rooms.all.values()])
      return room && deed(room, random)
    })
}

/** Where what a client sees is not what the server has. */
function differences(network: Network, rooms: ReadonlyMap<string, Spoken>): readonly string[] {
  if (network.state !== 'open') return network.state === 'closed' ? [] : [`is ${network.state}`]
  const seatedIn = [...rooms.values()]
    .map(({ room }) => room)
    .filter(({ members }) => members.some(({ session }) => session === network.session))
  const codes = [...network.rooms.all.keys()].sort()
  const wanted = seatedIn.map(({ code }) => code).sort()
  if (!isDeepStrictEqual(codes, wanted))
    return [`is in ${wanted.join(', ') || 'no room'} but thinks ${codes.join(', ') || 'in none'}`]
  return seatedIn.flatMap((room) => {
    const [seen, there] = [seenBy(network.rooms.all.get(room.code)), pictureOf(room)]
    return isDeepStrictEqual(seen, there)
      ? []
      : [`sees ${JSON.stringify(seen)} instead of ${JSON.stringify(there)}`]
  })
}

const pictureOf = (room: GameRoom<unknown>) => ({
  locked: room.locked,
  host: room.host?.number,
  properties: room.properties,
  members: room.members.map(({ number, session, name, role, away }) => ({
    ...{ number, session, name, role, away },
  })),
})

const seenBy = (room: Room | undefined) =>
  room && {
    locked: room.locked,
    host: room.host?.number,
    properties: room.properties,
    members: [...room.members.values()].map(({ number, session, name, role, away }) => ({
      ...{ number, session, name, role, away },
    })),
  }
