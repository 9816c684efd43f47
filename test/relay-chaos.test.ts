import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import { createServer } from '../server/server.ts'
import type { Any } from './support/client.ts'
import { createRandom, seedOf } from './support/clock.ts'
import { type EnginePeer, startEngines } from './support/engine-peers.ts'
import { needEngine } from './support/engines.ts'
import { createSeverable, SEVERINGS, type Severing } from './support/severing.ts'
import { sized } from './support/soak.ts'

const NAMES = ['ada', 'ben', 'cleo', 'dan']
const CUTS = sized(15, 200)
const A_CUT_MS = 1_000
/** Once the cuts are over, this long at most until everybody has heard everything. */
const BOUND_MS = 30_000
const THOUSANDS = sized(100, 1_000)

t.setTimeout(sized(180_000, 900_000))

t.test('four games play on while one connection after another is cut', async (t) => {
  const engine = needEngine(t, 'godot4')
  if (engine === undefined) return
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const random = createRandom(seed)
  const server = await createServer({ port: 0, host: '127.0.0.1' })
  t.teardown(server.close)
  const games = await startEngines(t, engine, NAMES, { game: 'res://test/chaos_game.gd' })
  const lines = await Promise.all(games.map(() => createSeverable(server.port, random)))
  t.teardown(() => Promise.all(lines.map((line) => line.close())))
  const ids = await gather(games, (index) => lines[index]?.url ?? '')

  await Promise.all(games.map((game) => game.ask('play', true)))
  const tally = new Map<Severing, number>()
  for (let cuts = 0; cuts < CUTS; ) {
    await pause(A_CUT_MS)
    const how = random.pick(SEVERINGS)
    const isCut = await random.pick(lines).sever(how)
    if (!isCut) continue
    tally.set(how, (tally.get(how) ?? 0) + 1)
    cuts++
  }
  await Promise.all(games.map((game) => game.ask('play', false)))

  const all = await settled(games, ids)
  t.comment(`cuts: ${[...tally].map(([how, many]) => `${how} ${many}`).join(', ')}`)
  checkCalls(t, all, ids)
  for (const [index, one] of all.entries())
    t.strictSame(one.nodes, all[0]?.nodes, `${games[index]?.name} has what the others have`)
  t.ok(Object.keys(all[0]?.nodes ?? {}).length > NAMES.length, 'figures and coins')
  t.ok(
    all.reduce((sum, { returns }) => sum + returns, 0) >= CUTS,
    'each cut was one to the game that it befell',
  )
  for (const game of games) {
    const told: string[] = await game.ask('take_told')
    t.strictSame(
      told.filter((one) => one.endsWith('went')),
      [],
      `${game.name} lost nobody`,
    )
    t.strictSame(game.newComplaints(), [], `${game.name} complains of nothing`)
  }
})

/** What one game said and heard in all. */
interface Summary {
  readonly said: Readonly<Record<string, number>>
  readonly heard: Readonly<Record<string, number>>
  readonly loose: readonly number[]
  readonly wrongs: readonly string[]
  readonly returns: number
  readonly frames: number
  readonly nodes: Readonly<Record<string, readonly number[]>>
}

/** All of them in one room, each over its own way there, with a figure for each. */
async function gather(
  games: readonly EnginePeer[],
  urlOf: (index: number) => string,
): Promise<number[]> {
  await Promise.all(games.map((game, index) => game.ask('open', urlOf(index))))
  const [host, ...others] = games
  const code = await host?.ask('create')
  await host?.ask('assign')
  for (const one of others) {
    await one.ask('join', code)
    await one.ask('assign')
  }
  const isComplete = (all: Any[]) => all.length === games.length - 1
  for (const one of games) await one.until(isComplete, 'peers')
  await host?.ask('people')
  for (const one of games) await one.until((all: Any[]) => all.length === games.length, 'spawned')
  return Promise.all(games.map((game) => game.ask('number')))
}

/** What all have said and heard, once that is the same, or stays different. */
async function settled(
  games: readonly EnginePeer[],
  ids: readonly number[],
): Promise<readonly Summary[]> {
  const end = performance.now() + BOUND_MS
  for (;;) {
    const all: Summary[] = await Promise.all(games.map((game) => game.ask('summary')))
    const isSame = all.every(({ nodes }) => isDeepStrictEqual(nodes, all[0]?.nodes))
    if ((isSame && missing(all, ids).length === 0) || performance.now() > end) return all
  }
}

/** Who has not heard what. */
const missing = (all: readonly Summary[], ids: readonly number[]): string[] =>
  all.flatMap(({ said }, from) =>
    all.flatMap(({ heard }, to) => {
      if (from === to) return []
      const found = [heard[`${ids[from]} all`] ?? 0, heard[`${ids[from]} one`] ?? 0]
      const expected = [said[0] ?? 0, said[ids[to] ?? 0] ?? 0]
      return isDeepStrictEqual(found, expected)
        ? []
        : [`${NAMES[to]} heard ${found} of ${NAMES[from]}’s ${expected}`]
    }),
  )

function checkCalls(t: Test, all: readonly Summary[], ids: readonly number[]): void {
  t.strictSame(missing(all, ids), [], 'every reliable call has arrived')
  t.strictSame(
    all.flatMap(({ wrongs }) => wrongs),
    [],
    'once and in order, and no unreliable one twice',
  )
  const said = all.flatMap((one) => Object.values(one.said)).reduce((sum, many) => sum + many, 0)
  const loose = all.flatMap((one) => one.loose).reduce((sum, many) => sum + many, 0)
  const frames = all.reduce((sum, one) => sum + one.frames, 0)
  t.ok(said > THOUSANDS, `${said} reliable calls`)
  t.ok(loose > frames, `${loose} unreliable calls arrived in ${frames} frames of all`)
}
