import t, { type Test } from 'tap'
import { definePackets } from '../protocol/packet-set.ts'
import { defineState, table } from '../protocol/state.ts'
import { MOST_INPUTS } from '../protocol/state-up.ts'
import { HOOKS } from '../server/game/definition.ts'
import { defineRoom, Refusal, type RoomDefinition } from '../server/server.ts'
import type { Any } from './support/client.ts'
import type { LogLine } from './support/clock.ts'
import { stage } from './support/stage.ts'
import { say } from './support/state-inputs.ts'
import { staging } from './support/state-stage.ts'

const packets = definePackets({ Move: { data: { x: 'int8' } } })

/** All that a game's code does with a room: its hooks, what it registers, its timers. */
const PLACES = [...Object.keys(HOOKS), 'after', 'every']

/** Sooner than anybody would be pinged. */
const SOON_MS = 50
const LINGER_MS = 1_000
const marks = defineState(
  {
    marks: table({ at: 'uint8' }, { write: 'owner' }),
    players: table({ x: 'int8' }, { rows: 'members' }),
  },
  { inputs: { x: 'int8' } },
)
/** In one frame; more than wait for their ticks in two. */
const INPUTS = Array.from({ length: MOST_INPUTS }, () => ({ x: 1 }))
const SPEAKS = { namespaces: ['x'], linger_ms: LINGER_MS, state: marks }

const boom = () => {
  throw new Error('boom')
}
/** What is a promise to whoever waits for it. */
const thenable = (then: (yes: unknown, no: (error: unknown) => void) => void) =>
  Object.defineProperty({}, 'then', { value: then })
/** Looked at in whatever way, it throws. */
const hostile = new Proxy({}, { get: boom, getPrototypeOf: boom, has: boom, ownKeys: boom })

/** How it goes wrong; `false` where nothing has failed that the log could tell of. */
const WAYS: Readonly<Record<string, readonly [run: () => unknown, logged?: false]>> = {
  throws: [boom],
  rejects: [() => Promise.reject(new Error('boom'))],
  'a thenable that rejects': [() => thenable((_, no) => no('no'))],
  'a thenable that throws': [() => thenable(boom)],
  'a then that cannot be read': [() => Object.defineProperty({}, 'then', { get: boom })],
  'never resolves': [() => new Promise(() => {}), false],
  'a thenable that never resolves': [() => thenable(() => {}), false],
  'throws a Refusal': [() => thrown(new Refusal('BANNED')), false],
  'throws a Refusal that no message can tell': [
    () => thrown(new Refusal('BANNED', 'no', { cause: 10n as Any })),
    false,
  ],
  'rejects with a Refusal of no known code': [async () => new Refusal('NOPE' as Any, 'no')],
  'throws null': [() => thrown(null)],
  'throws undefined': [() => thrown(undefined)],
  'throws a string': [() => thrown('boom')],
  'throws what cannot be read': [() => thrown(hostile)],
  'rejects with what cannot be read': [() => Promise.reject(hostile)],
  'throws an error that cannot be written': [
    () => thrown(Object.defineProperty(new Error('boom'), 'message', { get: boom })),
  ],
}

function thrown(value: unknown): never {
  throw value
}

for (const place of PLACES)
  t.test(`whatever ${place} of one room does, the server and other rooms go on`, async (t) => {
    for (const [way, [run, logged]] of Object.entries(WAYS)) {
      const lines = await played(t, place, run)
      const failed = lines.filter(({ level }) => Number(level) >= 50)
      const own = failed.filter(({ room, kind }) => typeof room === 'string' && kind === 'bad')
      if (logged !== false) t.ok(own.length > 0, `${way}: the log names the room`)
      t.ok(
        failed.every((line) => line.msg !== 'session observer failed'),
        `${way}: in its place`,
      )
    }
  })

/** A room's whole life where one of its places goes wrong, beside another; what the log said. */
async function played(t: Test, place: string, run: () => unknown): Promise<readonly LogLine[]> {
  const here = staging(t, {
    rooms: { bad: badRoom(place, run), good: { namespaces: ['x'] } },
    packets,
    queues: { alone: { kind: 'bad', max: 1 } },
    rates: false,
    dev: false,
    limits: { hook_ms: SOON_MS },
  })
  const { clock } = here
  const [ada, bob, eve] = [await here.raw(), await here.raw(), await here.raw()]
  const walker = here.mirrored.of(ada)
  await eve.ask('room.create', { kind: 'good' })
  const asked = async (client: typeof ada, ...[type, data, more]: Parameters<typeof ada.ask>) => {
    const answer = client.ask(type, data, more)
    await eve.settled()
    clock.advance(SOON_MS)
    return answer
  }
  const created = await asked(ada, 'room.create', { kind: 'bad' })
  const code: string | undefined = created.data.room?.code
  await asked(bob, 'room.join', { code: code ?? 'NOROOM' })
  for (const to of ['server', 'others'])
    await asked(ada, 'event.emit', { name: 'x.y', args: [] }, { to })
  await asked(ada, 'packet', { name: 'Move', data: { x: 1 } }, { to: 'server' })
  await asked(ada, 'function.call', { name: 'x.f', args: [], timeout: SOON_MS }, { to: 'server' })
  await asked(ada, 'query', { name: 'x.q', data: 1, timeout: SOON_MS }, { to: 'server' })
  await asked(ada, 'room.describe', { data: 1 })
  await asked(ada, 'state.add', { table: 'marks', values: { at: 1 } })
  if (ada.seen.some(({ type }) => type === 'state.schema'))
    for (const first of [1, 1 + MOST_INPUTS, 1 + 2 * MOST_INPUTS]) {
      await say(walker, first, INPUTS)
      clock.advance(SOON_MS)
    }
  const dan = await here.raw()
  await asked(dan, 'match.find', { queue: 'alone' })
  const found = dan.seen.find(({ type }) => type === 'match.found')?.data.room
  await asked(dan, 'room.join', { code: found ?? 'NOROOM' })
  await eve.settled()
  await asked(dan, 'room.leave')
  bob.drop()
  await eve.settled()
  const back = await here.raw()
  const { token } = bob.welcome
  await back.ask('session.resume', { token, attempt: 1, sent: 1, received: 1, forgotten: 0 })
  await asked(ada, 'room.leave')
  await asked(back, 'room.leave')
  clock.advance(2 * LINGER_MS)
  const heard = await eve.ask('event.emit', { name: 'x.y', args: ['on'] })
  t.match(heard, { type: 'event.emit', data: { args: ['on'] } })
  t.equal(here.rooms.size, 1, 'the bad one has gone')
  here.rooms.close()
  return here.lines
}

function badRoom(place: string, run: () => unknown): RoomDefinition<unknown> {
  const hook = { [place]: run } as Any
  if (place === 'functions') return defineRoom({ ...SPEAKS, functions: { 'x.f': run } })
  if (place === 'queries') return defineRoom({ ...SPEAKS, queries: { 'x.q': run } })
  if (place in HOOKS) return defineRoom({ ...SPEAKS, ...hook })
  return defineRoom({
    ...SPEAKS,
    onCreate: (room: Any) => void room[place](SOON_MS, run),
  })
}

t.test('a room’s timers end with it, those too that it sets while it ends or later', async (t) => {
  const rung: string[] = []
  let late: (() => void) | undefined
  const clockwork = defineRoom({
    onDispose(room) {
      room.after(10, () => void rung.push('after'))
      room.every(10, () => void rung.push('every'))
      late = () => {
        room.after(10, () => void rung.push('late'))()
        room.after(10, () => void rung.push('late'))
      }
    },
  })
  const { raw, clock, make, rooms } = stage(t, { rooms: { clockwork } })
  const ada = await raw()
  await ada.ask('room.create', { kind: 'clockwork' })
  await ada.ask('room.leave')
  clock.advance(30_000)
  late?.()
  clock.advance(1_000)
  make('clockwork')
  rooms.close()
  late?.()
  clock.advance(1_000)

  t.strictSame(rung, [])
})

t.test('a server that closes leaves no timer, whatever its rooms do at the end', async (t) => {
  const refused: string[] = []
  let again = () => {}
  const phoenix = defineRoom({
    linger_ms: 1_000,
    onDispose(room) {
      for (const member of room.members) room.kick(member)
      room.every(10, () => {})
      try {
        again()
      } catch (error) {
        refused.push((error as Error).message)
      }
    },
  })
  const { raw, clock, make, rooms } = stage(t, { rooms: { phoenix } })
  again = () => void make('phoenix')
  const ada = await raw()
  await ada.ask('room.create', { kind: 'phoenix' })
  ada.drop()
  make('phoenix')

  rooms.close()

  t.strictSame(refused, ['this server is closing', 'this server is closing'])
  t.equal(rooms.size, 0)
  t.equal(clock.pending, 0)
})
