import { once } from 'node:events'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import pino from 'pino'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { createServer, defineRoom, type GameServer } from '../server/server.ts'
import { ATTACKS, type Attack, attackWith, type Tally } from './support/attacks.ts'
import { openRaw, type RawClient } from './support/client.ts'
import { createClock, createRandom, createTestWorld, seedOf } from './support/clock.ts'
import { heap, mega } from './support/heap.ts'
import { sized } from './support/soak.ts'
import { NodeSocket } from './support/world.ts'

/** How many times as often as in a small attack. */
const TIMES = sized(1, 60)

t.setTimeout(sized(120_000, 1_800_000))

const seed = seedOf()
t.comment(`SEED=${seed}`)

/** What an attacker has to have met, or it was none. */
const MET: Readonly<Record<string, readonly string[]>> = {
  bursts: ['RATE_LIMITED', 'close 4101'],
  'forged claims': ['close 1006'],
  'silent sockets': ['silent', 'half'],
  poison: ['INVALID_MESSAGE', 'close 1006'],
  'floods of rooms': ['RATE_LIMITED', 'NOT_IN_ROOM'],
  'floods of sessions': ['close 4105'],
  'store floods': ['RATE_LIMITED', 'TOO_LARGE'],
}

t.test('whatever attacks it, nobody else notices, and nothing is left', async (t) => {
  const { server, errors } = await attacked(t)
  const neighbours = await talking(server)
  for (const attack of ATTACKS) await strike(attack, server, seed + 1, TIMES / 4)
  await until(() => isQuiet(server), 'the end of the warm-up')
  const before = await heap()

  for (const attack of ATTACKS) {
    const tally = await strike(attack, server, seed, TIMES)
    const told = [...tally].map(([what, times]) => `${what} ${times}`)
    t.notOk(tally.has('INTERNAL'), `${attack.name}: ${told.join(', ')}`)
    const unmet = (MET[attack.name] ?? []).filter((what) => !tally.has(what))
    t.strictSame(unmet, [], 'it was an attack')
  }

  await until(() => isQuiet(server), 'nobody but the neighbours')
  const most = before * 1.1 + SLACK
  const { after, ms } = await heapBelow(most)
  const talk = await neighbours.stop()
  t.strictSame(errors, [], 'nothing went wrong inside')
  t.strictSame(talk.wrong, [], 'the neighbours missed nothing')
  t.ok(talk.rounds > 0, `${talk.rounds} rounds of theirs`)
  t.comment(`memory is back after ${ms} ms`)
  t.ok(after < most, `heap: ${mega(before)} before, ${mega(after)} after`)
})

/** What a process of a few tens of megabytes gains and loses by itself. */
const SLACK = 2_000_000
/** Within a minute it is back: what still waits for the disk then has been written. */
const BACK_MS = 60_000

/** What is in use once it is less than that, or has not come to be in time. */
async function heapBelow(most: number): Promise<{ readonly after: number; readonly ms: number }> {
  const began = performance.now()
  for (;;) {
    const after = await heap()
    const ms = Math.round(performance.now() - began)
    if (after < most || ms > BACK_MS) return { after, ms }
  }
}

async function strike(
  attack: Attack,
  { port }: GameServer,
  seed: number,
  times: number,
): Promise<Tally> {
  let left = Math.ceil(attack.strikes * times)
  return attackWith(attack, { port, from: '127.0.0.2' }, createRandom(seed), () => left-- <= 0)
}

t.test('turn_ms: who says much at once keeps nobody waiting until it is done', async (t) => {
  const clock = createClock()
  const heard: string[] = []
  let poke = () => {}
  const server = await createServer({
    ...{ port: 0, host: '127.0.0.1', page: 'none', rates: false, limits: { turn_ms: 4 } },
    world: createTestWorld(clock),
    handlers: {
      // Each of them takes 1 ms.
      'event.emit'(_, { name, args }) {
        clock.advance(1)
        if (heard.push(`${name} ${args}`) === 1) poke()
        return { name, args, delivered: 0 }
      },
    },
  })
  t.teardown(server.close)
  const [loud, soft] = [await from('127.0.0.2', server), await from('127.0.0.1', server)]
  const said = (name: string, number: number) =>
    JSON.stringify({ type: 'event.emit', data: { name, args: [number] } })
  poke = () => soft.send(said('game.soft', 0))

  for (let count = 0; count < MANY; count++) loud.send(said('game.loud', count))
  loud.close()
  await until(() => heard.length === MANY + 1, 'all of it')

  const at = heard.indexOf('game.soft 0')
  t.ok(at <= 2 * 4, `after ${at} of ${MANY}: of one turn, and of those that waited for the next`)
  const all = Array.from({ length: MANY }, (_, count) => `game.loud ${count}`)
  t.strictSame(heard.toSpliced(at, 1), all, 'all is heard, in its order, up to the close')
})

/** More than a connection may have waiting before no more of it is read. */
const MANY = 100

async function from(localAddress: string, { port }: GameServer): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { localAddress })
  await once(socket, 'message')
  return socket
}

/** A server as it stands by default, but that those who are gone are sooner forgotten. */
async function attacked(t: Test) {
  const errors: unknown[] = []
  const write = (line: string) => void errors.push(JSON.parse(line))
  const server = await createServer({
    ...{ port: 0, host: '127.0.0.1', data: join(t.testdir({}), 'a.db'), page: 'none' },
    rooms: { arena: defineRoom({ capacity: 50, namespaces: ['game'], linger_ms: 200 }) },
    limits: { resume_ms: 200, head_ms: 400, heartbeat_ms: 300 },
    log: pino({ level: 'error' }, { write }),
  })
  t.teardown(server.close)
  return { server, errors }
}

const isQuiet = (server: GameServer) => {
  const { connections, sessions, rooms } = server.stats()
  return connections === NEIGHBOURS && sessions === NEIGHBOURS && rooms === 1
}

const NEIGHBOURS = 2

/** Two in a room, one of whom talks, asks and keeps things, and is answered right each time. */
async function talking({ port }: GameServer) {
  const url = `ws://127.0.0.1:${port}`
  const [ada, bob] = [await openRaw(NodeSocket, url), await openRaw(NodeSocket, url)]
  await ada.ask('player.identify')
  const { code } = (await ada.ask('room.create', { kind: 'arena' })).data.room
  await ada.ask('room.lock', { locked: true })
  await ada.ask('room.lock', { locked: false })
  await bob.ask('room.join', { code })
  await ada.ask('room.lock', { locked: true })
  const wrong: unknown[] = []
  let rounds = 0
  let isOver = false
  const talk = (async () => {
    while (!isOver) {
      const seen = await round(ada, bob, ++rounds)
      if (JSON.stringify(seen) !== JSON.stringify(rightOf(rounds))) wrong.push(seen)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  })().catch((error: unknown) => void wrong.push(error))
  return {
    async stop() {
      isOver = true
      await talk
      for (const one of [ada, bob]) one.close()
      return { rounds, wrong }
    },
  }
}

/** Within their rates. */
const PAUSE_MS = 60

async function round(ada: RawClient, bob: RawClient, number: number) {
  const said = await ada.ask('event.emit', { name: 'game.say', args: [number] })
  const heard = await bob.next('event')
  const asking = ada.ask('query', { name: 'game.double', data: number }, { to: 'others' })
  const question = await bob.next('query')
  bob.send({ type: 'query', re: question.id, data: { value: 2 * question.data.data } })
  const kept = await ada.ask('player.update', { props: [{ key: 'n', value: number }] })
  const asked = await asking
  return [said.data.delivered, heard.data.args, asked.data.value, kept.data.player?.props]
}

const rightOf = (number: number) => [...[1, [number], 2 * number], [{ key: 'n', value: number }]]

async function until(holds: () => boolean, wanted: string): Promise<void> {
  const end = performance.now() + 60_000
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within a minute: ${wanted}`)
    await turn()
  }
}
