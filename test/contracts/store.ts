import type { Test } from 'tap'
import type { Scope } from '../../protocol/players.ts'
import { channelBytes } from '../../server/core/store/channel.ts'
import { newSecret, readSecret } from '../../server/core/store/secrets.ts'
import type { Channel, Store } from '../../server/core/store/store.ts'
import { createRandom } from '../support/clock.ts'

/** A channel that there was room for. */
function made(channel: Channel | 'TOO_MANY'): Channel {
  if (channel === 'TOO_MANY') throw new Error('expected a channel')
  return channel
}

/** Opens a store of a test's own; it is closed with the test. */
export type OpenStore = (t: Test) => Promise<Store>

const AT = 1_700_000_000_000
const SCOPES: readonly Scope[] = ['read:players', 'write:channels']

/** What every store promises, whatever keeps it; most of it in one store, since a thread takes long. */
export function storeContract(t: Test, name: string, open: OpenStore): void {
  t.test(`the ${name} store keeps what every store promises`, async (t) => {
    const shared = await open(t)
    promises(
      (title, run) => t.test(title, async (t) => run(t, shared)),
      (title, run) => t.test(title, async (t) => run(t, await open(t))),
    )
  })
}

type Promised = (title: string, run: (t: Test, store: Store) => Promise<void>) => void

function promises(promise: Promised, promiseAlone: Promised): void {
  const random = createRandom(7)

  promise('a guest is known by its key, and by no other', async (t, store) => {
    const [ada] = people(1)
    const { text, kept } = newSecret(random)
    const made = await guest(store, ada, kept)

    const again = await store.run('guest.recall', { ...readSecret(text), at: AT + 5 })

    t.strictSame(made, {
      ...{ id: ada, name: 'Ada', guest: true, dev: false, created_at: AT, seen_at: AT },
      ...{ props: [], groups: [] },
    })
    t.strictSame(again, { ...made, seen_at: AT + 5 })
    t.equal(await store.run('guest.recall', { ...kept, hash: 'x', at: AT }), null)
    t.equal(await store.run('guest.recall', { id: 'x', hash: kept.hash, at: AT }), null)
  })

  promise('props are set and removed together, or not at all', async (t, store) => {
    const [ada] = people(1)
    await guest(store, ada)
    const set = (props: readonly { key: string; value: string | number | null }[]) =>
      store.run('player.set_props', { id: ada, props, most: 2 })

    await set([
      { key: 'b', value: 'two' },
      { key: 'a', value: 1 },
    ])

    t.equal(await set([{ key: 'c', value: 3 }]), 'TOO_MANY')
    t.match(await store.run('player.get', { id: ada }), {
      props: [
        { key: 'a', value: 1 },
        { key: 'b', value: 'two' },
      ],
    })
    const moved = await set([
      { key: 'a', value: null },
      { key: 'c', value: 'ü"\\\u0000\u2028' },
    ])
    t.match(moved, { props: [{ key: 'b' }, { key: 'c', value: 'ü"\\\u0000\u2028' }] })
    const nobody = { id: 'nobody', props: [{ key: 'a', value: 1 }], most: 2 }
    t.equal(await store.run('player.set_props', nobody), null)
  })

  promise('what would be more than fits is not stored, to the byte', async (t, store) => {
    const [ada, bob] = people(2)
    for (const player of [ada, bob]) await guest(store, player)
    const create = { name: 'town', owner: ada, props: { motd: 'hi' }, at: AT }
    const channel = made(await store.run('channel.create', create))
    const join = (fits?: number) =>
      store.run('channel.join', {
        ...{ id: channel.id, player: bob, most: 10, at: AT },
        ...(fits !== undefined && { fits }),
      })
    const update = (name: string, fits: number) =>
      store.run('channel.update', { id: channel.id, name, at: AT, fits })
    const set = (value: string, fits: number) =>
      store.run('player.set_props', { id: ada, props: [{ key: 'k', value }], most: 2, fits })
    const renamed = channelBytes({ ...channel, name: 'x'.repeat(30) })

    t.equal(await join(100), 'UNFIT')
    t.equal(await store.run('channel.is_member', { id: channel.id, player: bob }), false)
    t.equal(await update('x'.repeat(30), renamed - 1), 'UNFIT')
    t.match(await store.run('channel.get', { id: channel.id }), { name: 'town', members: 1 })
    t.match(await update('x'.repeat(30), renamed), { name: 'x'.repeat(30) })
    t.match(await join(renamed), { isNew: true, channel: { members: 2 } })
    t.equal(await set('x'.repeat(500), 500), 'UNFIT')
    t.match(await store.run('player.get', { id: ada }), { props: [] })
    t.match(await set('x'.repeat(500), 5_000), { props: [{ key: 'k' }] })
    const group = (name: string, fits: number, member = true) =>
      store.run('player.set_group', { id: ada, group: name, member, fits })
    t.equal(await group('x'.repeat(60), 1_000), 'UNFIT')
    t.match(await group('a', 5_000), { groups: ['a'] })
    t.match(await group('a', 1_000, false), { groups: [] }, 'left whatever fits')
  })

  promise('a ban holds until it ends or is lifted', async (t, store) => {
    const [ada] = people(1)
    await guest(store, ada)
    const banOf = (at: number) => store.run('player.ban_of', { id: ada, at })
    const ban = { reason: 'rude', until: AT + 10 }

    const banned = (at: number) => store.run('player.banned', { ids: ['x', ada], at })
    t.strictSame([await banOf(AT), await banned(AT)], [null, []])
    t.equal(await store.run('player.ban', { id: ada, at: AT, ...ban }), true)
    t.strictSame([await banOf(AT + 9), await banned(AT + 9)], [ban, [ada]])
    t.strictSame([await banOf(AT + 10), await banned(AT + 10)], [null, []], 'it is over')
    const forGood = { reason: '', until: null }
    await store.run('player.ban', { id: ada, at: AT, ...forGood })
    t.strictSame(await banOf(AT * 2), forGood, 'another takes its place')
    t.strictSame(await banned(AT * 2), [ada])
    t.strictSame(await store.run('player.banned', { ids: ['x'], at: AT }), [])
    t.equal(await store.run('player.unban', { id: ada }), true)
    t.equal(await store.run('player.unban', { id: ada }), false)
    t.equal(await banOf(AT), null)
    t.equal(await store.run('player.ban', { id: 'nobody', at: AT, ...ban }), false)
    t.equal(await store.run('player.unban', { id: 'nobody' }), null)
  })

  promise('a player is renamed, and in groups', async (t, store) => {
    const [ada] = people(1)
    await guest(store, ada)

    t.match(await store.run('player.rename', { id: ada, name: 'Eve', at: AT }), { name: 'Eve' })
    t.equal(await store.run('player.rename', { id: 'nobody', name: 'Eve', at: AT }), null)
    for (const group of ['vip', 'red', 'vip'])
      await store.run('player.set_group', { id: ada, group, member: true })
    t.match(await store.run('player.get', { id: ada }), { groups: ['red', 'vip'] })
    const out = await store.run('player.set_group', { id: ada, group: 'red', member: false })
    t.match(out, { groups: ['vip'] })
    t.equal(await store.run('player.get', { id: 'nobody' }), null)
  })

  promise('an alias is one player’s, however often it is asked for', async (t, store) => {
    const [ada, eve] = people(2)
    const create = { player: ada, name: 'Ada', dev: true }
    const steam = { service: 'steam', identifier: '76561' }
    const asked = { ...steam, at: AT }

    t.equal(await store.run('alias.find', asked), null)
    const made = await store.run('alias.find', { ...asked, create })
    const other = { ...create, player: eve }
    const found = await store.run('alias.find', { ...asked, at: AT + 1, create: other })

    t.strictSame(made, { id: made?.id, ...steam, player: ada, created_at: AT, seen_at: AT })
    t.match(found, { id: made?.id, player: ada, seen_at: AT + 1 })
    t.equal(await store.run('player.get', { id: eve }), null, 'nobody was made in vain')
    t.match(await store.run('player.get', { id: ada }), { guest: false, dev: true })
    t.match(await store.run('alias.get', { id: made?.id ?? 0 }), { player: ada })
    t.match(await store.run('alias.of', { player: ada }), [{ id: made?.id }])
  })

  promise('a guest becomes a player with an alias, unless it is taken', async (t, store) => {
    const [ada, eve] = people(2)
    await guest(store, ada)
    await guest(store, eve)
    const link = (player: string) =>
      store.run('alias.link', { player, service: 'mail', identifier: 'a@b', at: AT })

    t.match(await link(ada), { player: ada })
    t.match(await link(ada), { player: ada }, 'once more is the same')
    t.equal(await link(eve), null)
    t.match(await store.run('player.get', { id: ada }), { guest: false })
    t.match(await store.run('player.get', { id: eve }), { guest: true })
  })

  promise('a token is good for its alias, until another or its hour', async (t, store) => {
    const [ada] = people(1)
    const create = { player: ada, name: 'Ada', dev: false }
    const asked = { service: 'steam', identifier: '1', at: AT, create }
    const alias = (await store.run('alias.find', asked))?.id ?? 0
    const issue = (hash: string) => store.run('token.issue', { alias, hash, until: AT + 10 })
    const check = (hash: string, at: number) => store.run('token.check', { alias, hash, at })
    await issue('first')

    t.match(await check('first', AT + 10), { id: alias, player: ada, seen_at: AT + 10 })
    t.equal(await check('first', AT + 11), null, 'too old')
    t.equal(await check('wrong', AT), null)
    t.equal(await store.run('token.check', { alias: alias + 1, hash: 'first', at: AT }), null)
    await issue('second')
    t.equal(await check('first', AT), null, 'replaced')
    t.match(await check('second', AT), { id: alias })
  })

  promise('two race for one ticket, and exactly one has it', async (t, store) => {
    const key = await accessKey(store)
    const ticket = newSecret(random)
    await issueTicket(store, key, ticket.kept)
    const take = () => store.run('ticket.take', { ...readSecret(ticket.text), at: AT })

    const taken = await Promise.all([take(), take(), take()])

    t.strictSame(
      taken.filter((one) => one !== null),
      [{ key: key.id, scopes: SCOPES, dev: false }],
    )
    t.equal(await take(), null)
  })

  promise('a ticket too old, of a revoked key, or guessed, is none', async (t, store) => {
    const key = await accessKey(store)
    const [old, revoked, guessed] = [newSecret(random), newSecret(random), newSecret(random)]
    for (const { kept } of [old, revoked, guessed]) await issueTicket(store, key, kept)
    const take = (secret: { id: string; hash: string }, at = AT) =>
      store.run('ticket.take', { ...secret, at })

    t.equal(await take(old.kept, AT + 301), null)
    t.equal(await take({ ...guessed.kept, hash: 'x' }), null)
    t.match(await take(guessed.kept), { key: key.id }, 'a wrong guess does not spend it')
    await store.run('key.revoke', { id: key.id, at: AT })
    t.equal(await take(revoked.kept), null)
  })

  promise('a key is found by its secret until it is revoked', async (t, store) => {
    const key = await accessKey(store, 'the shop')
    const other = await accessKey(store)

    t.match(await store.run('key.find', key), { id: key.id, name: 'the shop', scopes: SCOPES })
    t.equal(await store.run('key.find', { ...key, hash: other.hash }), null)
    t.strictSame(await store.run('key.revoked', { ids: [key.id, other.id, 'x'] }), [])
    t.equal(await store.run('key.revoke', { id: key.id, at: AT + 1 }), true)
    t.equal(await store.run('key.revoke', { id: key.id, at: AT + 2 }), true)
    t.equal(await store.run('key.revoke', { id: 'x', at: AT }), false)
    t.equal(await store.run('key.find', key), null)
    t.strictSame(await store.run('key.revoked', { ids: [key.id, other.id, 'x'] }), [key.id])
    const listed = await store.run('key.list', {})
    t.equal(listed.find(({ id }) => id === key.id)?.revoked_at, AT + 1, 'the first time counts')
  })

  promise('a key made anew under its id takes its place', async (t, store) => {
    const key = await accessKey(store)
    await store.run('key.revoke', { id: key.id, at: AT })
    const anew = { id: key.id, hash: 'anew', name: 'n', scopes: SCOPES, created_at: AT }

    await store.run('key.create', anew)

    t.equal(await store.run('key.find', key), null)
    t.match(await store.run('key.find', { id: key.id, hash: 'anew' }), { revoked_at: null })
  })

  promise('a channel has members, and numbers what they say', async (t, store) => {
    const [ada, bob, eve] = people(3)
    const { id, say } = await channel(store, ada)
    await guest(store, bob)
    await store.run('channel.join', { id, player: bob, most: 2, at: AT })

    const said = await Promise.all([say(ada, 'one'), say(bob, { two: [2] }), say(eve, 'no')])

    t.strictSame(said, [1, 2, 'NOT_MEMBER'])
    t.equal(await say(ada, 'x', id + 1), null, 'there is no such channel')
    t.match(await store.run('channel.get', { id }), { offset: 2, members: 2, owner: ada })
    t.match(await store.run('channel.history', { id, after: 0, limit: 5 }), [
      { channel: id, offset: 1, player: ada, name: ada, message: 'one', at: AT },
      { channel: id, offset: 2, player: bob, message: { two: [2] } },
    ])
    t.match(await store.run('channel.history', { id, after: 1, limit: 5 }), [{ offset: 2 }])
    t.match(await store.run('channel.history', { id, after: 0, limit: 1 }), [{ offset: 1 }])
  })

  promise('messages arrive as they were said', async (t, store) => {
    const [ada] = people(1)
    const { id, say } = await channel(store, ada)
    const texts = [
      '',
      'a\u0000b',
      '"\\\n',
      '\u2028ü🙂',
      '\ud800',
      null,
      1.5,
      true,
      [[{}]],
      { $: 1 },
    ]

    await Promise.all(texts.map((text) => say(ada, text)))

    const history = await store.run('channel.history', { id, after: 0, limit: 50 })
    t.strictSame(
      history.map(({ message }) => message),
      texts,
    )
  })

  promise('a channel keeps its latest messages, and their numbers', async (t, store) => {
    const [ada] = people(1)
    const { id, say } = await channel(store, ada)

    await Promise.all(Array.from({ length: 300 }, (_, index) => say(ada, index)))

    const kept = await store.run('channel.history', { id, after: 0, limit: 1_000 })
    const offsets = kept.map(({ offset }) => offset)
    t.equal(offsets.at(-1), 300)
    t.ok(offsets.length >= 100 && offsets.length < 164, `kept ${offsets.length}`)
    t.strictSame(
      offsets,
      offsets.map((_, index) => 300 - offsets.length + 1 + index),
      'without a gap',
    )
  })

  promise('a channel is full, left, listed, changed and deleted', async (t, store) => {
    const [ada, bob, eve] = people(3)
    const name = random.text(6)
    const { id } = await channel(store, ada, name)
    for (const player of [bob, eve]) await guest(store, player)
    const join = (player: string) => store.run('channel.join', { id, player, most: 2, at: AT })

    t.match(await join(bob), { channel: { members: 2 }, isNew: true })
    t.match(await join(bob), { channel: { members: 2 }, isNew: false }, 'once more is the same')
    t.equal(await join(eve), 'FULL')
    t.strictSame(await store.run('channel.members', { id, after: '', limit: 9 }), [ada, bob])
    t.strictSame(await store.run('channel.members', { id, after: ada, limit: 9 }), [bob])
    t.equal(await store.run('channel.leave', { id, player: bob }), true)
    t.equal(await store.run('channel.leave', { id, player: bob }), false, 'it had left')
    t.match(await store.run('channel.get', { id }), { members: 1 })
    t.equal(await store.run('channel.is_member', { id, player: bob }), false)
    const bobs = { player: bob, after: 0, limit: 9 }
    t.strictSame(await store.run('channel.list', bobs), [])
    t.match(await store.run('channel.list', { name, after: 0, limit: 9 }), [{ id }])
    const props = { topic: 'x' }
    t.match(await store.run('channel.update', { id, props, owner: null, at: AT + 9 }), {
      ...{ name, props, owner: null, updated_at: AT + 9 },
    })
    t.equal(await store.run('channel.delete', { id }), true)
    t.equal(await store.run('channel.delete', { id }), false)
    for (const gone of [
      await store.run('channel.get', { id }),
      await store.run('channel.update', { id, at: AT }),
      await store.run('channel.leave', { id, player: ada }),
      await join(bob),
    ])
      t.equal(gone, null)
    t.strictSame(await store.run('channel.history', { id, after: 0, limit: 9 }), [])
  })

  promiseAlone('lists are entered in the middle, and channels counted', async (t, store) => {
    const [ada, bob, eve] = people(3)
    const { id } = await channel(store, ada)
    for (const player of [bob, eve]) {
      await guest(store, player)
      await store.run('channel.join', { id, player, most: 9, at: AT })
    }
    for (const name of ['second', 'third'])
      await store.run('channel.create', { name, owner: ada, props: {}, at: AT })
    const names = async (skip: number, limit: number, player?: string) => {
      const asked = { after: 0, limit, skip, ...(player !== undefined && { player }) }
      return (await store.run('channel.list', asked)).map(({ name }) => name)
    }
    const members = (skip: number, limit: number) =>
      store.run('channel.members', { id, after: '', limit, skip })

    t.equal(await store.run('channel.count', {}), 3)
    t.strictSame(await names(1, 1), ['second'])
    t.strictSame(await names(1, 9, ada), ['second', 'third'])
    t.strictSame(await names(1, 9, bob), [])
    t.strictSame(await names(3, 9), [])
    t.strictSame(await members(1, 1), [bob])
    t.strictSame(await members(1, 9), [bob, eve])
    t.strictSame(await members(3, 9), [])
  })

  promiseAlone('what is too old is forgotten, and a player’s things with it', async (t, store) => {
    const [ada] = people(1)
    const { id, say } = await channel(store, ada)
    const key = await accessKey(store)
    await issueTicket(store, key, newSecret(random).kept)
    await say(ada, 'old')
    const age = (at: number) => ({ at, messages_before: at - 5, guests_before: at - 10 })

    t.equal(await store.run('prune', age(AT + 5)), 0)
    t.equal(await store.run('prune', age(AT + 400)), 3, 'a guest, a message, a ticket')

    t.equal(await store.run('player.get', { id: ada }), null)
    t.match(await store.run('channel.get', { id }), { members: 0, owner: null, offset: 1 })
  })

  promise('what fails undoes itself, is logged, and harms nothing beside it', async (t, store) => {
    const [ada] = people(1)
    await guest(store, ada)
    const props = (value: number) => [{ key: 'n', value }]
    const twice = { ...newSecret(random).kept, player: ada, name: 'Ada', dev: false, at: AT }

    const outcomes = await Promise.allSettled([
      store.run('player.set_props', { id: ada, props: props(1), most: 9 }),
      store.run('guest.create', twice),
      store.run('player.set_group', { id: ada, group: 'vip', member: true }),
    ])

    t.match(outcomes, [
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'STORAGE_FAILED' } },
      { status: 'fulfilled' },
    ])
    const kept = await store.run('player.get', { id: ada })
    t.match(kept, { props: props(1), groups: ['vip'] })
    const { id, hash } = twice
    t.equal(await store.run('guest.recall', { id, hash, at: AT }), null, 'no key was left behind')
  })

  promise('calls are done in the order they were made', async (t, store) => {
    const [ada, bob] = people(2)
    const { id, say } = await channel(store, ada)
    await guest(store, bob)

    const outcomes = await Promise.all([
      say(bob, 1),
      store.run('channel.join', { id, player: bob, most: 9, at: AT }),
      say(bob, 2),
      say(ada, 3),
      store.run('channel.leave', { id, player: bob }),
      say(bob, 4),
    ])

    t.match(outcomes, ['NOT_MEMBER', { isNew: true }, 1, 2, true, 'NOT_MEMBER'])
  })

  promise('players are friends once both want it, whoever asked first', async (t, store) => {
    const [ada, bob] = people(2)
    for (const player of [ada, bob]) await guest(store, player)
    const ask = (player: string, other: string) =>
      store.run('friend.ask', { player, other, at: AT, most: 9, most_asks: 9 })

    const asked = await ask(ada, bob)
    t.strictSame(asked, {
      own: { player: bob, name: 'Ada', standing: 'asked', since: AT },
      other: { player: ada, name: 'Ada', standing: 'asking', since: AT },
      changed: { own: true, other: true },
    })
    t.match(await ask(ada, bob), { changed: { own: false, other: false } }, 'asked already')
    t.match(await ask(bob, ada), { own: { standing: 'friend' }, other: { standing: 'friend' } })
    t.strictSame(await store.run('friend.known', { player: ada }), { friends: [bob], blocks: [] })
    t.match(await store.run('friend.remove', { player: bob, other: ada, at: AT }), {
      ...{ own: null, other: null, changed: { own: true, other: true } },
    })
    const accept = { player: bob, other: ada, at: AT, most: 9 }
    t.equal(await store.run('friend.accept', accept), 'NOT_ASKED')
    t.equal(await ask(ada, 'nobody'), null)
  })

  promise('who is blocked is no friend, and may not ask', async (t, store) => {
    const [ada, bob] = people(2)
    for (const player of [ada, bob]) await guest(store, player)
    const most = { at: AT, most: 9, most_asks: 9 }
    await store.run('friend.ask', { player: ada, other: bob, ...most })
    await store.run('friend.ask', { player: bob, other: ada, ...most })

    const blocked = await store.run('friend.block', { player: ada, other: bob, at: AT, most: 9 })

    t.match(blocked, { own: { standing: 'blocked' }, other: null })
    t.match(blocked, { changed: { own: true, other: true } })
    for (const [player, other] of [
      [ada, bob],
      [bob, ada],
    ] as const)
      t.equal(await store.run('friend.ask', { player, other, ...most }), 'BLOCKED')
    t.strictSame(await store.run('friend.known', { player: ada }), { friends: [], blocks: [bob] })
    const remove = { player: bob, other: ada, at: AT }
    t.match(await store.run('friend.remove', remove), { changed: { own: false, other: false } })
    t.match(await store.run('friend.unblock', remove), { changed: { own: false } }, 'not its own')
    t.match(await store.run('friend.unblock', { player: ada, other: bob, at: AT }), { own: null })
  })

  promise('no more friends, asks and blocks are kept than there may be', async (t, store) => {
    const [ada, bob, eve] = people(3)
    for (const player of [ada, bob, eve]) await guest(store, player)
    const ask = (player: string, other: string, most: number, most_asks: number) =>
      store.run('friend.ask', { player, other, at: AT, most, most_asks })

    await ask(ada, bob, 9, 1)
    t.equal(await ask(ada, eve, 9, 1), 'TOO_MANY_ASKS', 'asks one already')
    t.equal(await ask(eve, bob, 9, 1), 'TOO_MANY_ASKS', 'is asked by one already')
    await ask(bob, ada, 1, 9)
    t.equal(await ask(ada, eve, 1, 9), 'TOO_MANY')
    await ask(eve, ada, 9, 9)
    const accept = { player: ada, other: eve, at: AT }
    t.equal(await store.run('friend.accept', { ...accept, most: 1 }), 'TOO_MANY')
    t.match(await store.run('friend.accept', { ...accept, most: 2 }), { changed: { own: true } })
    const [first, second] = [bob, eve].sort()
    const list = (after: string, limit: number, standing?: 'blocked' | 'friend') =>
      store.run('friend.list', { player: ada, after, limit, ...(standing && { standing }) })
    t.match(await list('', 1), [{ player: first }])
    t.match(await list(`${first}`, 9, 'friend'), [{ player: second }])
    t.strictSame(await list('', 9, 'blocked'), [])
    await store.run('friend.block', { player: ada, other: bob, at: AT, most: 1 })
    const another = { player: ada, other: eve, at: AT, most: 1 }
    t.equal(await store.run('friend.block', another), 'TOO_MANY')
    t.equal(await store.run('friend.block', { ...another, other: 'nobody', most: 9 }), null)
  })

  promiseAlone('a store that is closed refuses, and closes twice', async (t, store) => {
    const [ada] = people(1)
    await guest(store, ada)
    await store.close()

    await t.rejects(store.run('player.get', { id: ada }), { code: 'STORAGE_FAILED' })
    await store.close()
  })

  /** Names that no other test uses. */
  function people(count: number): [string, string, string] {
    const names = Array.from({ length: count }, (_, index) => `${index}${random.text(6)}`)
    return names as [string, string, string] // who asks for two takes two
  }

  function guest(store: Store, id: string, kept = newSecret(random).kept) {
    return store.run('guest.create', { ...kept, player: id, name: 'Ada', dev: false, at: AT })
  }

  async function channel(store: Store, owner: string, name = 'news') {
    await guest(store, owner)
    const { id } = made(await store.run('channel.create', { name, owner, props: {}, at: AT }))
    const say = (player: string, message: unknown, to = id) =>
      store.run('channel.append', {
        ...{ id: to, player, name: player, keep: 100, at: AT },
        message: message as string, // or any other JSON
      })
    return { id, say }
  }

  async function accessKey(store: Store, name = '') {
    const { kept } = newSecret(random)
    await store.run('key.create', { ...kept, name, scopes: SCOPES, created_at: AT })
    return kept
  }

  function issueTicket(store: Store, key: { id: string }, kept: { id: string; hash: string }) {
    const ticket = { ...kept, key: key.id, scopes: SCOPES, dev: false, until: AT + 300 }
    return store.run('ticket.issue', ticket)
  }
}
