import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type ConnectOptions, connect, type State } from '../web-client/client.ts'
import type { Timers, WebSocketConstructor } from '../web-client/link.ts'
import { wakeupsOf } from '../web-client/wakeups.ts'
import { until } from './support/promise.ts'
import { OVERS, type Over, world } from './support/world.ts'

const HOUR = 3_600_000

for (const over of OVERS) {
  t.test(`who is away comes back at once when the device is, over ${over}`, async (t) => {
    const { network, wake, clock } = await visit(t, over, { backoff: () => 20_000 })

    network.cut()
    await until(() => network.state === 'away', 'away')
    clock.advance(1_500)
    wake()

    await until(() => network.state === 'open', 'back, though time stands still')
    t.equal(network.rooms.all.size, 1)
  })

  t.test(`a connection that died unnoticed is found out at once, over ${over}`, async (t) => {
    const { network, wake, clock, stall, states } = await visit(t, over)

    stall(true)
    wake()
    clock.advance(1_999)
    await turns()
    const before = [...states]
    stall(false)
    clock.advance(1)
    await until(() => states.length === 2, 'back')

    t.strictSame([before, states], [[], ['away', 'open']])
    t.equal(network.rooms.all.size, 1)
  })

  t.test(`a connection that lives is left alone, over ${over}`, async (t) => {
    const { wake, clock, states, network } = await visit(t, over)

    for (let count = 0; count < 3; count++) wake()
    await network.rooms.list()
    clock.advance(10_000)
    await network.rooms.list()

    t.strictSame(states, [])
  })
}

t.test('while the seat is kept a try comes every 2 s at most, and every 10 s later', async (t) => {
  const here = await world(t)
  const waits: { at: number; ms: number }[] = []
  let isDown = false
  const timers: Timers = {
    now: here.clock.now,
    after(ms, callback) {
      if (isDown && ms > 0 && ms < HOUR) waits.push({ at: here.clock.now(), ms })
      return ms > 0 ? here.clock.after(ms, callback) : later(callback)
    },
  }
  const WebSocket = sometimes(here.Socket, () => !isDown)
  const network = await connect('memory:', {
    timers,
    WebSocket,
    pingEvery: HOUR,
    connectTimeout: HOUR,
  })
  t.teardown(network.close)
  const began = here.clock.now()

  isDown = true
  network.cut()
  for (let second = 0; second < 120; second++) {
    here.clock.advance(1_000)
    await turns()
  }

  const kept = waits.filter(({ at }) => at < began + 30_000)
  const late = waits.filter(({ at }) => at >= began + 30_000)
  t.ok(kept.length >= 15, `${kept.length} tries`)
  t.strictSame(
    kept.filter(({ ms }) => ms > 2_000),
    [],
  )
  t.strictSame(
    late.filter(({ ms }) => ms > 10_000),
    [],
  )
  t.ok(
    late.some(({ ms }) => ms > 2_000),
    'who comes late does not hurry',
  )
})

t.test(
  'a device that says it often is tried once a second, and never before its time',
  async (t) => {
    const here = await world(t)
    let wake = () => {}
    let tries = 0
    let isDown = false
    const WebSocket = sometimes(here.Socket, () => {
      tries++
      return !isDown
    })
    const network = await here.connect({
      ...{ WebSocket, pingEvery: HOUR, backoff: () => 20_000 },
      wakeups: (its) => {
        wake = its
        return () => {}
      },
    })
    isDown = true
    network.cut()
    await until(() => network.state === 'away', 'away')
    here.clock.advance(1_500)
    tries = 0

    for (let ms = 0; ms < 3_000; ms += 100) {
      wake()
      await turns()
      here.clock.advance(100)
    }

    t.equal(tries, 4, 'at once, and after 1, 2 and 3 s')
  },
)

t.test('a device that says so right after a try is tried a second after it', async (t) => {
  const here = await world(t)
  let wake = () => {}
  let isDown = false
  const network = await here.connect({
    ...{ pingEvery: HOUR, backoff: () => 10_000 },
    WebSocket: sometimes(here.Socket, () => !isDown),
    wakeups: (its) => {
      wake = its
      return () => {}
    },
  })
  isDown = true
  network.cut()
  await until(() => network.state === 'away', 'away')
  here.clock.advance(10_000)
  await turns() // it has been tried, in vain
  isDown = false

  here.clock.advance(400)
  wake()
  here.clock.advance(599)
  await turns()
  t.equal(network.state, 'away')
  here.clock.advance(1)

  await until(() => network.state === 'open', 'back, without the rest of the 10 s')
})

t.test('who has left hears no more of the device', async (t) => {
  let ended = 0
  const { network } = await visit(t, 'memory', { wakeups: () => () => void ended++ })

  network.close()

  t.equal(ended, 1)
})

t.test('a browser says so by online, by pageshow and by being visible', (t) => {
  const window = Object.assign(new EventTarget(), {
    document: Object.assign(new EventTarget(), { visibilityState: 'hidden' }),
  })
  let woken = 0
  const end = wakeupsOf(window)(() => void woken++)
  const counts: number[] = []
  const happens = (target: EventTarget, name: string) => {
    target.dispatchEvent(new Event(name))
    counts.push(woken)
  }

  happens(window.document, 'visibilitychange')
  window.document.visibilityState = 'visible'
  happens(window.document, 'visibilitychange')
  happens(window, 'online')
  happens(window, 'pageshow')
  end()
  for (const name of ['online', 'pageshow']) happens(window, name)
  happens(window.document, 'visibilitychange')

  t.strictSame(counts, [0, 1, 2, 3, 3, 3, 3])
  t.end()
})

/** A client in the plaza, whose device says so when the test does. */
async function visit(t: Test, over: Over, options: ConnectOptions = {}) {
  const here = await world(t, { over })
  let wake = () => {}
  const { stall, WebSocket } = stalling(here.Socket)
  const network = await here.connect({
    ...{ WebSocket, pingEvery: HOUR },
    wakeups: (its) => {
      wake = its
      return () => {}
    },
    ...options,
  })
  await network.rooms.joinOrCreate('plaza')
  const states: State[] = []
  network.on('state', (state) => states.push(state))
  return { network, clock: here.clock, wake: () => wake(), states, stall }
}

/** Sockets through which nothing comes while they are stalled; a new one is not. */
function stalling(Socket: WebSocketConstructor) {
  let isStalled = false
  const WebSocket = class extends (Socket as new (url: string) => Any) {
    send(data: unknown) {
      if (!isStalled) super.send(data)
    }
  } as unknown as WebSocketConstructor
  const stall = (is: boolean) => {
    isStalled = is
  }
  return { WebSocket, stall }
}

// biome-ignore lint/suspicious/noExplicitAny: a class that either of two may be
type Any = any

/** Sockets that fail while the way is not open. */
const sometimes = (Socket: WebSocketConstructor, isOpen: () => boolean): WebSocketConstructor =>
  new Proxy(Socket, {
    construct(target, [url]) {
      if (isOpen()) return new target(url)
      const failed = { onclose: undefined as undefined | ((event: object) => void), close() {} }
      setImmediate(() => failed.onclose?.({ code: 1006, reason: '' }))
      return failed
    },
  })

function later(callback: () => void): () => void {
  const handle = setImmediate(callback)
  return () => clearImmediate(handle)
}

async function turns(): Promise<void> {
  for (let count = 0; count < 8; count++) await turn()
}
