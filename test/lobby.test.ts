import t from 'tap'
import { LIMITS, RATES } from '../protocol/limits.ts'
import { CODE_ALPHABET } from '../protocol/rooms.ts'
import type { Any, RawClient } from './support/client.ts'
import { kindOf, stage } from './support/stage.ts'

const kinds = [kindOf('duel', { capacity: 4 }), kindOf('race')]

const create = (client: RawClient, kind: string, more = {}) =>
  client.ask('room.create', { kind, ...more })

t.test('who makes a room is its host, and its code leads others in', async (t) => {
  const { raw } = stage(t, { kinds })
  const [ada, bob] = [await raw(), await raw()]

  const made = await create(ada, 'duel', { name: 'Ada', capacity: 3, properties: { map: 'ice' } })
  const found = await bob.ask('room.join', { code: made.data.room.code })

  t.match(made.data, { you: 1, members: [{ number: 1, name: 'Ada', role: 'host' }] })
  t.match(made.data.room, { kind: 'duel', capacity: 3, host: 1, listed: true, locked: false })
  t.strictSame(made.data.room.properties, { map: 'ice' })
  t.match(found.data, { you: 2, members: [{ role: 'host' }, { role: 'player' }] })
})

t.test('nobody makes more seats than the kind has, or fewer than one', async (t) => {
  const { raw } = stage(t, { kinds })
  const ada = await raw()

  const large = await create(ada, 'duel', { capacity: 400 })
  const none = await create(ada, 'duel', { capacity: 0 })

  t.match(large.data, { room: { capacity: 4 } })
  t.match(none.data, { code: 'INVALID_MESSAGE_DATA', message: /room.create.capacity/ })
})

t.test('a kind that only the server makes is refused, and made by the server', async (t) => {
  const guild = kindOf('guild', { creatable: false, linger_ms: Number.POSITIVE_INFINITY })
  const { raw, make, clock } = stage(t, { kinds: [guild] })
  const ada = await raw()

  const refused = [
    await create(ada, 'guild'),
    await ada.ask('room.join_or_create', { kind: 'guild' }),
  ]
  const code = make('guild', { properties: { name: 'Owls' } })
  clock.advance(3_600_000)
  const joined = await (await raw()).ask('room.join_or_create', { kind: 'guild' })

  for (const { data } of refused) t.match(data, { code: 'PERMISSION_DENIED', message: /guild/ })
  t.match(joined.data, { room: { code, properties: { name: 'Owls' }, host: 1 }, you: 1 })
  t.throws(() => make('casino'), { code: 'UNKNOWN_KIND' })
  t.throws(() => stage(t, { plaza: false, open: false }).make('casino'), {
    message: 'rooms.create: this server has no kinds of room',
  })
})

t.test('a room is found by kind and properties, or made with them', async (t) => {
  const { raw } = stage(t, { kinds })
  const [ada, bob, cleo, dan] = [await raw(), await raw(), await raw(), await raw()]
  const ice = { map: 'ice', rules: { lives: 3 } }
  const made = await ada.ask('room.join_or_create', { kind: 'duel', properties: ice })

  const same = await bob.ask('room.join_or_create', {
    kind: 'duel',
    properties: { rules: { lives: 3 } },
  })
  const other = await cleo.ask('room.join_or_create', { kind: 'duel', properties: { map: 'lava' } })
  const any = await dan.ask('room.join_or_create', { kind: 'duel' })

  t.equal(same.data.room.code, made.data.room.code)
  t.strictSame(same.data.room.properties, ice)
  t.not(other.data.room.code, made.data.room.code)
  t.strictSame(other.data.room.properties, { map: 'lava' })
  t.equal(any.data.room.code, made.data.room.code, 'the oldest with a free seat')
})

t.test('page: lists show listed rooms only, filtered, a page at a time', async (t) => {
  const { raw } = stage(t, { kinds, rates: false, limits: { rooms: 100, page: 10 } })
  const ada = await raw()
  const codes: string[] = []
  for (let number = 0; number < 25; number++)
    codes.push((await create(ada, 'duel', { properties: { number } })).data.room.code)
  const hidden = (await create(ada, 'duel', { listed: false })).data.room.code
  const race = (await create(ada, 'race')).data.room.code

  const pages: Any[] = [(await ada.ask('room.list', { kind: 'duel' })).data]
  while (pages.at(-1).next !== null)
    pages.push((await ada.ask('room.list', { kind: 'duel', after: pages.at(-1).next })).data)
  const few = await ada.ask('room.list', { limit: 3 })
  const one = await ada.ask('room.list', { properties: { number: 7 } })
  const every = (await ada.ask('room.list', { after: 25 })).data.rooms
  const joined = await (await raw()).ask('room.join', { code: hidden })

  t.strictSame(
    pages.map(({ rooms }) => rooms.length),
    [10, 10, 5],
    'limits.page',
  )
  t.strictSame(
    pages.flatMap(({ rooms }) => rooms.map(({ code }: Any) => code)),
    codes,
  )
  t.equal(few.data.rooms.length, 3)
  t.strictSame(one.data, {
    rooms: [
      {
        code: codes[7],
        kind: 'duel',
        capacity: 4,
        members: 1,
        locked: false,
        properties: { number: 7 },
      },
    ],
    next: null,
  })
  t.strictSame(
    every.map(({ code }: Any) => code),
    [race],
  )
  t.match(joined.data, { you: 2 }, 'a room that is not listed is open to who has its code')
})

t.test('a list fits the client that asks', async (t) => {
  const { raw } = stage(t, { kinds, rates: false, limits: { rooms: 100 } })
  const [ada, bob] = [await raw(), await raw()]
  const note = 'x'.repeat(600)
  for (let number = 0; number < 6; number++)
    await create(ada, 'duel', { properties: { number, note } })
  await bob.ask('session.hello', { receive_bytes: 2_048 })

  const seen: number[] = []
  let after = 0
  for (let page = 0; page < 6 && after !== null; page++) {
    const { type, data } = await bob.ask('room.list', { after })
    t.equal(type, 'room.list')
    seen.push(...data.rooms.map(({ properties }: Any) => properties.number))
    after = data.next
  }

  t.strictSame(seen, [0, 1, 2, 3, 4, 5])
})

t.test(
  'properties and a member’s data above data_bytes are TOO_LARGE, and nothing is made',
  async (t) => {
    const { raw, rooms } = stage(t, { kinds })
    const ada = await raw()
    const most = LIMITS.data_bytes.value
    const fits = { text: 'x'.repeat(most - JSON.stringify({ text: '' }).length) }
    const over = { text: `${fits.text}x` }

    const answers = [
      await create(ada, 'duel', { properties: over }),
      await ada.ask('room.join_or_create', { kind: 'duel', properties: over }),
      await create(ada, 'duel', { data: over }),
    ]
    const left = rooms.size
    const { room } = (await create(ada, 'duel', { properties: fits, data: fits })).data
    const grown = await ada.ask('room.update', { properties: { more: 1 } }, { room: room.code })

    for (const { data } of answers) t.match(data, { code: 'TOO_LARGE', message: /2049 bytes/ })
    t.equal(left, 0, 'an empty room that nobody got into is gone')
    t.strictSame(room.properties, fits)
    t.match(grown.data, { code: 'TOO_LARGE', message: /room.update.properties/ })
  },
)

t.test('properties are an object', async (t) => {
  const { raw } = stage(t, { kinds })
  const ada = await raw()

  for (const properties of [[], 'text', null, 3])
    t.match((await create(ada, 'duel', { properties })).data, {
      code: 'INVALID_MESSAGE_DATA',
      message: /room.create.properties: expected an object/,
    })
})

t.test('create: making rooms is slow work', async (t) => {
  const { raw, clock } = stage(t, { kinds, limits: { rooms: 100 } })
  const ada = await raw()
  for (let count = 0; count < RATES.create.burst; count++) await create(ada, 'duel')

  const refused = await create(ada, 'duel')
  clock.advance(refused.data.retry_ms)
  const later = await create(ada, 'duel')

  t.match(refused.data, { code: 'RATE_LIMITED', retry_ms: 1_000 })
  t.equal(later.type, 'room.create')
})

t.test('guess: ten thousand guesses of a code find out nothing', async (t) => {
  const { raw, clock } = stage(t, { kinds })
  const host = await raw()
  const { code } = (await create(host, 'duel')).data.room
  const seen: Record<string, number> = {}
  const { burst, per_second } = RATES.guess

  let guesser = await raw()
  let sessions = 1
  for (let count = 0; count < 10_000 && sessions < RATES.session.burst - 10; count++) {
    const answer = await guess(guesser, wrongCode(count))
    seen[answer] = (seen[answer] ?? 0) + 1
    if (answer !== 'closed') continue
    guesser = await raw()
    sessions++
  }
  await guess(guesser, wrongCode(0))
  const right = await guess(guesser, code)
  const neighbour = await guess(await raw(), code)
  clock.advance(200_000)
  const later = await guess(await raw(), code)
  const honest = await raw()
  for (let count = 0; count < burst; count++) await guess(honest, wrongCode(count))
  const refused = await honest.ask('room.join', { code })

  t.strictSame(Object.keys(seen).sort(), ['RATE_LIMITED', 'ROOM_NOT_FOUND', 'closed'])
  t.ok((seen.ROOM_NOT_FOUND ?? 0) <= burst + sessions, 'one more for each new session, if at all')
  t.equal(right, 'RATE_LIMITED', 'even a right guess is not told')
  t.equal(neighbour, 'seat', 'and nobody else is refused for that')
  t.equal(later, 'seat')
  t.match(refused.data, { code: 'RATE_LIMITED', retry_ms: 1_000 / per_second })
})

/** What one guess is answered with; `closed` where the connection was, for a flood. */
async function guess(client: RawClient, code: string): Promise<string> {
  try {
    const { type, data } = await client.ask('room.join', { code })
    return type === 'error' ? data.code : 'seat'
  } catch {
    return 'closed'
  }
}

const wrongCode = (count: number) =>
  Array.from('AAAAA', (_, place) => CODE_ALPHABET[Math.floor(count / 32 ** place) % 32]).join('') +
  'A'
