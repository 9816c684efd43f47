import t, { type Test } from 'tap'
import { createServer, type GameServer } from '../server/server.ts'
import type { Any } from './support/client.ts'
import { type EnginePeer, startEngines } from './support/engine-peers.ts'
import { needEngine } from './support/engines.ts'

/* Godot's own multiplayer among four games, each an engine of its own process. */

const NAMES = ['ada', 'ben', 'cleo', 'dan'] as const
/** What the engines say where a story tries what is not allowed. */
const EXPECTED = /not allowed on node/

t.test('four games in one room', async (t) => {
  const engine = needEngine(t, 'godot4')
  if (engine === undefined) return
  const server = await createServer({ port: 0, host: '127.0.0.1' })
  t.teardown(server.close)
  const games = await startEngines(t, engine, NAMES)
  await Promise.all(games.map((game) => game.ask('open', urlOf(server))))
  const stage = { server, games }

  const tell = (title: string, story: (t: Test, stage: Stage) => Promise<void>) =>
    t.test(title, async (t) => {
      await story(t, stage)
      await Promise.all(games.map((game) => game.ask('leave')))
    })
  await tell('every call arrives exactly where it belongs, and says who called', calls)

  for (const game of games) t.strictSame(game.complaintsBut(EXPECTED), [], game.name)
})

interface Stage {
  readonly server: GameServer
  readonly games: readonly EnginePeer[]
}

const urlOf = ({ port }: GameServer) => `ws://127.0.0.1:${port}`

/** Has them all in one room, connected to each other; the first is the host. Returns their numbers. */
async function gather(
  games: readonly EnginePeer[],
  { options = {}, seen = games.length - 1 }: { options?: object; seen?: number } = {},
): Promise<number[]> {
  const [host, ...others] = games
  const code = await host?.ask('create')
  await host?.ask('assign', options)
  for (const one of others) {
    await one.ask('join', code)
    await one.ask('assign')
  }
  for (const one of games)
    await one.until((all: Any[]) => all.length >= (one === host ? games.length - 1 : seen), 'peers')
  return Promise.all(games.map((game) => game.ask('number')))
}

/** Once all has arrived that anybody said so far. */
async function settled(games: readonly EnginePeer[]): Promise<void> {
  for (const game of games) await game.ask('say', 'any_remote', 0, 'that is all')
  const isOver = (all: Any[]) => all.filter(([, , text]) => text === 'that is all')
  for (const game of games)
    await game.until((all) => isOver(all).length === games.length - 1, 'get_heard')
}

/** What somebody heard, but for the words of `settled`. */
async function heardBy(game: EnginePeer): Promise<string[]> {
  const all: Any[] = await game.ask('take_heard')
  return all
    .filter(([, , text]) => text !== 'that is all')
    .map(([method, from, text]) => `${from} ${method} ${text}`)
}

async function calls(t: Test, { games }: Stage): Promise<void> {
  const ids = await gather(games)
  const [ada = 0, ben = 0, cleo = 0] = ids
  const expected = ids.map((): string[] => [])
  for (const method of ['any_local', 'any_remote', 'authority_local', 'authority_remote'])
    for (const caller of [ada, ben])
      for (const target of [0, cleo, -cleo, 1]) {
        const isLocal = method.endsWith('local')
        const includes = (id: number) =>
          target === 0 || id === target || (target < 0 && id !== -target)
        if (target === caller && !isLocal) continue
        await games[ids.indexOf(caller)]?.ask('say', method, target, `${target}`)
        const isAllowed = method.startsWith('any') || caller === ada
        for (const [index, id] of ids.entries())
          if (includes(id) && (id === caller ? isLocal : isAllowed))
            expected[index]?.push(`${caller} ${method} ${target}`)
      }
  await settled(games)

  for (const [index, game] of games.entries())
    t.strictSame((await heardBy(game)).sort(), expected[index]?.sort(), game.name)
  t.strictSame(await Promise.all(games.map((game) => game.ask('is_server'))), [
    true,
    false,
    false,
    false,
  ])
}
