import t, { type Test } from 'tap'
import { createServer, defineRoom } from '../server/server.ts'
import type { Any } from './support/client.ts'
import { createRandom, seedOf } from './support/clock.ts'
import { type EnginePeer, startEngine } from './support/engine-peers.ts'
import { needEngine } from './support/engines.ts'
import { sized } from './support/soak.ts'

/* Four games, each an engine of its own process, whose host goes; and games that stand still. */

const KILLS = sized(2, 20)
const GAME = 'res://test/survivor.gd'
const HOST_MS = 500
/** Fresh peers are there by then; in `npm test` beside other tests nothing is timed. */
const BOUND_MS = sized(Number.POSITIVE_INFINITY, HOST_MS + 1_000)
/** How soon a process that stands still is away, and gone. */
const LIMITS = { seated_heartbeat_ms: 500, resume_ms: 2_500 }
/** So many nodes are spawned whoever plays: a beacon and coins. */
const LASTING = ['beacon', 'coin0', 'coin1', 'coin2', 'coin3', 'coin4']

t.setTimeout(sized(120_000, 600_000))

t.test('games go on when their host is gone', async (t) => {
  const engine = needEngine(t, 'godot4')
  if (engine === undefined) return
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const random = createRandom(seed)
  const arena = defineRoom({ host_ms: HOST_MS, capacity: 8 })
  const server = await createServer({
    ...{ port: 0, host: '127.0.0.1', rooms: { arena }, limits: LIMITS },
  })
  t.teardown(server.close)
  const url = `ws://127.0.0.1:${server.port}`
  let started = 0
  const start = () => startEngine(t, engine, `game ${++started}`, { game: GAME })
  const all = await Promise.all([start(), start(), start(), start()])
  const games: EnginePeer[] = []
  t.teardown(() => {
    if (!t.passing())
      for (const one of all) t.comment([one.name, ...one.newComplaints()].join('\n'))
  })
  const mark = `mark ${random.below(1_000_000)}`
  let code = ''

  /** One more game, in the same room as the others. */
  async function enter(game: EnginePeer): Promise<void> {
    code = await game.ask('sit', url, code)
    games.push(game)
  }

  for (const game of all) await enter(game)
  await games[0]?.ask('begin', mark)
  await together(games)

  for (let kill = 1; kill <= KILLS; kill++) {
    const mode = kill % 2 ? 'RESTORE' : 'RELOAD'
    await t.test(`the host of four is killed, and the others go on by ${mode}`, async (t) => {
      for (const game of games) await game.ask('prefer', mode)
      await frames(games[0], random.below(60))
      await survive(t, { games, mode, mark })
    })
    const late = await start()
    all.push(late)
    await enter(late)
    await together(games)
  }

  await t.test(
    'a host that stood still goes on under another, and its late words are nobody’s',
    (t) => stand(t, games, mark),
  )
  await t.test('a game that stood still for too long has lost its server, and the others it', (t) =>
    miss(t, games),
  )

  for (const game of games) await game.ask('leave')
  for (const { ended, name, newComplaints } of games) {
    t.match(await ended, { code: 0 }, name)
    t.strictSame(newComplaints(), [], `${name} complains of nothing`)
  }
})

interface Stage {
  /** In the order of their seats: the first is the host. */
  readonly games: EnginePeer[]
  readonly mode: 'RESTORE' | 'RELOAD'
  readonly mark: string
}

async function survive(t: Test, { games, mode, mark }: Stage): Promise<void> {
  const host = games.shift() as EnginePeer
  const [heir, ...others] = games as [EnginePeer, ...EnginePeer[]]
  const ids: number[] = await Promise.all(games.map(async (game) => (await game.ask('look')).id))
  for (const game of games) await game.ask('forget')
  const { epoch } = await host.ask('look')
  const handed = await host.ask('hand_over')

  await host.kill()
  const killed = performance.now()
  for (const game of others) await game.until(hears(1, epoch), 'look')
  for (const id of ids.slice(1)) await heir.until(hears(id, epoch), 'look')
  const ms = Math.round(performance.now() - killed)
  await together(games)

  const looks = await Promise.all(games.map((game) => game.ask('look')))
  const took = looks.map(({ told }) => timeOf(told, 'migrated') - timeOf(told, 'away'))
  const [{ nodes, orphans }] = looks as [Any]
  t.comment(`${mode}: all play on ${ms} ms after the kill; fresh peers after ${took} ms`)
  t.comment(`${nodes} nodes in each, ${orphans} orphans`)
  t.strictSame(
    looks.map(({ id }) => id),
    [1, ...ids.slice(1)],
    'the heir is peer 1, the others keep their numbers',
  )
  for (const [index, look] of looks.entries()) {
    const { told, beat, own, late, skipped, failed, orphans } = look
    const words = told.map(([, , what]: Told) => what)
    const count = (word: string) => words.filter((one: string) => one === word).length
    t.equal(look.mark, mark, 'what was handed over')
    t.ok(beat >= handed.beat, `the beacon goes on: ${beat} after ${handed.beat}`)
    const before = handed.figures[`${ids[index]}`]
    t.ok(own >= before, `a figure goes on: ${own} after ${before}`)
    t.strictSame([late, skipped, failed, orphans], [0, 0, 0, 0], 'late, skipped, failed, orphans')
    t.strictSame([count('server went'), count('migrated')], [1, 1])
    t.equal(count('restored'), index === 0 ? 1 : 0)
    t.equal(frameOf(told, 'migrated'), frameOf(told, 'server went'), 'in the same frame')
    t.ok(Number(took[index]) < BOUND_MS, `within ${BOUND_MS} ms of being told away`)
  }
  t.equal(new Set(looks.map(({ nodes }) => nodes)).size, 1, 'as many nodes everywhere')
}

/** The host wakes when it is none any more, and still says what it said as one. */
async function stand(t: Test, games: readonly EnginePeer[], mark: string): Promise<void> {
  const [host, heir, ...others] = games as [EnginePeer, EnginePeer, ...EnginePeer[]]
  const { epoch } = await host.ask('look')
  host.freeze()
  await heir.until(({ id }) => id === 1, 'look')
  for (const game of others) await game.until(hears(1, epoch), 'look')
  host.thaw()
  await host.until(hears(1, epoch), 'look')
  await together(games)

  const looks = await Promise.all(games.map((game) => game.ask('look')))
  const { spoken, id } = looks[0] as Any
  t.ok(id > 1, 'an ordinary peer')
  for (const { heard, late, skipped } of looks.slice(1)) {
    const last = heard[epoch][1]
    t.ok(last < spoken[epoch], `of ${spoken[epoch]} words only ${last} were heard`)
    t.strictSame([late, skipped], [0, 0])
  }
  for (const look of looks) t.equal(look.mark, mark)
}

async function miss(t: Test, games: readonly EnginePeer[]): Promise<void> {
  const others = games.slice(0, -1)
  const last = games.at(-1) as EnginePeer
  const { id } = await last.ask('look')
  for (const game of games) await game.ask('forget')
  last.freeze()
  for (const game of others) await game.until(hasTold(`${id} went`), 'look')
  last.thaw()
  const { told } = await last.until(hasTold('server went'), 'look')

  t.strictSame(
    told.map(([, , what]: Told) => what).filter((one: string) => one === 'migrated'),
    [],
  )
  for (const game of others) {
    const { names, told } = await game.until(({ names }) => !names.includes(`figure${id}`), 'look')
    t.strictSame(names.filter((name: string) => LASTING.includes(name)).sort(), LASTING)
    t.notMatch(told, [[Number, Number, 'server went']])
  }
}

type Told = readonly [frame: number, ms: number, what: string]
const hasTold =
  (word: string) =>
  ({ told }: Any) =>
    told.some(([, , what]: Told) => what === word)
const timeOf = (told: readonly Told[], word: string) =>
  told.find(([, , what]) => what === word)?.[1] ?? Number.NaN
const frameOf = (told: readonly Told[], word: string) =>
  told.find(([, , what]) => what === word)?.[0]

/** Whether it has heard somebody in an epoch after another. */
const hears =
  (id: number, after: number) =>
  ({ heard, epoch }: Any) =>
    epoch > after && heard[epoch]?.[id] !== undefined

/** Until everybody sees everybody, and a figure of each, and nobody else. */
async function together(games: readonly EnginePeer[]): Promise<void> {
  const ids: number[] = []
  for (const game of games) ids.push((await game.ask('look')).id)
  const names = [...LASTING, ...ids.map((id) => `figure${id}`)].sort().join()
  for (const game of games)
    await game.until((look) => [...look.names].sort().join() === names, 'look')
}

/** So many frames of a game’s. */
async function frames(game: EnginePeer | undefined, count: number): Promise<void> {
  for (let times = 0; times < count; times++) await game?.ask('get_index')
}
