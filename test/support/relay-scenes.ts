import type { Test } from 'tap'
import type { Played } from './engine-peers.ts'
import { gather, heardBy, settled } from './gathering.ts'

/* What four games see of each other's nodes and scenes. */

type Four = { readonly games: readonly Played[] }

const four = (games: readonly Played[]) => games as [Played, Played, Played, Played]

export async function spawns(t: Test, { games }: Four): Promise<void> {
  const [ada, ben, cleo, dan] = four(games)
  await gather([ada, ben, cleo])
  await ada.ask('spawn', 'coin')
  await ada.ask('spawn', 'letter', 'x'.repeat(3_000))
  await ada.ask('place', 'coin', 3)
  await dan.ask('join', await ada.ask('room_code'))
  await dan.ask('assign')

  for (const game of [ben, cleo, dan]) {
    await game.until((all) => all.length === 2, 'spawned')
    await game.until((x) => x === 3, 'place_of', 'coin')
    t.equal((await game.ask('text_of', 'letter')).length, 3_000, `${game.name} has the letter`)
  }
  await ada.ask('write', 'letter', 'y'.repeat(20_000))
  for (const game of [ben, cleo, dan])
    await game.until((text) => text.startsWith('yy'), 'text_of', 'letter')
  await ada.ask('despawn', 'letter')
  for (const game of [ben, cleo, dan])
    t.strictSame(await game.until((all) => all.length < 2, 'spawned'), ['coin'])
}

export async function hides(t: Test, { games }: Four): Promise<void> {
  const [ada, ben, cleo, dan] = four(games)
  const [, benId = 0, cleoId = 0] = await gather(games)
  await ada.ask('spawn', 'trap', '', [benId])
  await ada.ask('spawn', 'tree')
  for (const game of games) await game.until((all) => all.includes('tree'), 'spawned')
  await ada.ask('place', 'trap', 5)
  await ben.until((x) => x === 5, 'place_of', 'trap')
  const before = await Promise.all(games.map((game) => game.ask('spawned')))

  await ada.ask('show', 'trap', cleoId, true)
  await cleo.until((x) => x === 5, 'place_of', 'trap')
  await ada.ask('show', 'trap', benId, false)
  await ben.until((all) => !all.includes('trap'), 'spawned')

  t.strictSame(before, [['trap', 'tree'], ['trap', 'tree'], ['tree'], ['tree']])
  t.strictSame(await dan.ask('spawned'), ['tree'])
}

export async function hands(t: Test, { games }: Four): Promise<void> {
  const [ada, ben, cleo, dan] = four(games)
  const [, benId = 0, cleoId = 0] = await gather(games)
  await ada.ask('spawn', 'ball')
  for (const game of games) await game.until((all) => all.includes('ball'), 'spawned')

  for (const [x, owner, id] of [
    [10, ben, benId],
    [20, cleo, cleoId],
    [30, ada, 1],
  ] as const) {
    for (const game of games) await game.ask('hand', 'ball', id)
    await owner.ask('place', 'ball', x)
    for (const game of games) await game.until((at) => at === x, 'place_of', 'ball')
  }
  await dan.ask('place', 'ball', 99)
  await settled(games)
  const places = await Promise.all([ada, ben, cleo].map((game) => game.ask('place_of', 'ball')))
  t.strictSame(places, [30, 30, 30], 'who does not have it moves it for nobody')
}

export async function isPaused(t: Test, { games }: Four): Promise<void> {
  const [ada, ben] = four(games)
  const [, benId] = await gather(games)
  await ben.ask('pause', true)
  await ada.ask('say', 'any_remote', benId, 'are you there?')
  await ben.until((all) => all.length === 1, 'get_heard')
  await ben.ask('say', 'any_remote', 1, 'paused')
  await ada.until((all) => all.length === 1, 'get_heard')
  await ben.ask('pause', false)

  t.strictSame(await heardBy(ben), ['1 any_remote are you there?'])
  t.strictSame(await heardBy(ada), [`${benId} any_remote paused`])
}

export async function changesScene(t: Test, { games }: Four): Promise<void> {
  const [ada, ben] = four(games)
  const [, benId] = await gather(games)
  for (const [index, scene] of ['village', 'cave'].entries()) {
    for (const game of games) await game.ask('enter', scene)
    await ada.ask('greet', `in the ${scene}`)
    await ben.ask('greet', `from the ${scene}`)
    for (const game of [ada, ben]) await game.until((all) => all.length > index, 'get_heard')
  }
  const told = await Promise.all(games.map((game) => game.ask('get_told')))

  const all = ['village', 'cave'].map((scene) => `${benId} greeted from the ${scene}`)
  t.strictSame(await heardBy(ada), all)
  const rest = ['village', 'cave'].map((scene) => `1 greeted in the ${scene}`)
  t.strictSame(await heardBy(ben), rest)
  t.strictSame(
    told.flat().filter((one: string) => one.endsWith('went')),
    [],
  )
}
