import t from 'tap'
import { defineRoom } from '../server/server.ts'
import { stage } from './support/stage.ts'
import { OVERS, world } from './support/world.ts'

for (const over of OVERS)
  t.test(`a server without configuration has rooms for any game, over ${over}`, async (t) => {
    const { connect } = await world(t, { over, dev: false })
    const [ada, bob] = [await connect(), await connect()]
    const properties = { map: 'ice', level: 3 }

    const made = await ada.rooms.create('open', { capacity: 4, properties, data: { team: 'red' } })
    const listed = await bob.rooms.list({ kind: 'open', properties: { map: 'ice' } })
    const joined = await bob.rooms.join(made.code, { name: 'Bob', data: { team: 'blue' } })
    const heard: unknown[] = []
    bob.events.on('anything.at-all', (args) => heard.push(args))
    await ada.events.emit('anything.at-all', [1])
    await bob.rooms.list()

    t.strictSame(listed.rooms, [
      { code: made.code, kind: 'open', capacity: 4, members: 1, locked: false, properties },
    ])
    t.match(
      [...joined.members.values()],
      [
        { number: 1, role: 'host', data: { team: 'red' } },
        { number: 2, name: 'Bob', data: { team: 'blue' } },
      ],
    )
    t.strictSame(heard, [[1]])
  })

t.test('open_capacity: an open room has 64 seats, or fewer as its creator says', async (t) => {
  const { raw } = stage(t)
  const ada = await raw()
  const seats = async (capacity?: number) => {
    const asked = { kind: 'open', ...(capacity && { capacity }) }
    return (await ada.ask('room.create', asked)).data.room.capacity
  }

  t.strictSame([await seats(), await seats(2), await seats(1_000)], [64, 2, 64])
})

t.test('a sentence about an open room says an', async (t) => {
  const { raw } = stage(t)
  const ada = await raw()
  await ada.ask('room.create', { kind: 'open' })

  const { data } = await ada.ask('event.emit', { name: 'any.thing', args: [] }, { to: 'server' })

  t.match(data.message, / in an open, which has no onEvent$/)
})

for (const [what, options, isThere] of [
  ['nothing', {}, true],
  ['no rooms', { rooms: {} }, true],
  ['open: false', { open: false }, false],
  ['rooms of its own', { rooms: { duel: defineRoom({}) } }, false],
  ['rooms of its own and open: true', { rooms: { duel: defineRoom({}) }, open: true }, true],
  ['a room of its own called open', { rooms: { open: defineRoom({ capacity: 3 }) } }, true],
] as const)
  t.test(`a server that says ${what} has ${isThere ? 'an' : 'no'} open kind`, async (t) => {
    const { raw } = stage(t, options)
    const ada = await raw()

    const { data } = await ada.ask('room.create', { kind: 'open' })

    t.match(data, isThere ? { room: { kind: 'open' } } : { code: 'UNKNOWN_KIND' })
  })

t.test('a kind of one’s own called open is refused beside the open kind', async (t) => {
  t.throws(() => stage(t, { open: true, rooms: { open: defineRoom({}) } }), {
    message: 'rooms.open: expected another name, or open: false',
  })
})
