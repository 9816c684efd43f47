import t from 'tap'
import { defineRoom, Refusal } from '../server/server.ts'
import type { Any, RawClient } from './support/client.ts'
import { type Stage, stage } from './support/stage.ts'
import { enter, settled } from './support/troupe.ts'
import { OVERS, world } from './support/world.ts'

for (const over of OVERS)
  t.test(`members hear what another would be known by, over ${over}`, async (t) => {
    const here = await world(t, { over, rooms: { camp: {} } })
    const ada = await enter(here, { kind: 'camp' })
    const bob = await enter(here, { code: ada.room.code })
    const heard: Any[] = []
    for (const one of [ada, bob])
      one.room.on('changed', ({ number, name, data }) => heard.push([number, name, data]))
    const froms: string[] = []
    bob.network.events.on('camp.m', (_args, { name }) => froms.push(name))

    await ada.room.describe({ name: ' Ada\tthe  Great ', data: { colour: 'red' } })
    await ada.room.describe({ data: null })
    await ada.room.describe({ name: '\u0007' })
    await settled(ada, bob)
    const late = await enter(here, { code: ada.room.code })

    const told = [
      [1, 'Ada the Great', { colour: 'red' }],
      [1, 'Ada the Great', null],
      [1, 'Ada the Great', null],
    ]
    t.strictSame(
      heard.filter((_one, index) => index % 2 === 0),
      told,
    )
    t.equal(heard.length, 6)
    t.match(late.room.members.get(1), { name: 'Ada the Great', data: null })
  })

t.test('what a member says next is stamped with its new name', async (t) => {
  const { raw } = stage(t, { open: true })
  const [ada, bob] = await seated(raw, 'open')
  await ada.ask('event.emit', { name: 'game.m', args: [] })

  await ada.ask('room.describe', { name: 'Adelaide' })
  await ada.ask('event.emit', { name: 'game.m', args: [] })
  await bob.settled()

  const names = bob.seen.filter(({ type }) => type === 'event').map(({ from }) => from.name)
  t.strictSame(names, ['Ada', 'Adelaide'])
})

t.test('a kind without hooks keeps the data of its members, joining and later', async (t) => {
  const rooms = { camp: { namespaces: ['camp'] } }
  const { raw } = stage(t, { rooms })
  const [ada, bob] = await seated(raw, 'camp', { data: { team: 'red' } })

  const joined = await bob.ask('room.describe', { data: [1, 'two'] })
  await ada.settled()

  t.match(bob.seen.find(({ type }) => type === 'room.join')?.data.members, [
    { data: { team: 'red' } },
    { data: { team: 'red' } },
  ])
  t.match(joined.data, { member: { number: 2, data: [1, 'two'] } })
  t.match(await ada.next('room.member_described'), { data: joined.data })
})

t.test('data_bytes: what a member would be known by is bounded', async (t) => {
  const { raw } = stage(t, { open: true, limits: { data_bytes: 20 } })
  const [ada, bob] = await seated(raw, 'open')

  const fits = await ada.ask('room.describe', { data: 'x'.repeat(18) })
  const over = await ada.ask('room.describe', { name: 'Not her', data: 'x'.repeat(19) })
  await bob.settled()

  t.match(fits.data, { member: { data: 'x'.repeat(18) } })
  t.match(over.data, { code: 'TOO_LARGE', message: /room\.describe\.data: 21 bytes.*at most 20/ })
  t.equal(bob.seen.filter(({ type }) => type === 'room.member_described').length, 1)
})

t.test('a kind in code says what its members may be known by', async (t) => {
  const seen: Any[] = []
  const rooms = {
    duel: defineRoom({
      onDescribe({ members }, member, described) {
        seen.push([member.number, member.name, described, members.length])
        if (described.name === 'God') throw new Refusal('PERMISSION_DENIED', 'no gods here')
        return described.data === undefined ? undefined : { name: `${member.name}!`, data: 7 }
      },
      onLeave: (_room, { name, data }) => void seen.push(['left', name, data]),
    }),
  }
  const { raw } = stage(t, { rooms })
  const [ada, bob] = await seated(raw, 'duel', { data: 'dropped, as there is no onJoin' })

  const answers = [
    await ada.ask('room.describe', { data: 3 }),
    await ada.ask('room.describe', { name: 'Adelaide' }),
    await ada.ask('room.describe', { name: 'God' }),
  ]
  await ada.ask('room.leave')
  await bob.settled()

  t.match(
    answers.map(({ data }) => data.member ?? data),
    [
      { name: 'Ada!', data: 7 },
      { name: 'Adelaide', data: 7 },
      { code: 'PERMISSION_DENIED', message: /no gods/ },
    ],
  )
  t.strictSame(seen, [
    [1, 'Ada', { data: 3 }, 2],
    [1, 'Ada!', { name: 'Adelaide' }, 2],
    [1, 'Adelaide', { name: 'God' }, 2],
    ['left', 'Adelaide', 7],
  ])
  t.equal(bob.seen.filter(({ type }) => type === 'room.member_described').length, 2)
})

t.test('in a kind in code that does not say so everybody stays as they joined', async (t) => {
  const { raw } = stage(t, { rooms: { duel: { onJoin: () => 'as the room says' } } })
  const [ada, bob] = await seated(raw, 'duel', { data: 'as the player says' })

  for (const asked of [{ name: 'Adelaide' }, { data: 1 }, {}])
    t.match((await ada.ask('room.describe', asked)).data, {
      code: 'UNSUPPORTED',
      message: /who sits in a duel stays as it joined/,
    })
  await bob.settled()

  t.notOk(bob.seen.some(({ type }) => type === 'room.member_described'))
  t.match(await ada.ask('room.join', { code: 'AAAAAA' }), { data: { code: 'ROOM_NOT_FOUND' } })
})

for (const [what, onDescribe] of [
  ['promises', async () => ({ name: 'Late' })],
  ['returns a name of no letters', () => ({ name: '' })],
  ['returns what JSON cannot hold', () => ({ data: Number.NaN })],
  ['throws', () => JSON.parse('boom')],
  ['says no without a Refusal', () => false],
  ['returns no description', () => ({ title: 'Lady' })],
] as const)
  t.test(`an onDescribe that ${what} changes nothing, and its bug is logged`, async (t) => {
    const { raw, lines } = stage(t, {
      rooms: { duel: defineRoom({ onDescribe: onDescribe as Any }) },
    })
    const [ada, bob] = await seated(raw, 'duel')

    const { data } = await ada.ask('room.describe', { name: 'Adelaide' })
    await bob.settled()

    t.match(data, { code: 'INTERNAL' })
    t.ok(lines.some(({ incident }) => incident === data.incident))
    t.notOk(bob.seen.some(({ type }) => type === 'room.member_described'))
  })

t.test('in the plaza one may change name and colour, to what a plaza takes', async (t) => {
  const { raw } = stage(t)
  const [ada, bob] = await seated(raw, 'plaza')

  const well = await ada.ask('room.describe', { name: 'Adelaide', data: { colour: '#00ff00' } })
  const ill = await ada.ask('room.describe', { data: { colour: 'green' } })
  await bob.settled()

  t.match(well.data.member, { name: 'Adelaide', data: { colour: '#00ff00' } })
  t.match(ill.data, { code: 'INVALID_MESSAGE_DATA', message: /^room\.describe\.data/ })
  t.equal(bob.seen.filter(({ type }) => type === 'room.member_described').length, 1)
})

t.test('who is in no room has nobody to be known by', async (t) => {
  const { raw } = stage(t)
  const ada = await raw()

  t.match(await ada.ask('room.describe', { name: 'Ada' }), { data: { code: 'NOT_IN_ROOM' } })
})

/** Ada and Bob in a room of this kind. */
async function seated(
  raw: Stage['raw'],
  kind: string,
  joining = {},
): Promise<[RawClient, RawClient]> {
  const [ada, bob] = [await raw(), await raw()]
  const made = await ada.ask('room.create', { kind, name: 'Ada', ...joining })
  await bob.ask('room.join', { code: made.data.room.code, name: 'Bob', ...joining })
  return [ada, bob]
}
