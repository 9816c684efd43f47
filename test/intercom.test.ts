import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Json } from '../protocol/schema.ts'
import type { Bus } from '../server/core/nodes/bus.ts'
import { INTERCOM_MS } from '../server/features/intercom.ts'
import { createMemoryBus, createServer, defineRoom, type ServerOptions } from '../server/server.ts'
import { connect } from '../web-client/client.ts'
import { busContract } from './contracts/bus.ts'
import { createClock, createTestWorld } from './support/clock.ts'
import { until } from './support/promise.ts'
import { NodeSocket } from './support/world.ts'

busContract(t, 'in memory', async () => createMemoryBus())

t.test('every node answers, the asker included, and who has nothing says null', async (t) => {
  const bus = createMemoryBus()
  const asked: unknown[] = []
  const position = (place: Json) => async (what: Json, from: object) => {
    asked.push([what, from])
    return place ?? undefined
  }
  const { server } = await node(t, bus, 'n1', { position: position(null) })
  await node(t, bus, 'n2', { position: position({ x: 1, y: 2 }) })
  await node(t, bus, 'n3', { position: position(null) })

  const answers = await server.intercom('position', 'P')

  t.strictSame(answers, [
    { node: 'n1', value: null },
    { node: 'n2', value: { x: 1, y: 2 } },
    { node: 'n3', value: null },
  ])
  t.strictSame(asked, Array(3).fill(['P', { node: 'n1' }]))
})

t.test('a player’s message makes its room ask all nodes', async (t) => {
  const bus = createMemoryBus()
  const hall = defineRoom({
    namespaces: ['hall'],
    onMessage(room, { from, name }) {
      void room.intercom('players').then((answers) => {
        const total = answers.reduce((sum, { value }) => sum + Number(value), 0)
        room.emit('hall.total', [name, total], [from])
      })
      return undefined
    },
  })
  const nodes = [
    await node(t, bus, 'n1', { players: () => 20 }, { rooms: { hall } }),
    await node(t, bus, 'n2', { players: () => 23 }, { rooms: { hall } }),
    await node(t, bus, 'n3', { players: () => 26 }, { rooms: { hall } }),
  ]
  const [first] = nodes
  const ada = await connect(`ws://127.0.0.1:${first?.server.port}`, { WebSocket: NodeSocket })
  t.teardown(() => ada.close())
  await ada.rooms.joinOrCreate('hall')
  const heard: unknown[] = []
  ada.events.on('hall.total', (args) => void heard.push(args))

  await ada.events.emit('hall.ask', [], { to: ['self'] })
  await until(() => heard.length > 0, 'the total')

  t.strictSame(heard, [['hall.ask', 69]])
})

t.test('a single node asks itself', async (t) => {
  const { server } = await node(t, undefined, undefined, { sum: () => 2 })

  t.strictSame(await server.intercom('sum'), [{ node: 'alone', value: 2 }])
  t.match(await server.intercom('other'), [{ value: null, problem: 'UNKNOWN_NAME' }])
})

t.test('names nobody knows, failures and silence are said in the answer', async (t) => {
  const bus = createMemoryBus()
  const { server, clock } = await node(t, bus, 'a', { sum: () => 1, toString: () => 'own' })
  const failing = await node(t, bus, 'b', {
    sum() {
      throw new Error('no sum today')
    },
  })
  await node(t, bus, 'c', { sum: () => new Promise<Json>(() => {}) })
  await node(t, bus, 'd', {})
  await node(t, bus, 'e', { sum: () => 10n as unknown as Json })
  // A node that has died, but is still named.
  bus.join('f', () => {})

  const asking = server.intercom('sum')
  let isAnswered = false
  void asking.then(() => {
    isAnswered = true
  })
  await until(() => failing.lines.length > 0, 'the failure logged')
  clock.advance(INTERCOM_MS - 1)
  for (let count = 0; count < 20; count++) await turn()
  const early = isAnswered
  clock.advance(1)

  t.notOk(early, 'it waited for the silent')
  t.strictSame(await asking, [
    { node: 'a', value: 1 },
    { node: 'b', value: null, problem: 'FAILED' },
    { node: 'c', value: null, problem: 'TIMEOUT' },
    { node: 'd', value: null, problem: 'UNKNOWN_NAME' },
    { node: 'e', value: null, problem: 'FAILED' },
    { node: 'f', value: null, problem: 'TIMEOUT' },
  ])
  t.match(failing.lines, [{ msg: 'intercom failed', name: 'sum', from: 'a' }])
})

t.test('a node that stops answers what it was asking at once', async (t) => {
  const bus = createMemoryBus()
  const { server } = await node(t, bus, 'a', {})
  await node(t, bus, 'b', { never: () => new Promise<Json>(() => {}) })

  const asking = server.intercom('never')
  await server.intercom('settled', null, 0)
  await server.close()

  t.match(await asking, [
    { node: 'a', problem: 'UNKNOWN_NAME' },
    { node: 'b', problem: 'TIMEOUT' },
  ])
  t.strictSame(await server.intercom('late'), [{ node: 'a', value: null, problem: 'TIMEOUT' }])
})

t.test('an HTTP request of a game’s own gets the same array', async (t) => {
  const bus = createMemoryBus()
  const { server } = await node(
    t,
    bus,
    'n1',
    { name: () => 'one' },
    {
      async onRequest(_, response, { intercom }) {
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify(await intercom('name')))
      },
    },
  )
  await node(t, bus, 'n2', { name: () => 'two' })

  const answer = await fetch(`http://127.0.0.1:${server.port}/who`, { method: 'POST' })

  t.strictSame(await answer.json(), await server.intercom('name'))
  t.match(await server.intercom('name'), [{ value: 'one' }, { value: 'two' }])
})

t.test('a game’s own answers leave the page and the API alone, and may fail', async (t) => {
  const own = await node(
    t,
    undefined,
    undefined,
    {},
    {
      onRequest(request, response) {
        if (request.url === '/throws') throw new Error('at once')
        if (request.url === '/rejects') return Promise.reject(new Error('later'))
        if (request.url !== '/mine') return false
        response.end('mine')
        return true
      },
    },
  )
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${own.server.port}${path}`)
    return [answer.status, await answer.text()]
  }

  t.strictSame(await get('/mine'), [200, 'mine'])
  t.match(await get('/nothing'), [404, 'Not Found'])
  t.match(await get('/healthz'), [200, 'OK'])
  t.match(await get('/v1/channels'), [401, /INVALID_ACCESS_KEY/])
  t.match(await get('/throws'), [500, /incident/])
  t.match(await get('/rejects'), [500, /incident/])
  t.match(own.lines, [{ msg: 'onRequest failed' }, { msg: 'onRequest failed' }])
})

async function node(
  t: Test,
  bus: Bus | undefined,
  name: string | undefined,
  intercom: ServerOptions['intercom'] = {},
  options: ServerOptions = {},
) {
  const clock = createClock()
  const world = createTestWorld(clock)
  const server = await createServer({
    ...{ host: '127.0.0.1', port: 0, world, intercom },
    ...(bus && { bus }),
    ...(name !== undefined && { node: name }),
    ...options,
  })
  t.teardown(() => server.close())
  const problems = () => world.lines.filter(({ level }) => Number(level) >= 40)
  return {
    server,
    clock,
    get lines() {
      return problems()
    },
  }
}
