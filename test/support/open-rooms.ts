import type { Test } from 'tap'
import type { ConnectOptions, Network } from '../../web-client/client.ts'
import type { Timers } from '../../web-client/link.ts'
import type { Places } from './director.ts'
import { failing } from './promise.ts'
import { until } from './troupe.ts'

export interface Stage {
  open(where: keyof Places, options?: ConnectOptions): Promise<Network>
}

/** What the web client does with a server that nothing was said to: rooms of the kind `open`. */
export const OPEN_ROOMS: Record<string, (t: Test, stage: Stage) => Promise<void>> = {
  async 'a server without configuration has open rooms, listed by what they say'(t, { open }) {
    const [ada, bob] = [await open('bare'), await open('bare')]
    const properties = { map: `map ${ada.session}`, level: 3.5 }
    const room = await ada.rooms.create('open', { capacity: 4, properties })
    const { rooms } = await bob.rooms.list({ kind: 'open', properties: { map: properties.map } })
    t.same(rooms, [
      { code: room.code, kind: 'open', capacity: 4, members: 1, locked: false, properties },
    ])
    await bob.rooms.join(room.code, { name: 'Bob', data: { team: 'blue' } })
    await ada.rooms.list()
    t.match(room.members.get(2), { name: 'Bob', data: { team: 'blue' } })
    const heard: unknown[] = []
    bob.events.on('any.thing', (args) => heard.push(args))
    t.match(await ada.events.emit('any.thing', ['hello']), { delivered: 1 })
    await bob.rooms.list()
    t.same(heard, [['hello']])
  },

  async 'members hear what another is known by'(t, stage) {
    const { ada, bob } = await couple(stage)
    const [room, seen] = [only(ada), only(bob)]
    const before = seen.members.get(1)
    const changed: unknown[] = []
    seen.on('changed', ({ number, name, data }) => changed.push([number, name, data]))
    await room.describe({ name: 'Adelaide', data: { hat: 'red' } })
    t.match(room.members.get(1), { name: 'Adelaide', data: { hat: 'red' } })
    await room.describe({ data: null })
    await bob.rooms.list()
    t.same(changed, [
      [1, 'Adelaide', { hat: 'red' }],
      [1, 'Adelaide', null],
    ])
    t.equal(seen.members.get(1), before)
    t.match(before, { role: 'host', away: false })
    const closed = await (await stage.open('main')).rooms.create('stage')
    t.equal((await failing(closed.describe({ name: 'Nobody' }))).code, 'UNSUPPORTED')
  },

  async 'who was away hears the newest of each latest event, once'(t, stage) {
    const { ada, bob, adas, bobs } = await couple(stage)
    const heard: unknown[] = []
    bob.events.onLatest('game.at', ([at], { name }, _room, key) => heard.push([at, key, name]))
    ada.events.emitLatest('game.at', ['known'], { key: 'old' })
    await until(() => heard.length === 1)
    bob.cut()
    for (let at = 0; at < 20; at++)
      for (const key of ['a', 'b']) ada.events.emitLatest('game.at', [`${at}`], { key })
    await ada.rooms.list()
    bobs.comeBack()
    await until(() => heard.length === 3)
    ada.cut()
    for (let at = 0; at < 5; at++) ada.events.emitLatest('game.at', [`back ${at}`], { key: 'a' })
    adas.comeBack()
    await until(() => heard.length === 4)
    await bob.rooms.list()
    t.same(heard, [
      ['known', 'old', 'Ada'],
      ['19', 'a', 'Ada'],
      ['19', 'b', 'Ada'],
      ['back 4', 'a', 'Ada'],
    ])
    t.throws(() => ada.events.emitLatest('wave'), { code: 'INVALID_MESSAGE_DATA' })
    t.throws(() => ada.events.emitLatest('game.at', ['x'.repeat(60_000)]), { code: 'TOO_LARGE' })
    ada.close()
    t.throws(() => ada.events.emitLatest('game.at'), { code: 'CLOSED' })
  },
}

/** Ada and Bob in one room; cut, each comes back when it is told to. */
async function couple({ open }: Stage) {
  const [adas, bobs] = [patience(), patience()]
  const ada = await open('bare', adas.options)
  const bob = await open('bare', bobs.options)
  const { code } = await ada.rooms.create('open', { name: 'Ada' })
  await bob.rooms.join(code, { name: 'Bob' })
  return { ada, bob, adas, bobs }
}

const RETRY_MS = 86_400_000

/** Who is cut comes back when it is told to. */
export function patience() {
  let comeBack = () => {}
  const timers: Timers = {
    now: () => performance.now(),
    after(ms, callback) {
      if (ms !== RETRY_MS) {
        const timer = setTimeout(callback, ms)
        return () => clearTimeout(timer)
      }
      comeBack = callback
      return () => {
        comeBack = () => {}
      }
    },
  }
  const options: ConnectOptions = { timers, backoff: () => RETRY_MS }
  return { options, comeBack: () => comeBack() }
}

function only({ rooms }: Network) {
  const [room] = rooms.all.values()
  if (!room) throw new Error('expected to be in a room')
  return room
}
