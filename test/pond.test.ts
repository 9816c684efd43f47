import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { createServer } from '../server/server.ts'
import type { Any } from './support/client.ts'
import { type EnginePeer, startEngines } from './support/engine-peers.ts'
import { needEngine } from './support/engines.ts'
import { filesIn } from './support/house.ts'

/* A game that was written for ENet, and the same game in a room. */

const EXAMPLES = 'godot-client/godot4/examples'
const ENET = `${EXAMPLES}/pond_enet`
const ROOMS = `${EXAMPLES}/pond_rooms`
/** So many pieces of bread are on the water. */
const CRUMBS = 7

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

t.test('a game for ENet moves into a room by five lines, which the guide shows', async (t) => {
  const names = (folder: string) =>
    filesIn([folder], '')
      .map((path) => path.slice(folder.length + 1))
      .filter((name) => /\.(gd|tscn)$/.test(name))
  const changes = names(ENET).flatMap((name) =>
    changesOf(read(`${ENET}/${name}`), read(`${ROOMS}/${name}`)),
  )
  const guide = read('godot-client/godot4/addons/estragon/README.md')
  const shown = /```diff\n([^`]*)```/.exec(guide)?.[1] ?? ''
  const lines = shown.split('\n').map((line) => line.replace(/^([+-])\t*/, '$1'))

  t.strictSame(names(ROOMS), names(ENET))
  t.ok(changes.filter((line) => line.startsWith('+')).length <= 5, changes.join('\n'))
  t.ok(changes.filter((line) => line.startsWith('-')).length <= 5)
  t.strictSame(lines.filter((line) => /^[+-]/.test(line)).sort(), changes.sort())
})

t.test('two engines play that game over ENet, and then in a room', async (t) => {
  const engine = needEngine(t, 'godot4')
  if (engine === undefined) return
  const server = await createServer({ port: 0, host: '127.0.0.1' })
  t.teardown(server.close)
  const [ada, ben] = (await startEngines(t, engine, ['ada', 'ben'], {
    game: 'res://test/pond_player.gd',
  })) as [EnginePeer, EnginePeer]
  const pair = { ada, ben, port: await freePort() }

  await t.test('over ENet', (t) => play(t, pair, 'pond_enet', ''))
  await t.test('in a room', (t) => play(t, pair, 'pond_rooms', `ws://127.0.0.1:${server.port}`))

  for (const game of [ada, ben]) await game.ask('quit')
  for (const { ended, newComplaints } of [ada, ben]) {
    t.match(await ended, { code: 0 })
    t.strictSame(newComplaints(), [])
  }
})

interface Pair {
  readonly ada: EnginePeer
  readonly ben: EnginePeer
  readonly port: number
}

async function play(t: Test, { ada, ben, port }: Pair, folder: string, url: string): Promise<void> {
  for (const [game, name] of [
    [ada, 'Ada'],
    [ben, 'Ben'],
  ] as const) {
    await game.ask('enter', `res://examples/${folder}/pond.tscn`, port, url)
    await game.ask('write', 'Name', name)
  }

  await ada.ask('press', 'Host')
  await ada.until(({ who }) => who === 'On the pond: Ada', 'look')
  const { address } = await ada.ask('look')
  await ben.ask('write', 'Address', url ? address.toLowerCase() : address)
  await ben.ask('press', 'Join')
  for (const game of [ada, ben])
    await game.until(({ who }) => who === 'On the pond: Ada, Ben', 'look')
  t.notOk(await ben.ask('press', 'Start'), 'the host starts')
  t.ok(await ada.ask('press', 'Start'))
  for (const game of [ada, ben]) {
    const { lobby } = await game.until(isWhole, 'look')
    t.notOk(lobby)
  }

  await ben.ask('swim', true)
  const fed = await ada.until(({ ducks }) => ducks.Ben.eaten > 1, 'look')
  await ben.ask('swim', false)
  await ada.ask('quack')
  await ben.ask('quack')
  for (const game of [ada, ben])
    await game.until(({ ducks }) => ducks.Ada.quacks === 1 && ducks.Ben.quacks === 1, 'look')
  const { ducks } = await ben.until((look) => look.ducks.Ben.eaten >= fed.ducks.Ben.eaten, 'look')
  const places = (all: Any) => [all.Ada.x, all.Ben.x].map(Math.round)
  await ada.until((look) => `${places(look.ducks)}` === `${places(ducks)}`, 'look')

  await ada.ask('leave')
  const left = await ben.until(({ who }) => who === 'The host has gone.', 'look')
  await ben.until(({ ducks, crumbs }) => crumbs === 0 && Object.keys(ducks).length === 0, 'look')
  t.ok(left.lobby)
}

const isWhole = ({ ducks, crumbs }: Any) => Object.keys(ducks).length === 2 && crumbs === CRUMBS

/** The lines of one text that the other lacks (`-`), and those that it has instead (`+`). */
function changesOf(before: string, after: string): string[] {
  const lacking = (some: string, others: string) => {
    const left = others.split('\n')
    return some.split('\n').filter((line) => {
      const at = left.indexOf(line)
      if (at >= 0) left.splice(at, 1)
      return at < 0
    })
  }
  return [
    ...lacking(before, after).map((line) => `-${line.trimStart()}`),
    ...lacking(after, before).map((line) => `+${line.trimStart()}`),
  ]
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
