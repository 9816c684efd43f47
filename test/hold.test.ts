import t, { type Test } from 'tap'
import type { Operations, Store } from '../server/core/store/store.ts'
import { createDirectStore } from '../server/store/direct.ts'
import { createWorld } from '../server/world.ts'
import { until, within } from './support/promise.ts'
import { OVERS, type TestWorld, world } from './support/world.ts'

/** A store that takes its time over whom it knows, until the test lets it answer. */
function slowStore(): Store & { waiting: (() => void)[] } {
  const store = createDirectStore(createWorld().log)
  const waiting: (() => void)[] = []
  return {
    ...{ waiting, close: store.close },
    async run<K extends keyof Operations>(name: K, args: Parameters<Operations[K]>[0]) {
      if (name === 'guest.create') await new Promise<void>((resolve) => waiting.push(resolve))
      return store.run(name, args)
    },
  }
}

/** A promise about somebody whose identification the store has not answered yet. */
function held(
  name: string,
  run: (t: Test, w: TestWorld, answer: () => Promise<void>) => Promise<void>,
): void {
  for (const over of OVERS)
    t.test(`${name} (${over})`, async (t) => {
      const store = slowStore()
      const w = await world(t, { over, store, limits: { requests: 4 } })
      const answer = async () => {
        await until(() => store.waiting.length > 0, 'the store asked')
        store.waiting.shift()?.()
      }
      await within(run(t, w, answer))
      t.equal(store.waiting.length, 0, 'nobody asked the store again')
      await store.close()
    })
}

held(
  'who joins without waiting for its identification sits down as the player it is',
  async (t, { connect }, answer) => {
    const bob = await connect()
    const plaza = await bob.rooms.create('open')
    const ada = await connect()

    const identified = ada.players.identify({ name: 'Ada' })
    const joined = ada.rooms.join(plaza.code)
    await answer()

    const { player } = await identified
    const room = await joined
    t.match(room.members.get(room.you), { player: player.id, name: 'Ada' })
    await until(() => plaza.members.size === 2, 'Bob told of Ada')
    t.match(plaza.members.get(room.you), { player: player.id, name: 'Ada' })
  },
)

held(
  'what follows an identification is handled in order, with or without an answer',
  async (t, { raw }, answer) => {
    const ada = await raw()
    await ada.ask('room.create', { kind: 'open' })
    const seenBefore = ada.seen.length

    ada.send({ type: 'player.identify', id: 'who', data: {} })
    ada.send({ type: 'event.emit', to: 'self', data: { name: 'plaza.one', args: [] } })
    ada.send({ type: 'room.list', id: 'list', data: {} })
    ada.send({ type: 'event.emit', to: 'self', data: { name: 'plaza.two', args: [] } })
    await ada.settled()
    const heard = () =>
      ada.seen.slice(seenBefore).filter(({ type }) => !/^(ping|presence)/.test(`${type}`))
    const meanwhile = heard()
    await answer()
    await until(() => ada.seen.some(({ data }) => data.name === 'plaza.two'), 'the last event')

    t.strictSame(meanwhile, [], 'a ping is answered at once, everything else waits')
    t.strictSame(
      heard().map(({ type, data }) => (type === 'event' ? data.name : type)),
      ['player.identify', 'plaza.one', 'room.list', 'plaza.two'],
    )
  },
)

held(
  'what waits behind an identification is bounded, and its ids are in flight',
  async (t, { raw }, answer) => {
    const ada = await raw()

    ada.send({ type: 'player.identify', id: 'who', data: {} })
    for (const id of ['1', '2', '3', '4']) ada.send({ type: 'room.list', id, data: {} })
    ada.send({ type: 'room.list', id: '1', data: {} })
    const refused = await ada.next('error')
    await answer()
    await until(() => ada.seen.some(({ re }) => re === '3'), 'the third list')

    t.match(refused.data, { code: 'RATE_LIMITED', request: 'room.list' })
    const answers = ada.seen.filter(({ re }) => re !== undefined)
    t.strictSame(
      answers.map(({ type, re }) => [type, re]),
      [
        ['error', '4'],
        ['player.identify', 'who'],
        ['room.list', '1'],
        ['room.list', '2'],
        ['room.list', '3'],
      ],
      'each is answered once',
    )
  },
)

held(
  'a second identification waits for the first, and is refused after it',
  async (t, { raw }, answer) => {
    const ada = await raw()

    ada.send({ type: 'player.identify', id: 'first', data: {} })
    ada.send({ type: 'player.identify', id: 'second', data: {} })
    ada.send({ type: 'player.get', id: 'get', data: {} })
    await answer()
    await until(() => ada.seen.some(({ re }) => re === 'get'), 'the player')

    const answers = ada.seen.filter(({ re }) => re !== undefined)
    t.match(
      answers.map(({ type, re, data }) => [type, re, data.code]),
      [
        ['player.identify', 'first', undefined],
        ['error', 'second', 'ALREADY_IDENTIFIED'],
        ['player.get', 'get', undefined],
      ],
    )
  },
)

held(
  'who leaves while it is being identified leaves nothing behind',
  async (t, { raw, stats }, answer) => {
    const ada = await raw()
    ada.send({ type: 'player.identify', id: 'who', data: {} })
    ada.send({ type: 'room.create', id: 'make', data: { kind: 'open' } })
    await ada.settled()

    ada.close()
    await until(() => stats().sessions === 0, 'the session over')
    await answer()
    const bob = await raw()
    const listed = await bob.ask('room.list')

    t.strictSame(listed.data.rooms, [], 'what waited was not done any more')
  },
)
