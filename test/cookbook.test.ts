import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { createServer } from '../server/server.ts'
import type { Any } from './support/client.ts'
import {
  block,
  CLIENTS,
  makeProject,
  type Player,
  playInGodot,
  playInNode,
  readCookbook,
  serve,
} from './support/cookbook.ts'
import { openPrompter } from './support/cookbook-prompter.ts'
import { needEngine } from './support/engines.ts'

const MOST_LINES = 40
const TITLES = ['Chat', 'Twenty-one matches', 'A basket of carrots', 'The highest card']
const cookbook = readCookbook()

t.test('every recipe has a client in each language, in under 40 lines', async (t) => {
  t.strictSame([...cookbook.keys()], TITLES)
  for (const recipe of cookbook.values())
    for (const client of CLIENTS)
      t.ok(block(recipe, client).split('\n').length < MOST_LINES, `${recipe.title}: ${client}`)
})

t.test('what Foundry’s modules call is there with the lines of the cookbook', async (t) => {
  const [gm, ada, bob] = await foundry(t)
  const [module, atAda, atBob] = [gm, ada, bob].map(({ socketlib }) =>
    socketlib.registerModule('My-Module'),
  )
  const heard: unknown[] = []
  const ran: unknown[] = []
  let answer = (_: number) => {}
  for (const [who, { socket }] of Object.entries({ gm, ada, bob }))
    socket.on('module.my-module', (...args: unknown[]) => heard.push([who, ...args]))
  const user = ({ network }: Foundry): string => network.players.me.id
  for (const [who, one] of Object.entries({ gm: module, ada: atAda, bob: atBob })) {
    one.register('mark', (...args: unknown[]) => void ran.push([who, ...args]))
    one.register('who', function (this: Any) {
      return this.socketdata.userId
    })
  }
  const slowly = () => new Promise((resolve) => (answer = resolve))
  module.register('slowly', slowly)

  const acknowledged = await new Promise((resolve) =>
    ada.socket.emit('module.my-module', 'foo', { bar: 1 }, (...args: unknown[]) => resolve(args)),
  )
  t.strictSame(acknowledged, ['foo', { bar: 1 }])
  t.equal(await atAda.executeAsGM('who'), user(ada))
  t.equal(await atAda.executeAsUser('who', user(bob)), user(ada))
  t.equal(await atAda.executeAsUser('who', user(ada)), user(ada))
  await atAda.executeForUsers('mark', [user(bob), user(gm)], 'users')
  await atAda.executeForUsers('mark', [], 'nobody')
  await atAda.executeForAllGMs('mark', 'gms')
  await module.executeForOtherGMs('mark', 'other gms')
  await atAda.executeForEveryone('mark', 'everyone')
  await atAda.executeForOthers('mark', 'others')
  const late = module.executeAsGM(slowly)
  answer(8)
  t.equal(await late, 8)
  await t.rejects(atAda.executeAsUser('who', 'nobody'), { code: 'INVALID_TARGET' })
  for (const one of [atBob, module, atAda]) await one.executeAsUser('who', user(bob))

  const sorted = (all: unknown[]) => all.map((one) => JSON.stringify(one)).sort()
  t.strictSame(
    sorted(heard),
    sorted([
      ['bob', 'foo', { bar: 1 }],
      ['gm', 'foo', { bar: 1 }],
    ]),
  )
  const all = ['gm', 'ada', 'bob']
  t.strictSame(
    sorted(ran),
    sorted([
      ...['bob', 'gm'].map((who) => [who, 'users']),
      ['gm', 'gms'],
      ...all.map((who) => [who, 'everyone']),
      ...['gm', 'bob'].map((who) => [who, 'others']),
    ]),
  )
})

interface Foundry {
  readonly network: Any
  readonly socket: Any
  readonly socketlib: Any
}

/** Three users of a world, the GM first: each loads the cookbook's lines for itself. */
async function foundry(t: Test): Promise<[Foundry, Foundry, Foundry]> {
  const server = await createServer({ port: 0, host: '127.0.0.1', data: ':memory:' })
  t.teardown(() => server.close())
  const library = new URL('../web-client/client.ts', import.meta.url).href
  const text = readFileSync(new URL('../protocol/cookbook.md', import.meta.url), 'utf8')
  const [, code = ''] = /^## Foundry[\s\S]*?```ts\n([\s\S]*?)```/m.exec(text) ?? []
  const lines = code
    .replace("'estragon/client'", `'${library}'`)
    .replace("('ws://127.0.0.1:1234')", `('ws://127.0.0.1:${server.port}')`)
  const folder = t.testdir({ 'gm.ts': lines, 'ada.ts': lines, 'bob.ts': lines })
  const before = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket')
  Object.defineProperty(globalThis, 'WebSocket', { value: WebSocket, configurable: true })
  t.teardown(() => {
    if (before) Object.defineProperty(globalThis, 'WebSocket', before)
    else Reflect.deleteProperty(globalThis, 'WebSocket')
  })
  const load = async (name: string): Promise<Foundry> => {
    const one = await import(pathToFileURL(join(folder, `${name}.ts`)).href)
    t.teardown(() => one.network.close())
    return one
  }
  return [await load('gm'), await load('ada'), await load('bob')]
}

const godot4 = needEngine(t, 'godot4')
const godot3 = needEngine(t, 'godot3')

interface Cast {
  readonly vladimir: Player
  readonly estragon: Player
  readonly pozzo: Player
}

if (godot4 !== undefined && godot3 !== undefined) {
  const folder = t.testdir()
  const projects = [
    makeProject(folder, 'godot4', godot4),
    makeProject(folder, 'godot3', godot3),
  ] as const

  /** Vladimir plays in Node, Estragon in Godot 4 and Pozzo in Godot 3, all connected. */
  const raise = async (t: Test, title: string): Promise<Cast> => {
    const recipe = cookbook.get(title)
    if (!recipe) throw new Error(`cookbook.md: expected a recipe "${title}"`)
    const [project4, project3] = projects
    const stage = { recipe, url: await serve(t, folder, recipe), prompter: await openPrompter(t) }
    const cast = {
      estragon: playInGodot(t, project4, stage),
      pozzo: playInGodot(t, project3, stage),
      vladimir: await playInNode(t, folder, stage),
    }
    await all(cast, 'Connected')
    return cast
  }

  t.test('a chat is entered by its code, and all read the same', async (t) => {
    const cast = await raise(t, 'Chat')
    const { vladimir, estragon, pozzo } = cast
    const refusal = 'room.join.code: no room is called AAAAAA'

    estragon.calls('enter', 'Estragon', 'AAAAAA')
    await estragon.prints(refusal)
    vladimir.calls('enter', 'Vladimir')
    const code = (await vladimir.prints(/^Room /)).slice(5, 11)
    estragon.calls('enter', 'Estragon', code)
    await estragon.prints(`Room ${code}: Vladimir, Estragon`)
    await vladimir.prints('Estragon came')
    pozzo.calls('enter', 'Pozzo', code.toLowerCase())
    await pozzo.prints(`Room ${code}: Vladimir, Estragon, Pozzo`)
    await estragon.prints('Pozzo came')
    estragon.calls('say', 'Nothing to be done.')
    await all(cast, 'Estragon: Nothing to be done.')
    pozzo.calls('say', 'I am Pozzo!')
    await all(cast, 'Pozzo: I am Pozzo!')
    vladimir.calls('say', 'Ça va?')
    await all(cast, 'Vladimir: Ça va?')
    pozzo.calls('leave')
    for (const player of [vladimir, estragon]) await player.prints('Pozzo left')
    vladimir.calls('leave')
    await estragon.prints('Vladimir left')

    const talk = ['Estragon: Nothing to be done.', 'Pozzo: I am Pozzo!', 'Vladimir: Ça va?']
    t.strictSame(vladimir.lines, [
      'Connected',
      `Room ${code}: Vladimir`,
      'Estragon came',
      'Pozzo came',
      ...talk,
      'Pozzo left',
    ])
    t.strictSame(estragon.lines, [
      'Connected',
      refusal,
      `Room ${code}: Vladimir, Estragon`,
      'Pozzo came',
      ...talk,
      'Pozzo left',
      'Vladimir left',
    ])
    t.strictSame(pozzo.lines, ['Connected', `Room ${code}: Vladimir, Estragon, Pozzo`, ...talk])
  })

  t.test('a hand is seen by who holds it, until all are shown', async (t) => {
    const players = await raise(t, 'The highest card')
    const seats = [
      ['Vladimir', players.vladimir],
      ['Estragon', players.estragon],
      ['Pozzo', players.pozzo],
    ] as const
    for (const [name, player] of seats) {
      player.calls('play', name)
      await player.prints('Seated')
    }
    const cards = new Map<string, string | undefined>()
    for (const [name, player] of seats)
      cards.set(name, (await player.prints(/^Mine is \d+$/)).split(' ')[2])
    const dealt = new Map(cards)
    const { vladimir, estragon, pozzo } = players

    vladimir.calls('choose', 'swap')
    cards.set('Vladimir', (await vladimir.prints(/^Mine is \d+ now$/)).split(' ')[2])
    vladimir.calls('choose', 'keep')
    await vladimir.prints('You cannot choose now.')
    for (const player of [estragon, pozzo]) player.calls('choose', 'keep')
    const shown = seats.map(([name]) => `${name} has ${cards.get(name)}`)
    for (const [, player] of seats) for (const line of shown) await player.prints(line)

    t.equal(new Set([...cards.values(), dealt.get('Vladimir')]).size, 4, 'each has its own')
    for (const [name, player] of [...seats].slice(1))
      t.strictSame(
        player.lines,
        ['Connected', 'Seated', `Mine is ${cards.get(name)}`, ...shown],
        'and nothing of what others hold',
      )
  })

  t.test('a game in turns is played by its rules, also when one leaves', async (t) => {
    const { vladimir, estragon, pozzo } = await raise(t, 'Twenty-one matches')
    const seats = { Vladimir: vladimir, Estragon: estragon, Pozzo: pozzo }
    const stands = async (left: number, name: string, players: Partial<typeof seats> = seats) => {
      for (const [its, player] of Object.entries(players))
        await player.prints(`${left} left, ${its === name ? 'your turn' : `${name} is to move`}`)
    }

    let number = 0
    for (const [name, player] of Object.entries(seats)) {
      player.calls('play', name)
      await player.prints(`Seat ${++number} of 3`)
    }
    await stands(21, 'Vladimir')
    pozzo.calls('take', 2)
    await pozzo.prints('It is not your turn.')
    vladimir.calls('take', 4)
    await vladimir.prints('Take one, two or three of those left.')
    vladimir.calls('take', 3)
    await stands(18, 'Estragon')
    estragon.calls('take', 3)
    await stands(15, 'Pozzo')
    pozzo.calls('take', 3)
    await stands(12, 'Vladimir')
    vladimir.calls('take', 3)
    await stands(9, 'Estragon')
    estragon.calls('take', 3)
    await stands(6, 'Pozzo')
    const two = { Vladimir: vladimir, Estragon: estragon }
    pozzo.calls('leave')
    await stands(6, 'Vladimir', two)
    vladimir.calls('take', 1)
    await stands(5, 'Estragon', two)
    estragon.calls('take', 3)
    await stands(2, 'Vladimir', two)
    vladimir.calls('take', 3)
    await vladimir.prints('Take one, two or three of those left.', 2)
    vladimir.calls('take', 2)
    for (const player of [vladimir, estragon])
      await player.prints('Vladimir took the last match and wins')

    t.strictSame(pozzo.lines, [
      'Connected',
      'Seat 3 of 3',
      '21 left, Vladimir is to move',
      'It is not your turn.',
      '18 left, Estragon is to move',
      '15 left, your turn',
      '12 left, Vladimir is to move',
      '9 left, Estragon is to move',
      '6 left, your turn',
    ])
    t.strictSame(vladimir.lines, [
      'Connected',
      'Seat 1 of 3',
      '21 left, your turn',
      'Take one, two or three of those left.',
      '18 left, Estragon is to move',
      '15 left, Pozzo is to move',
      '12 left, your turn',
      '9 left, Estragon is to move',
      '6 left, Pozzo is to move',
      '6 left, your turn',
      '5 left, Estragon is to move',
      '2 left, your turn',
      'Take one, two or three of those left.',
      'Vladimir took the last match and wins',
    ])
    t.strictSame(estragon.lines, [
      'Connected',
      'Seat 2 of 3',
      '21 left, Vladimir is to move',
      '18 left, your turn',
      '15 left, Pozzo is to move',
      '12 left, Vladimir is to move',
      '9 left, your turn',
      '6 left, Pozzo is to move',
      '6 left, Vladimir is to move',
      '5 left, your turn',
      '2 left, Vladimir is to move',
      'Vladimir took the last match and wins',
    ])
  })

  t.test('the host owns the basket, and the next one goes on with it', async (t) => {
    const cast = await raise(t, 'A basket of carrots')
    const { vladimir, estragon, pozzo } = cast
    const got = 'You have a carrot'

    vladimir.calls('enter', 'Vladimir')
    await vladimir.prints(/^Room /)
    estragon.calls('enter', 'Estragon')
    await estragon.prints('Estragon comes: 4 left')
    pozzo.calls('enter', 'Pozzo')
    await all(cast, 'Pozzo comes: 4 left')
    pozzo.calls('take')
    await all(cast, 'Pozzo takes one: 3 left')
    await pozzo.prints(got)
    vladimir.calls('take')
    await all(cast, 'Vladimir takes one: 2 left')
    await vladimir.prints(got)
    vladimir.calls('leave')
    await estragon.prints('Estragon is the host: 2 left')
    pozzo.calls('take')
    for (const player of [estragon, pozzo]) await player.prints('Pozzo takes one: 1 left')
    await pozzo.prints(got, 2)
    estragon.calls('leave')
    await pozzo.prints('Pozzo is the host: 1 left')
    pozzo.calls('take')
    await pozzo.prints('Pozzo takes one: 0 left')
    await pozzo.prints(got, 3)
    pozzo.calls('take')
    await pozzo.prints('There are none left')

    const code = pozzo.lines[1]
    const shared = ['Pozzo comes: 4 left', 'Pozzo takes one: 3 left']
    t.strictSame(vladimir.lines, [
      'Connected',
      code,
      'Estragon comes: 4 left',
      ...shared,
      'Vladimir takes one: 2 left',
      got,
    ])
    t.strictSame(estragon.lines, [
      'Connected',
      code,
      'Estragon comes: 4 left',
      ...shared,
      'Vladimir takes one: 2 left',
      'Estragon is the host: 2 left',
      'Pozzo takes one: 1 left',
    ])
    t.strictSame(pozzo.lines, [
      'Connected',
      code,
      ...shared,
      got,
      'Vladimir takes one: 2 left',
      'Estragon is the host: 2 left',
      'Pozzo takes one: 1 left',
      got,
      'Pozzo is the host: 1 left',
      'Pozzo takes one: 0 left',
      got,
      'There are none left',
    ])
  })
}

async function all(cast: Cast, line: string): Promise<void> {
  for (const player of Object.values(cast)) await player.prints(line)
}
