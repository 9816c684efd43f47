import t, { type Test } from 'tap'
import { Writer } from '../protocol/bytes.ts'
import { angle, defineState, fixed, table, vec2 } from '../protocol/state.ts'
import { columnsOf, quantise } from '../protocol/state-columns.ts'
import { writeStateUp } from '../protocol/state-up.ts'
import { defineRoom, type HubOptions, Refusal } from '../server/server.ts'
import { create, type Mirrored, quiet, staging } from './support/state-stage.ts'

const boats = defineState({
  boats: table(
    {
      ...{ x: fixed(-100, 100, 0.1, { change: 50 }), turned: angle(10), at: vec2(0, 10, 0.5) },
      ...{ name: 'string', load: 'uint8' },
    },
    { write: 'owner', rows_each: 2 },
  ),
  buoys: table({ x: fixed(-100, 100, 0.1) }, { write: 'host' }),
  wind: table({ from: 'uint8' }),
})

/** Says what rows are to be: of one row, by the names of its columns. */
function write(
  { client, room }: Mirrored,
  name: string,
  slot: number,
  values: Readonly<Record<string, unknown>>,
  have = room().have,
): void {
  const { number, schema } = room()
  const known = columnsOf(schema)
  const index = schema.tables.findIndex((one) => one.name === name)
  const said = (known.tables[index]?.columns ?? []).flatMap((column, at) => {
    const value = values[column.name]
    if (value === undefined) return []
    const q = column.raw ? [value] : Int32Array.of(raw(column, value as number))
    return [{ at, q }]
  })
  const writer = new Writer()
  writeStateUp(writer, known, {
    ...{ room: number, have },
    write: {
      ...{ table: index, slots: Int32Array.of(slot) },
      columns: said.map(({ at }) => at),
      values: said.map(({ q }) => q),
    },
  })
  client.sendBytes(writer.taken())
}

/** As it travels, out of its bounds as well. */
const raw = (column: Parameters<typeof quantise>[0], value: number) =>
  column.wraps ? quantise(column, value) : Math.round(value * column.per - column.offset)

async function sailing(t: Test, definition: object = {}, options: HubOptions = {}) {
  const sea = defineRoom({ ...definition, state: boats })
  const here = staging(t, { rooms: { sea }, ...options })
  const [ada, bob] = [await here.mirrored(), await here.mirrored()]
  const code = await create(ada.client, 'sea')
  await bob.client.ask('room.join', { code })
  const own = await bob.client.ask('state.add', { table: 'boats', values: { x: 5, name: 'Bob’s' } })
  await here.tick()
  return { ...here, ada, bob, slot: own.data.slot as number }
}

t.test('an owner’s row is where its owner says, for everybody', async (t) => {
  const { ada, bob, slot, tick } = await sailing(t)
  t.match(ada.room().told('boats')[slot], { owner: 2, x: 5, name: 'Bob’s', load: 0 })

  write(bob, 'boats', slot, { x: 7.5, 'at.x': 1, 'at.y': 2.5, name: 'Hers', turned: 1 })
  await quiet()
  await tick()

  const { turned, ...boat } = ada.room().told('boats')[slot]
  t.strictSame(boat, { owner: 2, x: 7.5, 'at.x': 1, 'at.y': 2.5, name: 'Hers', load: 0 })
  t.ok(Math.abs(turned - 1) < 0.01)
  t.strictSame(bob.room().told('boats'), ada.room().told('boats'))
})

t.test('an owner may move its row along one axis alone', async (t) => {
  const { ada, bob, slot, tick } = await sailing(t)
  write(bob, 'boats', slot, { 'at.x': 1, 'at.y': 2.5 })
  await quiet()
  await tick()

  write(bob, 'boats', slot, { 'at.x': 3 })
  await quiet()
  await tick()

  t.match(ada.room().told('boats')[slot], { 'at.x': 3, 'at.y': 2.5 })
})

t.test('what is not one’s own, or out of bounds, or too far, is corrected and told', async (t) => {
  const { ada, bob, slot, tick } = await sailing(t)
  const before = ada.room().told('boats')
  const wrong: [Mirrored, string, number, object, object][] = [
    [ada, 'boats', slot, { x: 1 }, { code: 'PERMISSION_DENIED', values: { x: 5 } }],
    [bob, 'boats', 9, { x: 1 }, { code: 'ROW_NOT_FOUND', values: {} }],
    [bob, 'boats', slot, { x: 100.1 }, { code: 'BOUNDS', values: { x: 5 } }],
    [bob, 'boats', slot, { x: 60 }, { code: 'CHANGE', values: { x: 5 } }],
    [bob, 'boats', slot, { owner: 1 }, { code: 'PERMISSION_DENIED', values: {} }],
    [bob, 'buoys', 0, { x: 1 }, { code: 'ROW_NOT_FOUND', values: {} }],
  ]
  for (const [who, name, at, values, expected] of wrong) {
    write(who, name, at, values as Record<string, unknown>)
    const { data } = await who.client.next('state.corrected')
    t.match(data, { table: name, slot: at, ...expected })
  }
  await tick()

  t.strictSame(ada.room().told('boats'), before)
})

t.test('what changes within its measure of a second is let pass, however it comes', async (t) => {
  const { ada, bob, slot, tick, clock } = await sailing(t)
  clock.advance(1_000)

  // A second's worth at once, as after a stall, and then no more until time has passed.
  write(bob, 'boats', slot, { x: 30 })
  write(bob, 'boats', slot, { x: 55 })
  write(bob, 'boats', slot, { x: 56 })
  const { data } = await bob.client.next('state.corrected')
  await tick(2)
  write(bob, 'boats', slot, { x: 59 })
  await quiet()
  await tick()

  t.match(data, { code: 'CHANGE', values: { x: 55 } })
  t.match(ada.room().told('boats')[slot], { x: 59 })
})

t.test('the room’s own logic changes or refuses what members write', async (t) => {
  const { ada, bob, slot, tick } = await sailing(t, {
    onWrite(_: unknown, { op, values, row }: { op: string; values: { x?: number }; row: unknown }) {
      if (op === 'remove') throw new Refusal('VALIDATION_FAILED', 'boats stay')
      if (op === 'change' && values.x === 9) return false
      return op === 'change' && row && values.x === 8 ? { x: 8.5 } : undefined
    },
  })

  write(bob, 'boats', slot, { x: 9 })
  t.match((await bob.client.next('state.corrected')).data, { code: 'REFUSED', values: { x: 5 } })
  write(bob, 'boats', slot, { x: 8 })
  t.match((await bob.client.next('state.corrected')).data, { code: 'REFUSED', values: { x: 8.5 } })
  const kept = await bob.client.ask('state.remove', { table: 'boats', slot })
  await tick()

  t.match(kept, { type: 'error', data: { code: 'VALIDATION_FAILED' } })
  t.match(ada.room().told('boats')[slot], { x: 8.5 })
})

t.test('the host writes what is the host’s, whoever it is', async (t) => {
  const { ada, bob, tick } = await sailing(t)
  const added = await ada.client.ask('state.add', { table: 'buoys', values: { x: 3 } })
  const refused = await bob.client.ask('state.add', { table: 'buoys', values: { x: 3 } })
  await tick()
  t.match(refused, { type: 'error', data: { code: 'PERMISSION_DENIED' } })
  t.match(bob.room().told('buoys'), { 0: { x: 3 } })

  write(bob, 'buoys', 0, { x: 4 })
  t.match((await bob.client.next('state.corrected')).data, { code: 'PERMISSION_DENIED' })
  await ada.client.ask('room.leave')
  write(bob, 'buoys', 0, { x: 4 })
  await quiet()
  await tick()

  t.match(bob.room().told('buoys')[added.data.slot], { x: 4 })
})

t.test('rows are added within their number and their bounds, and go with who leaves', async (t) => {
  const { ada, bob, tick } = await sailing(t)
  const add = (values: object, name = 'boats') =>
    bob.client.ask('state.add', { table: name, values })
  for (const [answer, code] of [
    [await add({ x: 101 }), 'VALIDATION_FAILED'],
    [await add({ z: 1 }), 'VALIDATION_FAILED'],
    [await add({ x: 'far' }), 'VALIDATION_FAILED'],
    [await add({}, 'wind'), 'PERMISSION_DENIED'],
    [await add({}, 'nothing'), 'TABLE_NOT_FOUND'],
    [await add({ x: 1 }), undefined],
    [await add({ x: 2 }), 'TABLE_FULL'],
  ] as const)
    t.equal(answer.data.code, code)
  await tick()
  t.equal(ada.room().rows('boats').size, 2)

  await bob.client.ask('room.leave')
  await tick()

  t.equal(ada.room().rows('boats').size, 0)
})

t.test(
  'frames that are none, of other rooms or of who has left, are answered and end nothing',
  async (t) => {
    const { ada, bob, slot, tick } = await sailing(t)
    const said = [Buffer.from([0xb0]), Buffer.from([0xb4, 1, 1]), Buffer.from([0xb2, 99, 1, 0])]
    for (const bytes of said) bob.client.sendBytes(bytes)
    for (const _ of said) t.equal((await bob.client.next('error')).data.request, 'state_up')

    write(bob, 'boats', slot, { x: 6 })
    await quiet()
    await tick()

    t.match(ada.room().told('boats')[slot], { x: 6 })
  },
)

t.test('who takes its seat over from another window has the rows it had', async (t) => {
  const { ada, bob, slot, tick, mirrored } = await sailing(t)
  const { data } = await bob.client.ask('player.identify')
  const again = await mirrored()
  await again.client.ask('player.identify', { guest_key: data.guest_key })
  const code = (await again.client.ask('room.list')).data.rooms[0].code
  await again.client.ask('room.join', { code })
  await tick()

  t.strictSame(again.room().told('boats'), ada.room().told('boats'))
  write(again, 'boats', slot, { x: 6 })
  await quiet()
  await tick()
  t.match(ada.room().told('boats')[slot], { owner: 2, x: 6 })
})

const asked = {
  tables: [
    {
      name: 'ships',
      fields: [{ name: 'x', type: 'fixed', min: -100, max: 100, step: 0.1 }],
      write: 'owner',
    },
  ],
}

t.test('who makes an open room says what it knows, without a server’s code', async (t) => {
  const { mirrored, clock } = staging(t)
  const [ada, bob] = [await mirrored(), await mirrored()]
  const code = await create(ada.client, 'open', { state: { ...asked, tick_hz: 10 } })
  await bob.client.ask('room.join', { code })
  const { data } = await bob.client.ask('state.add', { table: 'ships', values: { x: 1 } })
  clock.advance(100)
  await quiet()
  write(bob, 'ships', data.slot, { x: 2.5 })
  await quiet()
  clock.advance(100)
  await quiet()

  t.match(ada.room(code).told('ships'), { 0: { owner: 2, x: 2.5 } })
})

t.test('an open room’s tables are checked, and other kinds have their own', async (t) => {
  const { mirrored } = staging(t, { rooms: { sea: { state: asked as never } }, open: true })
  const ada = await mirrored()
  const told = async (kind: string, state: object) =>
    (await ada.client.ask('room.create', { kind, state })).data
  const many = {
    tables: Array.from({ length: 17 }, (_, at) => ({ ...asked.tables[0], name: `t${at}` })),
  }

  t.match(await told('open', { tables: [{ name: 'a b', fields: [] }] }), {
    code: 'INVALID_MESSAGE_DATA',
  })
  t.match(await told('open', { tables: [asked.tables[0], asked.tables[0]] }), {
    code: 'INVALID_MESSAGE_DATA',
  })
  t.match(await told('open', many), { code: 'TOO_LARGE' })
  t.match(await told('sea', asked), { code: 'UNSUPPORTED' })
  await create(ada.client, 'sea')
  t.match((await ada.client.next('state.schema')).data, { tables: asked.tables, tick_hz: 20 })
})

t.test('a client that knows the tables of a room is not told them again', async (t) => {
  const { raw, mirrored } = staging(t, { rooms: { sea: { state: asked as never } } })
  const [ada, bob] = [await mirrored(), await raw()]
  const code = await create(ada.client, 'sea')
  const { hash } = (await ada.client.next('state.schema')).data
  await bob.ask('room.join', { code, schemas: [hash] })
  const { data } = await bob.next('state.schema')

  t.equal(data.hash, hash)
  t.equal(data.tables, undefined)
})

t.test('state_rows and state_bytes: no room holds more, and says so', async (t) => {
  const limits = { state_rows: 3, state_bytes: 200 }
  const { bob } = await sailing(t, {}, { limits })
  const add = (values: object) => bob.client.ask('state.add', { table: 'boats', values })
  const long = await add({ name: 'x'.repeat(190) })
  const short = await add({ name: 'x'.repeat(20) })

  t.match(long, { type: 'error', data: { code: 'TOO_LARGE' } })
  t.match(short, { type: 'state.add' })
  const { ada, ...rest } = await sailing(t, {}, { limits: { state_rows: 1 } })
  const full = await rest.bob.client.ask('state.add', { table: 'boats' })
  t.match(full, { type: 'error', data: { code: 'TABLE_FULL' } })
  t.ok(ada)
})
