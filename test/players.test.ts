import t from 'tap'
import { MAX_NAME } from '../protocol/players.ts'
import { cleanName } from '../server/features/players.ts'
import { OVERS, world } from './support/world.ts'

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

  t.test(`a name of nothing, or of too much, is not a name, over ${over}`, async (t) => {
    const { raw } = await world(t, { over })
    const client = await raw()

    for (const name of ['', 'x'.repeat(MAX_NAME + 1), 7, null])
      t.match(await client.ask('player.identify', { name }), {
        data: { code: 'INVALID_MESSAGE_DATA', message: /^player\.identify\.name: expected text/ },
      })
    const invisible = await client.ask('player.identify', { name: '\u200b\u202e\u0007' })

    t.match(invisible.data.player.name, /^Guest \d+$/, 'what cannot be seen leaves the guest’s own')
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
  const name = '\u202e  Ada \u0000\n B. '

  const identified = await client.ask('player.identify', { name })
  const joined = await client.ask('room.join_or_create', { kind: 'plaza', name: `${name}!` })

  t.equal(identified.data.player.name, 'Ada B.')
  t.equal(joined.data.members[0].name, 'Ada B. !')
})
