import t from 'tap'
import type { TokenStorage } from '../web-client/client.ts'
import { both, until } from './support/promise.ts'
import { memoryStorage } from './support/storage.ts'
import { type TestWorld, world } from './support/world.ts'

both('a page that is loaded again goes on as who it was, where it was', {}, async (t, w) => {
  const storage = memoryStorage()
  const ada = await w.connect({ storage, backoff: () => 1e9 })
  const { player } = await ada.players.identify({ name: 'Ada' })
  const room = await ada.rooms.joinOrCreate('plaza', { name: 'Ada' })
  await left(w, ada)

  const again = await w.connect({ storage })

  t.equal(again.session, ada.session)
  t.strictSame(again.players.me, player, 'it need not identify')
  const its = again.rooms.all.get(room.code)
  t.equal(its?.you, room.you)
  t.match(await again.events.emit('plaza.number', [1], { to: 'all' }), { delivered: 1 })
})

both('a tab that was duplicated begins a session of its own', {}, async (t, w) => {
  const storage = memoryStorage()
  const ada = await w.connect({ storage })
  await ada.rooms.joinOrCreate('plaza', { name: 'Ada' })
  const copy = memoryStorage(storage.items)

  const twin = await w.connect({ storage: copy })

  t.not(twin.session, ada.session)
  t.strictSame([twin.players.me, twin.rooms.all.size], [undefined, 0])
  t.equal(ada.state, 'open')
  t.not([...copy.items.values()][0], [...storage.items.values()][0], 'each keeps its own')
})

both('a page that comes too late begins anew, and has lost nothing', {}, async (t, w) => {
  const storage = memoryStorage()
  const ada = await w.connect({ storage, backoff: () => 1e9 })
  await ada.rooms.joinOrCreate('plaza')
  await left(w, ada)
  w.clock.advance(30_000)

  const again = await w.connect({ storage })

  t.not(again.session, ada.session)
  t.equal(again.state, 'open')
})

both('who leaves leaves no token behind', {}, async (t, w) => {
  const storage = memoryStorage()
  const ada = await w.connect({ storage })
  t.equal(storage.items.size, 1)

  ada.close()

  t.equal(storage.items.size, 0)
})

t.test('sessions of two servers are kept beside each other', async (t) => {
  const [one, other] = [await world(t), await world(t, { over: 'socket' })]
  const storage = memoryStorage()
  await one.connect({ storage })
  await other.connect({ storage })

  t.equal(storage.items.size, 2)
})

t.test('a browser that keeps nothing is told of once it tries, and plays on', async (t) => {
  const w = await world(t)
  const forbidden = () => {
    throw new Error('forbidden')
  }
  const storage: TokenStorage = { getItem: forbidden, setItem: forbidden, removeItem: forbidden }

  const ada = await w.connect({ storage })

  t.equal(ada.state, 'open')
})

/** Its page is gone: the connection drops, and it never comes back by itself. */
async function left(w: TestWorld, network: { cut(): void }): Promise<void> {
  const { away } = w.stats()
  network.cut()
  await until(() => w.stats().away === away + 1, 'a session away')
}
