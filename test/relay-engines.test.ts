import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createServer, type GameServer } from '../server/server.ts'
import { openRaw, type Seen } from './support/client.ts'
import { createRandom } from './support/clock.ts'
import { type EnginePeer, startEngine, startEngines } from './support/engine-peers.ts'
import { needEngine } from './support/engines.ts'
import { checkCalls, gather, heardBy, settled, urlOf } from './support/gathering.ts'
import { sit } from './support/peers.ts'
import { until } from './support/promise.ts'
import { changesScene, hands, hides, isPaused, spawns } from './support/relay-scenes.ts'
import { createSeverable, type SeverableLine } from './support/severing.ts'
import { NodeSocket, type TestWorld } from './support/world.ts'

/* Godot's own multiplayer among four games, each an engine of its own process. */

const NAMES = ['ada', 'ben', 'cleo', 'dan'] as const
/** What the engines say where a story tries what is not allowed, or one hears before another. */
const EXPECTED = /not allowed on node|RELAY_REFUSED|Ignoring sync data from non-authority/

interface Stage {
  readonly server: GameServer
  readonly games: readonly EnginePeer[]
  /** The way of the last of them. */
  readonly line: SeverableLine
}
type Story = (t: Test, stage: Stage) => Promise<void>

const STORIES: Readonly<Record<string, Story>> = {
  async 'every call arrives exactly where it belongs, and says who called'(t, { games }) {
    const ids = await gather(games)
    await checkCalls(t, games, ids)
    const servers = await Promise.all(games.map((game) => game.ask('is_server')))
    t.strictSame(servers, [true, false, false, false])
  },

  async 'what is reliable comes in order, on every channel'(t, { games }) {
    const [, ben = 0] = await gather(games)
    const channels = ['any_remote', 'channel_1', 'channel_7']
    for (const part of ['a', 'b', 'c'])
      for (const channel of channels) await games[1]?.ask('say_often', channel, 0, 20, part)
    await settled(games)

    const numbers = Array.from({ length: 20 }, (_, number) => number)
    for (const game of games) {
      const heard = await heardBy(game)
      for (const channel of game === games[1] ? [] : channels)
        t.strictSame(
          heard.filter((one) => one.includes(channel)),
          ['a', 'b', 'c'].flatMap((part) => numbers.map((n) => `${ben} ${channel} ${n}${part}`)),
          `${game.name} heard ${channel}`,
        )
    }
  },

  async 'what a game says in one of its frames goes as one message'(t, { games, line }) {
    await gather(games)
    await settled(games)
    for (const game of games) await game.ask('take_heard')
    const before = line.said
    await games.at(-1)?.ask('say_often', 'any_remote', 0, 20)
    for (const game of games.slice(0, -1)) await game.until((all) => all.length === 20, 'get_heard')

    t.equal(line.said - before, 1)
  },

  async 'who reads slowly misses what is unreliable, and nothing else'(t, { games, line }) {
    await gather(games)
    const [ada, , cleo, dan] = games
    line.stall()
    for (let part = 0; part < 4; part++) {
      await ada?.ask('say_steadily', 'unreliable', 0, 30, 'x'.repeat(55_000))
      await ada?.ask('say', 'any_remote', 0, `part ${part}`)
    }
    line.flow()
    await settled(games)

    const [near, far] = [await heardBy(cleo as EnginePeer), await heardBy(dan as EnginePeer)]
    const reliable = (heard: readonly string[]) => heard.filter((one) => one.includes('part'))
    t.strictSame(reliable(far), reliable(near))
    t.equal(reliable(far).length, 4)
    t.equal(near.length, 124)
    t.ok(far.length < 100, `${far.length} came through`)
  },

  async 'the host is 1, and no number is used again'(t, { games }) {
    const ids = await gather(games)
    const [ada, ben] = games
    const all = new Set(ids)
    for (let times = 0; times < 8; times++) {
      await ben?.ask('release')
      t.not(await ben?.ask('assign'), 0, 'while it connects')
      await ben?.until((peers) => peers.length === 3, 'peers')
      all.add(await ben?.ask('number'))
    }

    t.equal(await ada?.ask('number'), 1)
    t.equal(all.size, ids.length + 8)
    t.ok([...all].every((id) => Number.isInteger(id) && id >= 1 && id < 2 ** 31))
  },

  async 'in a star everything goes by way of peer 1'(t, { games, line }) {
    const ids = await gather([...games].reverse(), { options: { mode: 'star' } })
    const [ada, ben, cleo, dan] = games as [EnginePeer, EnginePeer, EnginePeer, EnginePeer]
    await checkCalls(t, [dan, cleo, ben, ada], ids)

    line.stall()
    await ada.ask('say', 'any_remote', await ben.ask('number'), 'past a host that hears nothing')
    await ada.ask('say', 'any_remote', 0, 'to all')
    for (let frame = 0; frame < 30; frame++) await ben.ask('number')
    const before = [...(await heardBy(ben)), ...(await heardBy(cleo))]
    line.flow()
    await settled([dan, cleo, ben, ada])

    const id = await ada.ask('number')
    t.strictSame(before, [])
    t.strictSame(await heardBy(ben), [
      `${id} any_remote past a host that hears nothing`,
      `${id} any_remote to all`,
    ])
    t.strictSame(await heardBy(cleo), [`${id} any_remote to all`])
  },

  async 'in a star whose host passes nothing on, clients see nobody but it'(t, { games }) {
    const [ada, ben, cleo] = games as [EnginePeer, EnginePeer, EnginePeer]
    await ada.ask('pass_on', false)
    const [, benId = 0] = await gather(games, { options: { mode: 'star' }, seen: 1 })
    await ben.ask('say', 'any_remote', 0, 'to all')
    await ada.ask('say', 'any_remote', 0, 'to all')
    await settled(games)
    await ada.ask('pass_on', true)

    t.strictSame(await heardBy(ada), [`${benId} any_remote to all`])
    t.strictSame(await heardBy(cleo), ['1 any_remote to all'])
  },

  async 'a peer is disconnected, refused and taken again, and closes'(t, { games }) {
    const [ada, ben, cleo, dan] = games as [EnginePeer, EnginePeer, EnginePeer, EnginePeer]
    const [, benId, , danId] = await gather(games)
    for (const game of games) await game.ask('take_told')

    await ada.ask('disconnect_peer', benId)
    const left = [await ben.until(isOver, 'get_told')]
    for (const game of [ada, cleo, dan]) await game.until(says(`${benId} went`), 'get_told')
    await ada.ask('refuse', true)
    await ben.ask('assign')
    await ben.until(says('failed'), 'get_told')
    await ada.ask('refuse', false)
    await ben.ask('assign')
    await ben.until((all) => all.length === 3, 'peers')
    await dan.ask('release')
    for (const game of [ada, ben, cleo]) await game.until(says(`${danId} went`), 'get_told')
    await ben.ask('take_told')
    await ada.ask('close')
    left.push(await ben.until(isOver, 'get_told'))

    t.strictSame(left, [
      ['1 went', 'server went'],
      ['1 went', 'server went'],
    ])
    t.equal(await cleo.ask('status'), 0)
  },

  async 'a game without the add-on plays along in a mesh'(t, { server, games }) {
    await plain(t, { server, games, mode: 'mesh' })
  },

  async 'a game without the add-on plays along in a star'(t, { server, games }) {
    await plain(t, { server, games, mode: 'star' })
  },

  async 'a headless game is peer 1 of a room in which players alone have seats'(t, { games }) {
    const [server, ben, cleo, dan] = games as [EnginePeer, EnginePeer, EnginePeer, EnginePeer]
    const code = await server.ask('dedicate', { capacity: 3, properties: { map: 'moor' } })
    for (const game of [ben, cleo, dan]) {
      t.notMatch(await game.ask('join', code), 'ROOM_FULL')
      await game.ask('assign')
    }
    for (const game of games) await game.until((all) => all.length === 3, 'peers')
    const ids: number[] = await Promise.all(games.map((game) => game.ask('number')))
    await checkCalls(t, games, ids)
    await server.ask('spawn', 'coin', 'gold')
    for (const game of [ben, cleo, dan]) await game.until((all) => all.includes('coin'), 'spawned')
    await ben.ask('leave')
    for (const game of [server, cleo]) await game.until(says(`${ids[1]} went`), 'get_told')
    await server.ask('close')
    await cleo.until(isOver, 'get_told')

    t.equal(ids[0], 1)
    t.equal(await server.ask('room_code'), '', 'it sits nowhere')
  },

  async 'who lets go of a peer while it opens leaves none behind'(t, { games }) {
    const [ada, ben] = games as [EnginePeer, EnginePeer]
    await ben.ask('join', await ada.ask('create'))
    await ada.ask('assign')
    await ben.ask('hesitate')
    await ada.until((told) => told.length >= 2, 'get_told')
    await ben.ask('assign')
    await ada.until((all) => all.length === 1, 'peers')

    const told = await ada.ask('get_told')
    const id = await ben.ask('number')
    t.match(told, [/ came/, / went/, `${id} came`])
  },

  'what is spawned and synchronised is there for all four, and for who comes late': spawns,
  'a node is there for those who may see it': hides,
  'a node is handed from one to another': hands,
  'a paused game plays along': isPaused,
  'a game that changes its scene stays a peer': changesScene,

  async 'who forges, floods and aims at others reaches none of four games'(t, { server, games }) {
    const ids = await gather(games)
    const code = await games[0]?.ask('room_code')
    const w = { raw: () => openRaw(NodeSocket, urlOf(server)) } as TestWorld
    const [eve, mallory, outside] = [
      await sit(w, 'eve'),
      await sit(w, 'mal', code),
      await sit(w, 'out', code),
    ]
    await eve.open()
    await mallory.open()
    for (const game of games) await game.until((all) => all.length === 4, 'peers')
    const RAW = '\u0003raw'

    for (const id of ids) eve.say([id], RAW)
    outside.say([0], RAW, { epoch: 1 })
    for (const epoch of [0, 2, 9]) mallory.say([0], RAW, { epoch })
    mallory.sendBytes(Buffer.from([0xd2, 0, 1, 1, 0, 0, 0, 0, 1, 1, 3, 3]))
    mallory.say([0], new Uint8Array(60_000).fill(3))
    for (let count = 0; count < 2_400; count++) mallory.say([1], RAW, { unreliable: true })
    await games[1]?.ask('say_often', 'any_remote', 0, 50)
    const refused = () => codesOf(mallory.seen)
    await until(() => refused().has('RATE_LIMITED'), 'it is too fast')
    for (const one of [eve, mallory, outside]) one.close()
    for (const game of games) await game.until((all) => all.length === 3, 'peers')
    await settled(games)

    t.strictSame(codesOf(eve.seen), new Set(['INVALID_TARGET']))
    t.strictSame(codesOf(outside.seen), new Set(['NOT_A_PEER']))
    const ends = ['INVALID_MESSAGE_DATA', 'RATE_LIMITED', 'RELAY_EPOCH', 'TOO_LARGE']
    t.strictSame([...refused()].sort(), ends)
    const [first, ...others] = await Promise.all(games.map((game) => game.ask('take_raw')))
    t.ok(first > 1_000 && first < 2_400, `${first} of 2,400 came to whom they were for`)
    t.strictSame(others, [0, 0, 0])
    for (const game of games)
      t.equal((await heardBy(game)).length, game === games[1] ? 0 : 50, game.name)
  },
}

t.test('four games in one room', async (t) => {
  const engine = needEngine(t, 'godot4')
  if (engine === undefined) return
  const server = await createServer({ port: 0, host: '127.0.0.1', dev: true })
  t.teardown(server.close)
  const line = await createSeverable(server.port, createRandom(1))
  t.teardown(line.close)
  const games = await startEngines(t, engine, NAMES)
  const last = games.at(-1)
  await Promise.all(games.map((game) => game.ask('open', game === last ? line.url : urlOf(server))))

  for (const [title, story] of Object.entries(STORIES)) {
    await t.test(title, async (t) => {
      await story(t, { server, games, line })
      await Promise.all(games.map((game) => game.ask('leave')))
      for (const game of games)
        t.strictSame(game.newComplaints(EXPECTED), [], `${game.name} complains of nothing`)
    })
    // The next ones would wait in vain.
    if (!t.passing()) break
  }
})

t.test('a game that is started again may assign its peer before it is back', async (t) => {
  const engine = needEngine(t, 'godot4')
  if (engine === undefined) return
  const server = await createServer({ port: 0, host: '127.0.0.1' })
  t.teardown(server.close)
  const home = await mkdtemp(join(tmpdir(), 'estragon-games-'))
  t.teardown(() => rm(home, { recursive: true, force: true }))
  const env = { XDG_DATA_HOME: home }
  const first = await startEngine(t, engine, 'first', { env })
  await first.ask('persist')
  await first.ask('open', urlOf(server))
  await gather([first])
  await first.kill()

  const again = await startEngine(t, engine, 'again', { env })
  await again.ask('persist')
  await again.ask('assign')
  const before = await again.ask('status')
  await again.ask('open', urlOf(server))
  await again.until((status) => status === 2, 'status')

  t.equal(before, 1)
  t.equal(await again.ask('number'), 1)
})

/** The last of the games has no add-on there. */
async function plain(
  t: Test,
  { server, games, mode }: Omit<Stage, 'line'> & { readonly mode: string },
): Promise<void> {
  const [ada, ben, cleo, dan] = games as [EnginePeer, EnginePeer, EnginePeer, EnginePeer]
  const ids = await gather([ada, ben, cleo], { options: { mode } })
  const code = await ada.ask('room_code')
  await dan.ask('assign_stock', `${urlOf(server)}/godot/${code}`)
  for (const game of games) await game.until((all) => all.length === 3, 'peers')
  const id = await dan.ask('number')
  await checkCalls(t, games, [...ids, id])

  await ada.ask('spawn', 'coin', 'gold')
  await dan.until((all) => all.includes('coin'), 'spawned')
  await ada.ask('place', 'coin', 7)
  await dan.until((x) => x === 7, 'place_of', 'coin')
  await dan.ask('release')
  for (const game of [ada, ben, cleo]) await game.until(says(`${id} went`), 'get_told')
  t.equal(await ben.ask('text_of', 'coin'), 'gold')
}

const says = (text: string) => (told: readonly string[]) => told.includes(text)
const isOver = says('server went')

const codesOf = (seen: readonly Seen[]) =>
  new Set(seen.flatMap(({ type, data }) => (type === 'error' ? [String(data.code)] : [])))
