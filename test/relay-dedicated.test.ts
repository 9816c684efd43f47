import { hashSync } from '@node-rs/bcrypt'
import t from 'tap'
import type { Any, RawClient } from './support/client.ts'
import { type PeerClient, peerOf, peersText, settle, sit } from './support/peers.ts'
import { claim, drop } from './support/player.ts'
import { both } from './support/promise.ts'
import { world } from './support/world.ts'

/* A game without a player that is peer 1: a server of Godot's own. */

const SECRET = 'open sesame'

/** What somebody heard after that. */
const since = (one: PeerClient, before: readonly string[]) => one.heard().slice(before.length)

/** One without a seat, of a room that it makes, or of that of `code`. */
async function dedicated(raw: RawClient, make: object | string = {}): Promise<PeerClient> {
  const isThere = typeof make === 'string'
  const asked = { engine: 4, dedicated: true, ...(!isThere && { make: { kind: 'open', ...make } }) }
  const { data } = await raw.ask('relay.open', asked, isThere ? { room: make } : {})
  if (!data.room) throw new Error(`no dedicated peer: ${JSON.stringify(data)}`)
  return peerOf(raw, { name: 'server', code: data.room.code, number: 0 }, data)
}

both(
  'a dedicated peer 1 stays it whoever is host, and the others wait for it',
  {},
  async (t, w) => {
    const ada = await sit(w, 'ada')
    const ben = await sit(w, 'ben', ada.code)
    const server = await sit(w, 'server', ada.code)
    await server.open({ dedicated: true })
    await ada.open()
    await ben.open()
    const second = await ada.ask('relay.close').then(() => ada.open({ dedicated: true }))
    await ada.open()
    const before = ben.heard()

    await ada.ask('room.leave')
    ben.say([1], 'to the server')
    await settle(ben, server)
    await server.ask('relay.close')
    await server.open({ dedicated: true })
    await settle(ben)

    t.equal(server.opened.peer, 1)
    t.equal(second.data.code, 'PEER_TAKEN')
    t.match(since(ben, before), [/is gone/, /^epoch \d: $/, `epoch 3: ${peersText([server, ben])}`])
    t.ok(server.heard().includes(`${ben.peer} says to the server`))
  },
)

both(
  'only a backend is a dedicated peer 1 where a server is no development',
  { dev: false },
  async (t, w) => {
    const ada = await sit(w, 'ada')
    const answer = await ada.open({ dedicated: true })

    t.match(answer.data, { code: 'PERMISSION_DENIED' })
  },
)

both('a dedicated peer 1 makes a room, and sits nowhere', {}, async (t, w) => {
  const server = await dedicated(await w.raw(), { capacity: 2, properties: { map: 'moor' } })
  const ada = await w.raw()
  const wanted = { kind: 'open', properties: { map: 'moor' } }
  const { data } = await ada.ask('room.join_or_create', wanted)
  const ben = await sit(w, 'ben', server.code)
  const full = await (await w.raw()).ask('room.join', { code: server.code })
  const opened = await ada.ask('relay.open', { engine: 4 })
  await ben.open()
  await settle(server)
  server.say([0], 'hello')
  ben.say([1], 'hello, server')
  await settle(server, ben)

  t.match(server.opened, { peer: 1, mode: 'mesh', room: { code: server.code, host: null } })
  t.strictSame(server.opened.peers, [{ peer: 1 }])
  t.match(data, { room: { code: server.code, capacity: 2 }, you: 1, members: [{ role: 'host' }] })
  t.equal(data.members.length, 1)
  t.match(full.data, { code: 'ROOM_FULL' })
  t.match(opened.data.peers, [{ number: 1 }, { peer: 1 }])
  t.strictSame(server.heard(), [
    `${opened.data.peer} is there`,
    `${ben.peer} is there`,
    `${ben.peer} says hello, server`,
  ])
  const others = server.seen.filter(
    ({ type }) => !/^(relay|welcome|session|bytes|ping)/.test(String(type)),
  )
  t.strictSame(others, [], 'it hears nothing of the room but its relay')
  t.equal(ben.heard().at(-1), '1 says hello')
})

both('a room stays as long as its dedicated peer 1 does', {}, async (t, w) => {
  const server = await dedicated(await w.raw())
  w.clock.advance(10 * 60_000)
  const ada = await sit(w, 'ada', server.code)
  await ada.open()
  await ada.ask('room.leave')
  w.clock.advance(10 * 60_000)
  const before = w.stats().rooms
  const again = await sit(w, 'ada', server.code)
  await again.open()
  await server.ask('relay.close', {}, { room: server.code })
  await settle(again)
  await again.ask('room.leave')
  w.clock.advance(10 * 60_000)

  t.equal(before, 1)
  t.match(again.heard(), [/^epoch 4: $/])
  t.equal(w.stats().rooms, 0)
})

both('a room that nobody came to goes with its dedicated peer 1', {}, async (t, w) => {
  const raw = await w.raw()
  await dedicated(raw)
  raw.close()
  await raw.closed
  w.clock.advance(10 * 60_000)

  t.equal(w.stats().rooms, 0)
})

both('a dedicated peer 1 that drops is still there, and misses nothing', {}, async (t, w) => {
  const server = await dedicated(await w.raw())
  const ada = await sit(w, 'ada', server.code)
  await ada.open()
  await settle(server)
  const { sent, received } = server.counts()

  await drop(w, server)
  ada.say([1], 'while away')
  await settle(ada)
  w.clock.advance(29_000)
  const back = await claim(w, server.welcome.token, { sent, received })
  const again = peerOf(back, server, server.opened)
  await back.settled()

  t.match(back.reply, { resumed: true })
  t.strictSame(again.heard(), [`${ada.peer} says while away`])
})

both('when a dedicated peer 1 is lost the others wait for the next', {}, async (t, w) => {
  const server = await dedicated(await w.raw())
  const ada = await sit(w, 'ada', server.code)
  await ada.open()
  const id = ada.peer
  await server.ask('relay.hand_over', { data: 'Y29pbnM=', more: false }, { room: server.code })

  await drop(w, server)
  w.clock.advance(30_001)
  await settle(ada)
  const next = await dedicated(await w.raw(), ada.code)
  ada.say([1], 'welcome')
  await settle(ada, next)

  t.strictSame(ada.heard(), ['epoch 2: ', `epoch 2: 1, ${id}`])
  t.match(next.opened, { peer: 1, epoch: 2, handover: 5, room: { code: ada.code, host: 1 } })
  t.equal(next.heard().at(-1), `${id} says welcome`)
})

both('a dedicated peer 1 comes into a room that is there, unless it has one', {}, async (t, w) => {
  const ada = await sit(w, 'ada')
  const ben = await sit(w, 'ben', ada.code)
  await ben.open()
  const raw = await w.raw()
  const server = await dedicated(raw, ada.code)
  await ada.open()
  const second = await (await w.raw()).ask(...opening(ada.code))
  const elsewhere = await raw.ask(...opening(undefined, { make: { kind: 'open' } }))
  await settle(ben)

  t.equal(server.peer, 1)
  t.ok(ada.peer > 1, 'its host is a peer as any other')
  t.strictSame(ben.heard(), [`epoch 1: 1, ${ben.peer}`, `${ada.peer} is there`])
  t.match([second.data.code, elsewhere.data], ['PEER_TAKEN', { code: 'ALREADY_A_PEER' }])
  t.equal(w.stats().rooms, 1)
})

both('what a dedicated peer 1 asks for must be there', {}, async (t, w) => {
  const raw = await w.raw()
  const answers = [
    await raw.ask(...opening('AAAAAA')),
    await raw.ask(...opening(undefined)),
    await raw.ask(...opening(undefined, { make: { kind: 'nothing' } })),
    await raw.ask('relay.open', { engine: 4, make: { kind: 'open' } }),
  ]

  t.strictSame(
    answers.map(({ data }) => data.code),
    ['ROOM_NOT_FOUND', 'NOT_IN_ROOM', 'UNKNOWN_KIND', 'INVALID_MESSAGE_DATA'],
  )
  t.equal(w.stats().rooms, 0)
})

const opening = (room: string | undefined, more: object = {}): [string, object, object] => [
  'relay.open',
  { engine: 4, dedicated: true, ...more },
  room ? { room } : {},
]

t.test('without --dev a backend makes a room and is its peer 1, and nobody else', async (t) => {
  const w = await world(t, { dev: false, backendSecret: hashSync(SECRET, 4) })
  const [player, backend] = [await w.raw(), await w.raw()]
  const refused: Any[] = [
    await player.ask(...opening(undefined, { make: { kind: 'open' } })),
    await player.ask(...opening((await sit(w, 'ada')).code)),
  ]
  await backend.ask('backend.connect', { secret: SECRET })
  const server = await dedicated(backend)
  const ben = await sit(w, 'ben', server.code)
  await ben.open()
  ben.say([1], 'hello')
  await settle(ben, server)

  t.match(
    refused.map(({ data }) => data.code),
    ['PERMISSION_DENIED', 'PERMISSION_DENIED'],
  )
  t.equal(server.heard().at(-1), `${ben.peer} says hello`)
})
