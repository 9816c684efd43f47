import t, { type Test } from 'tap'
import { ERRORS } from '../protocol/errors.ts'
import { LIMITS } from '../protocol/limits.ts'
import type { Messages } from '../protocol/message.ts'
import { cleanName } from '../protocol/name.ts'
import { MAX_NAME, SCOPES, players as table } from '../protocol/players.ts'
import { connect, type Network } from '../web-client/client.ts'
import { createMoodyStore, type MoodyStore } from './support/moods.ts'
import { heard } from './support/player.ts'
import { both, until } from './support/promise.ts'
import { type Service, type ServiceOptions, service } from './support/service.ts'
import { failureOf } from './support/troupe.ts'
import { NodeSocket, OVERS, world } from './support/world.ts'

for (const over of OVERS) {
  t.test(`a newcomer becomes a guest and is given a key, over ${over}`, async (t) => {
    const { connect } = await world(t, { over })
    const ada = await connect()

    const { player, guest_key } = await ada.players.identify()

    t.match(player, { id: String, name: /^Guest \d{1,4}$/, guest: true })
    t.match(guest_key, /^.{32,}$/)
    t.strictSame(ada.players.me, player)
  })

  t.test(`the key brings the same guest back, from any connection, over ${over}`, async (t) => {
    const { connect } = await world(t, { over })
    const phone = await connect()
    const { player, guest_key = '' } = await phone.players.identify({ name: 'Ada' })

    const tablet = await connect()
    const beside = await tablet.players.identify({ guest_key })
    phone.close()
    const later = await (await connect()).players.identify({ guest_key })

    t.strictSame(beside, { player }, 'while the first is still there; the key is told only once')
    t.strictSame(later, { player }, 'and after it has gone')
    t.equal(player.name, 'Ada')
  })

  t.test(`a wrong key is refused and makes nobody, over ${over}`, async (t) => {
    const { connect, lines } = await world(t, { over })
    const ada = await connect()

    await t.rejects(ada.players.identify({ guest_key: 'made up' }), {
      code: 'INVALID_GUEST_KEY',
      status: 401,
    })

    t.equal(ada.players.me, undefined)
    t.notOk(lines.some(({ msg }) => msg === 'player identified'))
    t.match(
      await ada.players.identify(),
      { guest_key: String },
      'who asks for nothing gets a guest',
    )
  })

  t.test(`who is somebody already cannot become another, over ${over}`, async (t) => {
    const { connect } = await world(t, { over })
    const [ada, bob] = [await connect(), await connect()]
    const { guest_key: adas = '', player } = await ada.players.identify()
    const { guest_key: bobs = '' } = await bob.players.identify()

    await t.rejects(ada.players.identify(), { code: 'ALREADY_IDENTIFIED' })
    await t.rejects(ada.players.identify({ guest_key: bobs }), { code: 'ALREADY_IDENTIFIED' })
    await t.rejects(ada.players.identify({ guest_key: 'x' }), { code: 'INVALID_GUEST_KEY' })

    t.strictSame(ada.players.me, player)
    const renamed = await ada.players.identify({ guest_key: adas, name: 'Ada' })
    t.strictSame(renamed.player, { ...player, name: 'Ada' }, 'its own key may rename it')
  })

  t.test(`nobody else ever sees a key or a token, over ${over}`, async (t) => {
    const { raw, lines } = await world(t, { over })
    const [ada, bob] = [await raw(), await raw()]
    await bob.ask('room.join_or_create', { kind: 'plaza' })

    const { data } = await ada.ask('player.identify', { name: 'Ada' })
    await ada.ask('room.join_or_create', { kind: 'plaza' })
    await ada.ask('event.emit', { name: 'plaza.wave', args: [] })
    await ada.ask('player.identify', { guest_key: data.guest_key })
    await bob.next('event')
    await ada.ask('room.leave')
    await bob.next('room.member_left')

    const joined = bob.seen.find(({ type }) => type === 'room.member_joined')
    t.match(joined?.data.member, { player: data.player.id, name: 'Ada' })
    for (const secret of [data.guest_key, ada.welcome.token]) {
      t.ok(secret.length > 20)
      t.notOk(JSON.stringify(bob.seen).includes(secret), 'not on the wire')
      t.notOk(JSON.stringify(lines).includes(secret), 'not in the log')
    }
  })

  t.test(`a guest is known in rooms by its name, and after a drop too, over ${over}`, async (t) => {
    const { connect } = await world(t, { over })
    const [ada, bob] = [await connect(), await connect()]
    const { player } = await ada.players.identify({ name: 'Ada' })
    const room = await ada.rooms.joinOrCreate('plaza')
    const seen = await bob.rooms.joinOrCreate('plaza')

    const restored = new Promise<void>((resolve) => ada.on('snapshot', () => resolve()))
    ada.cut()
    await restored

    t.match(seen.members.get(room.you), { name: 'Ada', player: player.id })
    t.match(seen.members.get(seen.you), { name: /^Guest \d+$/, player: null })
    t.strictSame(ada.players.me, player)
  })

  t.test(`a name of nothing is not a name, and one too long is cut, over ${over}`, async (t) => {
    const { raw } = await world(t, { over })
    const client = await raw()

    for (const name of ['', 7, null])
      t.match(await client.ask('player.identify', { name }), {
        data: { code: 'INVALID_MESSAGE_DATA', message: /^player\.identify\.name: expected text/ },
      })
    const invisible = await client.ask('player.identify', { name: '\u200b\u202e\u0007' })
    const long = await (await raw()).ask('player.identify', { name: 'x'.repeat(MAX_NAME + 1) })

    t.match(invisible.data.player.name, /^Guest \d+$/, 'what cannot be seen leaves the guest’s own')
    t.equal(long.data.player.name, 'x'.repeat(MAX_NAME))
  })
}

const NAMES: readonly [what: string, asked: string, known: string][] = [
  ['an ordinary name', 'Ada Lovelace', 'Ada Lovelace'],
  ['white space around and between', '  Ada \t\n  Lovelace ', 'Ada Lovelace'],
  ['other scripts', '愛 Αντα Ада', '愛 Αντα Ада'],
  ['a picture', 'Ada 🎈', 'Ada 🎈'],
  ['control characters', 'A\u0000d\u0007a\u001b[31m', 'A d a [31m'],
  ['line and paragraph separators', 'Ada\u2028Bob\u2029', 'Ada Bob'],
  ['marks that turn the reading direction', '\u202eadA\u202c\u200f\u2066x\u2069', 'adA x'],
  ['invisible characters', '\u200bA\u200d\ufeffda\u00ad', 'A da'],
  ['what joins Persian letters', 'می\u200cخواهم', 'می\u200cخواهم'],
  ['what joins Sinhala letters', 'ක්\u200dරිස්', 'ක්\u200dරිස්'],
  ['a family', '👩\u200d👩\u200d👧 Ada', '👩\u200d👩\u200d👧 Ada'],
  ['a heart with its variation', '👩\u200d❤\ufe0f\u200d👩', '👩\u200d❤\ufe0f\u200d👩'],
  ['flags', '🏳️\u200d🌈🇱🇰', '🏳️\u200d🌈🇱🇰'],
  [
    'a flag told by letters',
    '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  ],
  ['joiners that join nothing', 'A\u200dd\u200ca\u200d م\u200d\u200dن', 'A d a م ن'],
  ['what overrides inside Arabic', 'م\u202eن\u2067ه', 'م ن ه'],
  [
    'too much, cut in a family',
    `${'x'.repeat(MAX_NAME - 4)}👩\u200d👩\u200d👧`,
    'x'.repeat(MAX_NAME - 4),
  ],
  ['too much, cut behind a joiner', `${'ම්\u200d'.repeat(8)}ම`, `${'ම්\u200d'.repeat(7)}ම්`],
  ['one character of too much', `a${'\u0301'.repeat(40)}`, `a${'\u0301'.repeat(MAX_NAME - 1)}`],
  ['half a character', 'Ada\ud83c', 'Ada'],
  ['private and unassigned characters', 'Ada\ue000\u{10ffff}', 'Ada'],
  ['nothing but space', ' \u00a0\u3000 ', ''],
  ['too much', 'x'.repeat(40), 'x'.repeat(MAX_NAME)],
  ['too much, cut at a space', `${'x'.repeat(MAX_NAME - 1)} yz`, 'x'.repeat(MAX_NAME - 1)],
  ['too much, cut in a character', `${'x'.repeat(MAX_NAME - 1)}🎈`, 'x'.repeat(MAX_NAME - 1)],
]

for (const [what, asked, known] of NAMES)
  t.test(`a name is cleaned: ${what}`, async (t) => {
    t.equal(cleanName(asked), known)
    t.equal(cleanName(known), known, 'once is enough')
  })

t.test('a name is cleaned on its way in, for guests and for members', async (t) => {
  const { raw } = await world(t)
  const client = await raw()
  const name = '\u202e  Ada \u0007\n B. '

  const identified = await client.ask('player.identify', { name })
  const joined = await client.ask('room.join_or_create', { kind: 'plaza', name: `${name}!` })

  t.equal(identified.data.player.name, 'Ada B.')
  t.equal(joined.data.members[0].name, 'Ada B. !')
})

/* What is kept of a player. */

both(
  'a player’s name and props are kept, and known on every device',
  {},
  async (t, { connect }) => {
    const [phone, tablet] = [await connect(), await connect()]
    const { player, guest_key = '' } = await phone.players.identify({ name: 'Ada' })
    await tablet.players.identify({ guest_key })
    const before = await phone.players.get()

    const changed = await phone.players.update({
      name: 'Ada L.',
      props: { gold: 3, bag: ['rope'] },
    })
    const more = await phone.players.update({ props: { gold: null, hat: { size: 7 } } })
    const seen = await tablet.players.get()
    const room = await tablet.rooms.joinOrCreate('plaza')

    t.match(before, {
      ...{ id: player.id, name: 'Ada', guest: true, dev: false, props: {}, groups: [] },
      ...{ created_at: Number, seen_at: Number },
    })
    t.match(changed, { name: 'Ada L.', props: { gold: 3, bag: ['rope'] } })
    t.strictSame(more.props, { bag: ['rope'], hat: { size: 7 } })
    t.strictSame(seen, more)
    for (const { players } of [phone, tablet]) {
      t.strictSame(players.me, { ...player, name: 'Ada L.' })
      t.strictSame(players.props, more.props)
    }
    t.match(room.members.get(room.you), { name: 'Ada L.' })
  },
)

both('a prop may have any name, and a name or nothing alone be changed', {}, async (t, w) => {
  const { players } = await w.connect()
  await players.identify({ name: 'Ada' })

  const odd = await players.update({ props: JSON.parse('{"__proto__":1,"constructor":2}') })
  const same = await players.update({})
  const named = await players.update({ name: 'Bea' })

  t.strictSame(Object.entries(odd.props), [
    ['__proto__', 1],
    ['constructor', 2],
  ])
  t.strictSame(same, odd)
  t.strictSame([named.name, Object.keys(named.props).length], ['Bea', 2])
})

both(
  'what is known of a player goes with its session',
  { limits: { heartbeat_ms: 1e6 } },
  async (t, w) => {
    const network = await w.connect({ backoff: () => 40_000, pingEvery: 1e6 })
    const { players } = network
    const { guest_key = '', player } = await players.identify()
    await players.update({ props: { gold: 3 } })
    const lost = heard(network, 'lost')

    network.cut()
    await until(() => w.stats().away === 1, 'a session away')
    w.clock.advance(40_000)
    await lost
    const gone = [players.me, players.props]
    await players.identify({ guest_key })
    const unasked = players.props
    await players.get()

    t.strictSame(gone, [undefined, {}])
    t.strictSame([players.me, unasked, players.props], [player, {}, { gold: 3 }])
  },
)

/* Players of your own service. */

t.test('a player of one’s own service signs in by ticket, alias and token', async (t) => {
  const scene = await service(t, { requireTicket: true })
  const { alias, token, player } = await scene.player('ada')
  await scene.ask(`PUT /v1/players/${player.id}/groups/founders`)
  const ada = await client(t, scene)

  const told = await ada.players.identify({ ticket: await scene.ticket(), alias: alias.id, token })
  const profile = await ada.players.get()

  t.match(told, {
    player: { id: player.id, guest: false },
    alias: { id: alias.id },
    scopes: SCOPES,
  })
  t.strictSame(ada.players.me, told.player)
  t.strictSame(profile.groups, ['founders'])
})

t.test('a guest who is given an alias loses nothing', async (t) => {
  const scene = await service(t)
  const ada = await client(t, scene)
  const { player } = await ada.players.identify({ name: 'Ada' })
  await ada.players.update({ props: { gold: 3 } })
  const { id } = await ada.channels.create('tavern')

  const body = { service: 'name', identifier: 'ada' }
  const { alias } = await scene.ask(`POST /v1/players/${player.id}/aliases`, body)
  const { token } = await scene.ask(`POST /v1/aliases/${alias.id}/token`)
  const tablet = await client(t, scene)
  const later = await tablet.players.identify({ alias: alias.id, token })
  const mine = await tablet.channels.list({ mine: true })

  t.strictSame(later.player, { ...player, guest: false })
  t.match(await tablet.players.get(), { guest: false, props: { gold: 3 } })
  t.match(mine.channels, [{ id, owner: player.id }])
  t.match(await ada.players.get(), { guest: false })
  t.match(ada.players.me, { guest: false })
})

/* Refusals. */

type Attempt = (by: Network) => Promise<unknown>

/** Each request of the table, as a player makes it who has done nothing wrong. */
const CALLS: Readonly<Record<string, Attempt>> = {
  'player.identify': ({ players }) => players.identify(),
  'player.get': ({ players }) => players.get(),
  'player.update': ({ players }) => players.update({ props: { gold: 3 } }),
}

interface Situation {
  readonly options?: (store: MoodyStore) => ServiceOptions
  /** What came before. */
  readonly given?: (by: Network, scene: Service, store: MoodyStore) => Promise<unknown>
  /** Requests that are made otherwise. */
  readonly calls?: typeof CALLS
}

/** How each code comes about. */
const SITUATIONS: Readonly<Record<string, Situation>> = {
  INVALID_TICKET: {
    calls: { 'player.identify': ({ players }) => players.identify({ ticket: 'made.up' }) },
  },
  INVALID_GUEST_KEY: {
    calls: { 'player.identify': ({ players }) => players.identify({ guest_key: 'made.up' }) },
  },
  INVALID_SOCKET_TOKEN: {
    calls: { 'player.identify': ({ players }) => players.identify({ alias: 1, token: 'no' }) },
  },
  ALREADY_IDENTIFIED: { given: ({ players }) => players.identify() },
  TICKET_REQUIRED: { options: () => ({ requireTicket: true }) },
  NO_PLAYER_FOUND: {},
  MISSING_SCOPE: {
    async given({ players }, { keyWith, ticket }) {
      const { guest_key = '' } = await players.identify()
      const { key } = await keyWith('read:channels')
      await failureOf(players.identify({ guest_key, ticket: await ticket(key) }))
    },
  },
  TOO_LARGE: {
    given: ({ players }) => players.identify(),
    calls: {
      'player.update': ({ players }) =>
        players.update({ props: { diary: 'x'.repeat(LIMITS.data_bytes.value) } }),
    },
  },
  TOO_MANY_PROPS: {
    options: () => ({ limits: { props: 1 } }),
    async given({ players }) {
      await players.identify()
      await players.update({ props: { hat: true } })
    },
  },
  PLAYER_BANNED: banned(),
  STORAGE_FAILED: failing('STORAGE_FAILED'),
  STORAGE_BUSY: failing('STORAGE_BUSY'),
  OUTCOME_UNKNOWN: failing('OUTCOME_UNKNOWN'),
}

function failing(code: 'STORAGE_FAILED' | 'STORAGE_BUSY' | 'OUTCOME_UNKNOWN'): Situation {
  let key = ''
  return {
    options: (store) => ({ store }),
    async given({ players }, _, store) {
      key = (await players.identify()).guest_key ?? ''
      store.fails = { code }
    },
    calls: { 'player.identify': ({ players }) => players.identify({ guest_key: key }) },
  }
}

function banned(): Situation {
  let key = ''
  return {
    async given(_, { raw, ask }) {
      const { data } = await (await raw()).ask('player.identify')
      key = data.guest_key
      await ask(`PUT /v1/players/${data.player.id}/ban`)
    },
    calls: { 'player.identify': ({ players }) => players.identify({ guest_key: key }) },
  }
}

const REQUESTS = Object.entries(table.messages as Messages)
const CODES = new Set(REQUESTS.flatMap(([, { errors = [] }]) => errors))

for (const code of CODES)
  t.test(`${code} is what a player is told`, async (t) => {
    const { options, given, calls = {} } = SITUATIONS[code] ?? {}
    const store = createMoodyStore()
    t.teardown(store.close)
    const scene = await service(t, options?.(store))
    const ada = await client(t, scene)
    await given?.(ada, scene, store)

    for (const [type, { errors = [] }] of REQUESTS)
      if (errors.includes(code)) {
        const refused = await failureOf((calls[type] ?? CALLS[type])?.(ada) ?? Promise.resolve())
        t.match(refused, { name: 'NetworkError', code, status: ERRORS[code].status }, type)
      }
  })

t.test('half of what identifies is nothing', async (t) => {
  const scene = await service(t)
  const { alias, token } = await scene.player('ada')
  const { players } = await client(t, scene)

  // @ts-expect-error: an alias without its token
  const untold = await failureOf(players.identify({ alias: alias.id }))
  const whose = await failureOf(players.identify({ token }))

  for (const refused of [untold, whose]) t.match(refused, { code: 'INVALID_SOCKET_TOKEN' })
  t.equal(players.me, undefined)
})

/** The web client of a game that is served there. */
async function client(t: Test, { port }: Service): Promise<Network> {
  const network = await connect(`ws://127.0.0.1:${port}`, { WebSocket: NodeSocket })
  t.teardown(network.close)
  return network
}
