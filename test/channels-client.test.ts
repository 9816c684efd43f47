import t, { type Test } from 'tap'
import { channels as table } from '../protocol/channels.ts'
import { ERRORS } from '../protocol/errors.ts'
import { LIMITS, RATES } from '../protocol/limits.ts'
import type { Messages } from '../protocol/message.ts'
import type { Scope } from '../protocol/players.ts'
import { newSecret } from '../server/core/store/secrets.ts'
import type { Store } from '../server/core/store/store.ts'
import { createKey } from '../server/features/keys.ts'
import { createServer } from '../server/server.ts'
import { createWorld } from '../server/world.ts'
import { type ConnectOptions, connect, type Network } from '../web-client/client.ts'
import type { Any } from './support/client.ts'
import { createMoodyStore, type MoodyStore } from './support/moods.ts'
import { cameBack, heard } from './support/player.ts'
import { both, until, within } from './support/promise.ts'
import { lose, note, type Tap, tapped, unpaced } from './support/tap.ts'
import { failureOf } from './support/troupe.ts'
import { NodeSocket, OVERS, type TestWorld, world } from './support/world.ts'

/* Channels, as who plays with the web client knows them. */

const NAMES = ['message', 'joined', 'left', 'updated', 'deleted'] as const
const HOUR = 3_600_000
/** Eight frames may be missed; history comes three at a time, and time may fly. */
const FEW = { limits: { resume_frames: 8, page: 3, heartbeat_ms: HOUR } }

/** A player, and all that its listeners were told. */
interface Person {
  readonly network: Network
  readonly id: string
  readonly key: string
  readonly told: [name: string, what: Any][]
  readonly warned: string[]
}

/** Comes back a second after a drop, so that something can happen meanwhile. */
async function person(w: TestWorld, name: string, options: ConnectOptions = {}): Promise<Person> {
  const timing = { backoff: () => 1_000, pingEvery: HOUR }
  const network = await w.connect({ ...timing, ...options })
  const { player, guest_key = '' } = await network.players.identify({ name })
  return { network, id: player.id, key: guest_key, ...listening(network) }
}

function listening(network: Network): Pick<Person, 'told' | 'warned'> {
  const told: Person['told'] = []
  const warned: string[] = []
  for (const name of NAMES) network.channels.on(name, (what: Any) => void told.push([name, what]))
  network.on('warning', (text) => void warned.push(text))
  return { told, warned }
}

/** What somebody was told had been said. */
const said = ({ told }: Person) =>
  told.filter(([name]) => name === 'message').map(([, { message }]) => message)

/** Ada and Bob in a channel of Ada’s. */
async function tavern(w: TestWorld, options: ConnectOptions = {}) {
  const ada = await person(w, 'Ada')
  const bob = await person(w, 'Bob', options)
  const made = await ada.network.channels.create('tavern', { beer: 'dark' })
  const joined = await bob.network.channels.join(made.id)
  const say = async (...messages: number[]) => {
    for (const one of messages) await ada.network.channels.send(made.id, one)
  }
  return { ada, bob, made, joined, id: made.id, say }
}

/** Somebody is away until the test says so. */
async function away(w: TestWorld, { network }: Person): Promise<void> {
  const { away } = w.stats()
  network.cut()
  await until(() => w.stats().away === away + 1, 'a session away')
}

const isTold = (who: Person, count: number) =>
  until(() => said(who).length >= count, `${count} messages`)

both('a channel is made, joined and talked in', {}, async (t, w) => {
  const { ada, bob, made, joined, id } = await tavern(w)

  const first = await bob.network.channels.send(id, { text: 'hello' })
  const second = await ada.network.channels.send(id, 'hi')
  await isTold(bob, 2)
  await isTold(ada, 2)

  t.match(made, { name: 'tavern', owner: ada.id, props: { beer: 'dark' }, members: 1, offset: 0 })
  t.match(joined, { id, members: 2 })
  t.strictSame([first, second], [1, 2])
  t.strictSame(said(ada), [{ text: 'hello' }, 'hi'])
  t.strictSame(said(bob), said(ada))
  t.match(bob.told.find(([name]) => name === 'message')?.[1], {
    ...{ channel: id, offset: 1, player: bob.id, name: 'Bob', at: Number },
  })
})

both('members are told who joins and leaves, what changes, and the end', {}, async (t, w) => {
  const { ada, bob, id } = await tavern(w)
  const { channels } = ada.network
  await until(() => ada.told.length === 1, 'Ada told of Bob')

  const changed = await channels.update(id, { name: 'inn', props: {}, owner: bob.id })
  const left = await channels.leave(id)
  const ended = await bob.network.channels.delete(id)
  await until(() => bob.told.length === 4, 'Bob told of the end')

  t.strictSame([left, ended], [undefined, undefined])
  t.strictSame(ada.told[0], ['joined', { channel: id, player: bob.id, name: 'Bob' }])
  t.strictSame(bob.told.slice(1), [
    ['updated', changed],
    ['left', { channel: id, player: ada.id }],
    ['deleted', id],
  ])
  t.match(changed, { id, name: 'inn', props: {}, owner: bob.id })
})

both('channels, members and what was said are read a page at a time', {}, async (t, w) => {
  const { ada, bob, id, say } = await tavern(w)
  const other = await bob.network.channels.create('inn')
  const { channels } = ada.network
  await say(1, 2, 3)

  const all = await channels.list({ limit: 1 })
  const rest = await channels.list({ limit: 1, after: all.next ?? 0 })
  const mine = await channels.list({ mine: true })
  const named = await channels.list({ name: 'inn' })
  const members = await channels.members(id)
  const [one] = [...members.players]
  const others = await channels.members(id, { after: one ?? '', limit: 1 })
  const history = await channels.history(id, { after: 1, limit: 1 })
  const whole = await channels.history(id)

  const ids = (page: typeof all) => page.channels.map((channel) => channel.id)
  t.strictSame([all, rest, mine, named].map(ids), [[id], [other.id], [id], [other.id]])
  t.strictSame([all.next, rest.next], [id, null])
  t.strictSame([...members.players].sort(), [ada.id, bob.id].sort())
  t.strictSame(others, { players: members.players.slice(1), next: null })
  t.match(history, { messages: [{ offset: 2, message: 2 }], next: 2 })
  t.strictSame(
    whole.messages.map(({ message }) => message),
    [1, 2, 3],
  )
})

both('who has left hears nothing more, nor does a listener taken away', {}, async (t, w) => {
  const { ada, bob, id, say } = await tavern(w)
  const once: unknown[] = []
  const off = ada.network.channels.on('message', ({ message }) => void once.push(message))

  await say(1)
  off()
  await bob.network.channels.leave(id)
  await say(2)
  await bob.network.channels.list()

  t.strictSame([once, said(ada), said(bob)], [[1], [1, 2], [1]])
})

both('a player hears its channels on every device', {}, async (t, w) => {
  const { bob, id, say } = await tavern(w)
  const network = await w.connect()
  const phone = { ...bob, network, ...listening(network) }

  await network.players.identify({ guest_key: bob.key })
  await say(1)
  await isTold(phone, 1)
  await isTold(bob, 1)
  await network.channels.leave(id)
  await until(() => bob.told.at(-1)?.[0] === 'left', 'the other device told')

  t.strictSame(said(phone), [1])
})

/* What was missed. */

both('a dropped connection loses nothing that was said', FEW, async (t, w) => {
  const { bob, say } = await tavern(w)
  await say(1)

  await away(w, bob)
  await say(2, 3)
  await cameBack(w, bob.network)
  await say(4)
  await isTold(bob, 4)

  t.strictSame(said(bob), [1, 2, 3, 4])
})

both('after a reset the next message brings those that were missed', FEW, async (t, w) => {
  const { bob, say } = await tavern(w)
  await say(1, 2)
  await isTold(bob, 2)
  const reset = heard(bob.network, 'reset')

  await away(w, bob)
  await say(3, 4, 5, 6, 7, 8, 9, 10, 11)
  await cameBack(w, bob.network)
  const reason = await reset
  await bob.network.channels.list()
  const before = said(bob)
  await say(12, 13)
  await isTold(bob, 13)

  t.strictSame(reason, ['BUDGET'])
  t.strictSame(before, [1, 2])
  t.strictSame(said(bob), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
})

both('after a reset, or later, one may catch up at once', FEW, async (t, w) => {
  const { bob, id, say } = await tavern(w)
  await away(w, bob)
  await say(1, 2, 3, 4, 5, 6, 7, 8, 9)
  const caught = new Promise((resolve) =>
    bob.network.on('reset', () => resolve(bob.network.channels.catchUp(id))),
  )
  await cameBack(w, bob.network)

  const count = await caught
  const more = await bob.network.channels.catchUp(id)

  t.strictSame([count, more], [9, 0])
  t.strictSame(said(bob), [1, 2, 3, 4, 5, 6, 7, 8, 9])
})

both('a session that was lost goes on where it was, once it identified', FEW, async (t, w) => {
  const { bob, id, say } = await tavern(w, { backoff: () => 40_000 })
  const lost = heard(bob.network, 'lost')
  await say(1)
  await isTold(bob, 1)

  await away(w, bob)
  await say(2, 3)
  w.clock.advance(39_000)
  await cameBack(w, bob.network)
  t.strictSame(await lost, ['EXPIRED'])
  await say(4)
  await bob.network.players.identify({ guest_key: bob.key })
  await say(5)
  await isTold(bob, 5)
  const count = await bob.network.channels.catchUp(id)

  t.strictSame(said(bob), [1, 2, 3, 4, 5])
  t.equal(count, 0)
})

both('what is said while one catches up follows what was said before', FEW, async (t, w) => {
  const { ada, bob, id, say } = await tavern(w)
  await say(1, 2, 3, 4, 5, 6, 7)
  const late = await person(w, 'Cleo')
  await late.network.channels.join(id)

  const caught = late.network.channels.catchUp(id, 2)
  const again = late.network.channels.catchUp(id)
  const saying = [8, 9, 10, 11, 12].map((one) => ada.network.channels.send(id, one))
  const counts = await Promise.all([caught, again])
  await Promise.all(saying)
  await isTold(late, 10)
  await isTold(bob, 12)

  t.equal(counts[0], counts[1], 'who asks twice at a time asks once')
  t.ok(counts[0] >= 5 && counts[0] <= 10, `${counts[0]} caught up on`)
  t.strictSame(said(late), [3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
})

both('who has heard nothing yet catches up on all that is kept', FEW, async (t, w) => {
  const { bob, id, say } = await tavern(w)
  await say(1, 2, 3, 4)
  const network = await w.connect()
  const tablet = { ...bob, network, ...listening(network) }
  await network.players.identify({ guest_key: bob.key })

  const count = await network.channels.catchUp(id)
  const again = await network.channels.catchUp(id, 3)

  t.strictSame([count, again], [4, 1])
  t.strictSame(said(tablet), [1, 2, 3, 4, 4])
})

both('joining again, a member misses nothing; who had left begins anew', FEW, async (t, w) => {
  const { bob, id, say } = await tavern(w)
  const { channels } = bob.network
  await away(w, bob)
  await say(1, 2, 3, 4, 5, 6, 7, 8, 9)
  await cameBack(w, bob.network)

  await channels.join(id)
  await say(10)
  await isTold(bob, 10)
  await channels.leave(id)
  await say(11)
  await channels.join(id)
  await say(12)
  await isTold(bob, 11)

  t.strictSame(said(bob), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12])
})

both('a reset while one catches up is made up for', FEW, async (t, w) => {
  const hole: Tap = {}
  const WebSocket = tapped(w.Socket, hole)
  const { bob, id, say } = await tavern(w, { WebSocket })
  await away(w, bob)
  await say(1, 2, 3, 4, 5, 6, 7, 8, 9)
  await cameBack(w, bob.network)
  const asked: Any[] = []
  hole.onSend = ({ type, data }) => {
    if (type === 'channel.history') asked.push(data.after)
    return lose(type === 'channel.history' && asked.length === 2)
  }

  const caught = bob.network.channels.catchUp(id)
  await until(() => asked.length === 2, 'the second page asked for')
  await away(w, bob)
  await say(10, 11, 12, 13, 14, 15, 16, 17, 18)
  await cameBack(w, bob.network)

  t.equal(await caught, 18)
  t.strictSame(asked.slice(0, 3), [0, 3, 3], 'the page that was lost is asked for again')
  t.strictSame(said(bob), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])
})

for (const fails of ['STORAGE_FAILED', 'STORAGE_BUSY'] as const)
  stored(
    `what cannot be fetched for ${fails} comes later, and is warned of`,
    async (t, w, store) => {
      const { bob, id, say } = await tavern(w)
      await away(w, bob)
      await say(1, 2, 3, 4, 5, 6, 7, 8, 9)
      await cameBack(w, bob.network)
      store.fails = { operation: 'channel.history', code: fails }

      await say(10)
      await until(() => bob.warned.length === 1, 'a warning')
      const asked = await failureOf(bob.network.channels.catchUp(id))
      store.fails = undefined
      const before = said(bob)
      await say(11)
      await isTold(bob, 11)

      t.match(bob.warned, [/^channel\.history: what was missed could not be fetched: /])
      t.match(asked, { code: fails, status: 503 })
      t.strictSame(before, [])
      t.strictSame(said(bob), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    },
  )

stored('what is said while the last page is on its way is not forgotten', async (t, w, store) => {
  const { bob, id, say } = await tavern(w)
  await away(w, bob)
  await say(1, 2, 3, 4, 5, 6, 7, 8, 9)
  await cameBack(w, bob.network)
  const caught = bob.network.channels.catchUp(id, 7)
  store.holds = 'channel.history'
  await until(() => store.held.length === 1, 'the history read')

  await say(10)
  store.holds = undefined
  store.held[0]?.()

  t.equal(await caught, 3)
  t.strictSame(said(bob), [8, 9, 10])
})

t.test('a server that forgot everything is heard from the first word', async (t) => {
  const host = '127.0.0.1'
  const first = await createServer({ host, port: 0 })
  const { port } = first
  const network = await connect(`ws://127.0.0.1:${port}`, {
    ...{ WebSocket: NodeSocket, backoff: () => 20 },
  })
  t.teardown(network.close)
  const { told } = listening(network)
  const begin = async () => {
    await network.players.identify()
    return network.channels.create('tavern')
  }
  const { id } = await begin()
  for (const word of ['one', 'two', 'three']) await network.channels.send(id, word)
  const lost = heard(network, 'lost')

  await first.close()
  const second = await createServer({ host, port })
  t.teardown(second.close)
  await lost
  const again = await begin()
  await network.channels.send(again.id, 'first')
  const count = await network.channels.catchUp(again.id)

  t.equal(again.id, id)
  t.equal(count, 0)
  t.strictSame(
    told.map(([, { message }]) => message),
    ['one', 'two', 'three', 'first'],
  )
})

/* Refusals. */

/** Who is refused, in which channel, saying what. */
interface Situation {
  readonly by: Network
  readonly id: number
  readonly text?: string
  readonly owner?: string
}

/** Each request of the table, as a player makes it. */
const CALLS: Readonly<Record<string, (situation: Situation) => Promise<unknown>>> = {
  'channel.create': ({ by, text = '' }) => by.channels.create('inn', { text }),
  'channel.join': ({ by, id }) => by.channels.join(id),
  'channel.leave': ({ by, id }) => by.channels.leave(id),
  'channel.list': ({ by }) => by.channels.list(),
  'channel.send': ({ by, id, text = '' }) => by.channels.send(id, Array(30).fill(text)),
  'channel.history': ({ by, id }) => by.channels.history(id),
  'channel.members': ({ by, id }) => by.channels.members(id),
  'channel.update': ({ by, id, text = '', owner }) =>
    by.channels.update(id, { props: { text }, ...(owner !== undefined && { owner }) }),
  'channel.delete': ({ by, id }) => by.channels.delete(id),
}

/** How each code comes about. */
const SITUATIONS: Readonly<
  Record<string, (w: TestWorld, store: MoodyStore) => Promise<Situation>>
> = {
  NO_PLAYER_FOUND: async (w) => ({ by: await w.connect(), id: (await tavern(w)).id }),
  async MISSING_SCOPE(w, store) {
    const { id } = await tavern(w)
    const by = await w.connect()
    await by.players.identify({ ticket: await ticketFor(store, 'read:players') })
    return { by, id }
  },
  CHANNEL_NOT_FOUND: async (w) => ({ by: (await tavern(w)).ada.network, id: 99 }),
  async TOO_MANY_CHANNELS(w) {
    const { ada, bob, id } = await tavern(w)
    await ada.network.channels.create('cellar')
    await ada.network.channels.leave(id)
    for (const name of ['inn', 'attic'])
      await ada.network.channels.join((await bob.network.channels.create(name)).id)
    return { by: ada.network, id, owner: bob.id }
  },
  async CHANNEL_FULL(w) {
    const { id } = await tavern(w)
    return { by: (await person(w, 'Cleo')).network, id }
  },
  async NOT_IN_CHANNEL(w) {
    const { ada, id } = await tavern(w)
    await ada.network.channels.leave(id)
    return { by: ada.network, id, owner: ada.id }
  },
  async NOT_CHANNEL_OWNER(w) {
    const { bob, id } = await tavern(w)
    return { by: bob.network, id }
  },
  async TOO_LARGE(w) {
    const { ada, id } = await tavern(w)
    // Too much for props; thirty times that is too much for a message.
    return { by: ada.network, id, text: 'x'.repeat(LIMITS.data_bytes.value) }
  },
  STORAGE_FAILED: failing('STORAGE_FAILED'),
  STORAGE_BUSY: failing('STORAGE_BUSY'),
  OUTCOME_UNKNOWN: failing('OUTCOME_UNKNOWN'),
}

function failing(code: 'STORAGE_FAILED' | 'STORAGE_BUSY' | 'OUTCOME_UNKNOWN') {
  return async (w: TestWorld, store: MoodyStore): Promise<Situation> => {
    const { ada, id } = await tavern(w)
    store.fails = { code }
    return { by: ada.network, id }
  }
}

const REQUESTS = Object.entries(table.messages as Messages).filter(([, { reply }]) => reply)
const CODES = new Set(REQUESTS.flatMap(([, { errors = [] }]) => errors))

for (const code of CODES)
  stored(`${code} is what a player is told`, async (t, w, store) => {
    const situation = await SITUATIONS[code]?.(w, store)
    t.ok(situation, 'it is known how this comes about')
    if (!situation) return

    for (const [type, { errors = [] }] of REQUESTS)
      if (errors.includes(code)) {
        const refused = await failureOf(CALLS[type]?.(situation) ?? Promise.resolve())
        t.match(refused, { name: 'NetworkError', code, status: ERRORS[code].status }, type)
      }
  })

both('RATE_LIMITED is what who talks too fast is told, and when to go on', {}, async (t, w) => {
  const { id } = await tavern(w)
  const WebSocket = tapped(w.Socket, { onReceive: unpaced })
  const { channels } = (await person(w, 'Eve', { WebSocket })).network
  await channels.join(id)
  const { burst, per_second } = RATES.channel

  const all = await Promise.all(
    Array.from({ length: burst + 1 }, (_, n) => failureOf(channels.send(id, n))),
  )
  const { retry_ms } = all.at(-1).data
  w.clock.advance(retry_ms)

  t.strictSame(all.slice(0, -1), Array(burst).fill(undefined))
  t.match(all.at(-1), { code: 'RATE_LIMITED', data: { retry_ms: 1_000 / per_second } })
  t.equal(await channels.send(id, 'la'), burst + 1)
})

both('what has the wrong shape is refused here, and nothing leaves', {}, async (t, w) => {
  const sent: unknown[] = []
  const WebSocket = tapped(w.Socket, {
    onSend: ({ type }) => note(String(type).startsWith('channel.'), sent, type),
  })
  const { channels } = (await person(w, 'Ada', { WebSocket })).network

  for (const [asked, place] of [
    [channels.join('one' as never), 'channel.join.channel'],
    [channels.create(''), 'channel.create.name'],
    [channels.send(1, undefined as never), 'channel.send.message'],
    [channels.history(1, { after: -1 }), 'channel.history.after'],
    [channels.update(1, { colour: 'red' } as never), 'channel.update.colour'],
    [channels.catchUp(1, Number.NaN), 'channel.history.after'],
  ] as const) {
    const refused = await failureOf(asked)
    t.match(refused, { code: 'INVALID_MESSAGE_DATA', status: 400 })
    t.ok(refused.message.startsWith(`${place}: `), refused.message)
  }

  t.strictSame(sent, [])
})

/* What is kept. */

/** A promise about a server whose store has moods, and whose channels have two members at most. */
function stored(
  name: string,
  run: (t: Test, w: TestWorld, store: MoodyStore) => Promise<void>,
): void {
  for (const over of OVERS)
    t.test(`${name} (${over})`, async (t) => {
      const store = createMoodyStore()
      const few = { channel_members: 2, channels: 3, channels_owned: 2 }
      const limits = { ...FEW.limits, ...few }
      await within(run(t, await world(t, { over, store, limits }), store))
      await store.close()
    })
}

async function ticketFor(store: Store, ...scopes: readonly Scope[]): Promise<string> {
  const { random, date } = createWorld()
  const { id: key } = await createKey(store, { random, date }, 'a service', scopes)
  const { text, kept } = newSecret(random)
  await store.run('ticket.issue', { ...kept, key, scopes, dev: false, until: date() })
  return text
}
