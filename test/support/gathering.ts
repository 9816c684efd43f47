import type { Test } from 'tap'
import type { GameServer } from '../../server/server.ts'
import type { Any } from './client.ts'
import type { Played } from './engine-peers.ts'

/* Games of test/peer_game.gd in one room, and what they say there. */

export interface Gathering {
  /** Of `multiplayer_peer` at the host. */
  readonly options?: object
  /** How many others those who are not the host see: all unless said. */
  readonly seen?: number
}

export const urlOf = ({ port }: GameServer) => `ws://127.0.0.1:${port}`

/** Has them all in one room, connected to each other; the first is the host. Returns their numbers. */
export async function gather(
  games: readonly Played[],
  { options = {}, seen = games.length - 1 }: Gathering = {},
): Promise<number[]> {
  const [host, ...others] = games
  const code = await host?.ask('create')
  await host?.ask('assign', options)
  for (const one of others) {
    await one.ask('join', code)
    await one.ask('assign')
  }
  await host?.until((all) => all.length === games.length - 1, 'peers')
  for (const one of others) await one.until((all) => all.length === seen, 'peers')
  return Promise.all(games.map((game) => game.ask('number')))
}

const LAST = 'that is all'

/** Waits until all has arrived that anybody said to whoever it sees. */
export async function settled(games: readonly Played[]): Promise<void> {
  const seen: number[] = await Promise.all(
    games.map(async (game) => (await game.ask('peers')).length),
  )
  for (const game of games) await game.ask('say', 'any_remote', 0, LAST)
  for (const [index, game] of games.entries())
    await game.until((all) => all.filter(isLast).length === seen[index], 'get_heard')
}

const isLast = ([, , text]: Any) => text === LAST

/** What somebody has heard since the last time, but for the words of `settled`. */
export async function heardBy(game: Played): Promise<string[]> {
  const all: Any[] = await game.ask('take_heard')
  return all
    .filter((one) => !isLast(one))
    .map(([method, from, text]) => `${from} ${method} ${text}`)
}

const METHODS = ['any_local', 'any_remote', 'authority_local', 'authority_remote']

/** Two of them call everything to everybody, one, all but one; `ids` are their numbers. */
export async function checkCalls(
  t: Test,
  games: readonly Played[],
  ids: readonly number[],
): Promise<void> {
  const expected = ids.map((): string[] => [])
  const [first = 0] = ids
  const last = ids.at(-1) ?? 0
  const third = ids[2] ?? 0
  for (const method of METHODS)
    for (const caller of [first, last])
      for (const target of [0, third, -third, first]) {
        const isLocal = method.endsWith('local')
        const isAllowed = method.startsWith('any') || caller === first
        if (target === caller && !isLocal) continue
        await games[ids.indexOf(caller)]?.ask('say', method, target, `${target}`)
        for (const [index, id] of ids.entries())
          if (isFor(target, id) && (id === caller ? isLocal : isAllowed))
            expected[index]?.push(`${caller} ${method} ${target}`)
      }
  await settled(games)

  for (const [index, game] of games.entries())
    t.strictSame((await heardBy(game)).sort(), expected[index]?.sort(), `${game.name} heard`)
}

const isFor = (target: number, id: number) =>
  target === 0 || id === target || (target < 0 && id !== -target)
