import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createServer } from '../server/server.ts'
import type { Any } from './support/client.ts'
import { PACKETS } from './support/stage-packets.ts'
import { enter, HOUSE, type Player, settled, troupe } from './support/troupe.ts'
import { OVERS, world } from './support/world.ts'

const HERE = /unawaited\.test\.ts/

/** What is refused: by the server, or before anything is sent. */
const REFUSED: Readonly<Record<string, (ada: Player) => unknown>> = {
  'events.emit': ({ network }) => network.events.emit('other.thing'),
  'events.emit of nonsense': ({ network }) => network.events.emit('nonsense'),
  'actions.emit': ({ network }) => network.events.actions('other.deed', {}).emit('jump'),
  'queries.ask': ({ network }) => network.queries.ask('nobody', 'game.eight'),
  'functions.executeAsPlayer': ({ network }) =>
    network.functions.executeAsPlayer('nobody', 'game.add'),
  'functions.executeAsHost, here': ({ network }) => network.functions.executeAsHost('game.none'),
  'functions.executeForPlayers': ({ network }) =>
    network.functions.executeForPlayers(['nobody'], () => {}),
  'rooms.join': ({ network }) => network.rooms.join('AAAAAA'),
  'rooms.list': ({ network }) => network.rooms.list({ limit: -1 }),
  'room.kick': ({ room }) => room.kick(99),
  'players.identify': ({ network }) => network.players.identify({ guest_key: 'wrong' }),
  'players.update': ({ network }) => network.players.update({ name: '' }),
  'channels.send': ({ network }) => network.channels.send(99, 'hello'),
  'channels.catchUp': ({ network }) => network.channels.catchUp(99),
  'packets.ask': ({ network }) => network.packets.ask(['Slap', 1], { to: 'player:nobody' }),
  request: ({ network }) => network.request('room.leave', {}, { room: 'AAAAAA' }),
}

for (const over of OVERS) {
  t.test(`who waits for nothing is told what was refused, and where, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const ada = await enter(here)

    for (const [what, ask] of Object.entries(REFUSED)) {
      const before = ada.reported.length
      ask(ada)
      await told(ada)
      const reported = ada.reported.slice(before)
      t.equal(reported.length, 1, `${what}: told once`)
      t.ok(reported[0]?.code, `${what}: ${reported[0]}`)
      t.match(reported[0]?.stack, HERE, `${what}: the place of the call`)
    }
  })

  t.test(`who waits is told, and nobody else, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const ada = await enter(here)
    const emit = () => ada.network.events.emit('other.thing')
    const code = 'NAMESPACE_NOT_DECLARED'

    await t.rejects(emit(), { code }, 'by await')
    t.match(await emit().catch((error) => error), { code }, 'by catch')
    t.match(await emit().then(undefined, (error) => error), { code }, 'by then')
    t.match(await Promise.allSettled([emit(), emit()]), [
      { reason: { code } },
      { reason: { code } },
    ])
    await t.rejects(
      (async () => {
        await emit()
      })(),
      { code },
      'inside what is awaited',
    )
    await t.rejects(
      emit().finally(() => {}),
      { code },
      'after finally',
    )
    await told(ada)

    t.strictSame(ada.reported, [])
  })

  t.test(`what follows what nobody awaits is told as well, once, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const ada = await enter(here)
    const never = () => t.fail('it was refused')

    ada.network.events
      .emit('other.thing')
      .then(never)
      .finally(() => {})
    await told(ada)
    ada.network.rooms.list().then(() => {
      throw new Error('what follows fails')
    })
    await told(ada)

    t.match(ada.reported, [{ code: 'NAMESPACE_NOT_DECLARED' }, { message: 'what follows fails' }])
  })

  t.test(
    `what one gives up by leaving is no news, what one says then is, over ${over}`,
    async (t) => {
      const here = await world(t, { over, ...HOUSE })
      const ada = await enter(here)

      ada.network.events.emit('game.wave')
      ada.network.close()
      await turns()
      const before = [...ada.reported]
      ada.network.events.emit('game.wave')
      await turns()

      t.strictSame(before, [])
      t.match(ada.reported, [{ code: 'CLOSED', stack: HERE }])
    },
  )

  t.test(`a listener that fails later is told of, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE, packets: PACKETS })
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const late = async (what: string) => {
      await turn()
      throw new Error(what)
    }
    bob.network.events.on('game.wave', () => late('event'))
    bob.network.events.actions('game.deed', { jump: () => late('action') })
    bob.network.functions.register('game.run', () => late('function'))
    bob.network.packets.on('Slap', () => late('packet'))
    bob.room.on('updated', () => late('room'))

    await ada.network.events.emit('game.wave')
    await ada.network.events.emit('game.deed', [{ type: 'jump' }])
    await ada.network.functions.executeForOthers('game.run')
    await ada.network.packets.ask(['Slap', undefined], { to: 'others' })
    await ada.room.lock()
    await settled(bob)
    await told(bob)

    t.same(bob.reported.map(({ message }) => message).sort(), [
      'action',
      'event',
      'function',
      'packet',
      'room',
    ])
  })

  t.test(
    `an error that answers no request is told where nobody listens, over ${over}`,
    async (t) => {
      const here = await world(t, { over, ...HOUSE, packets: PACKETS })
      const [ada, bob] = [await enter(here), await enter(here)]
      const heard: Any[] = []
      bob.network.on('error', (error) => void heard.push(error))

      for (const { network } of [ada, bob])
        network.packets.send(['Slap', undefined], { to: 'player:nobody' })
      await told(ada)
      await told(bob)

      const refused = [{ code: 'INVALID_TARGET' }]
      t.match([ada.reported, heard, bob.reported], [refused, refused, []])
      t.strictSame(bob.reported, [])
    },
  )
}

t.test('a program that waits for nothing lives on, and is told of everything', async (t) => {
  const server = await createServer({ port: 0, host: '127.0.0.1' })
  t.teardown(server.close)
  const script = fileURLToPath(new URL('support/forgetful.ts', import.meta.url))
  const url = `ws://127.0.0.1:${server.port}`
  const child = spawn(process.execPath, ['--import', 'ts-node/import', script, url])

  const [said, wrong, [exit]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])

  t.equal(exit, 0, wrong)
  t.same(said.trim().split('\n').sort(), [
    'CLOSED',
    'INVALID_MESSAGE_DATA',
    'MEMBER_NOT_FOUND',
    'NAMESPACE_NOT_DECLARED',
    'a listener failed',
  ])
})

/** Once the server has answered all before, whoever is to be told has been. */
async function told(player: Player): Promise<void> {
  await settled(player)
  await turns()
}

async function turns(): Promise<void> {
  for (let count = 0; count < 8; count++) await turn()
}
