import type { Test } from 'tap'
import { LIMITS } from '../../protocol/limits.ts'
import { SCOPES } from '../../protocol/players.ts'
import type { ConnectOptions, Json, Network } from '../../web-client/client.ts'
import type { Any } from './client.ts'
import type { Places } from './director.ts'
import { failing, until } from './promise.ts'
import { lose, type Tap, tapped } from './tap.ts'
import { NodeSocket } from './world.ts'

export interface LastingStage {
  open(where: keyof Places, options?: ConnectOptions): Promise<Network>
  /** Somebody in the plaza, who asks the director for `what`. */
  prompt(): Promise<(what: string, amount?: Json) => Promise<Any>>
}

/** What outlasts a session, as the web client goes through it: who a player is, and channels. */
export const LASTING: Record<string, (t: Test, stage: LastingStage) => Promise<void>> = {
  async 'a player signs in by ticket, alias and token'(t, { open, prompt }) {
    const studio = await prompt()
    const { alias, token, player } = await studio('alias', 'ada')
    const ticket = await studio('ticket')
    const network = await open('tickets')
    t.equal((await failing(network.players.identify())).code, 'TICKET_REQUIRED')
    t.equal((await failing(network.players.get())).code, 'TICKET_REQUIRED')
    const signed = await network.players.identify({ alias, token, name: 'Ada', ticket })
    t.same(network.players.me, { id: player, name: 'Ada', guest: false })
    t.match(signed, { alias: { id: alias, identifier: 'ada' }, scopes: SCOPES })

    const again = await open('tickets')
    for (const bad of [ticket, await studio('old_ticket')]) {
      const refused = await failing(again.players.identify({ ticket: bad }))
      t.equal(refused.code, 'INVALID_TICKET')
    }
    t.equal(again.players.me, undefined)
    await bring(t, again, await studio('ticket', 'read:players'))
  },

  async 'a wrong or an old token is refused'(t, { open, prompt }) {
    const studio = await prompt()
    const bob = await studio('alias', 'bob')
    const old = await studio('old_alias', 'ada')
    const network = await open('tickets')
    let ticket: string | undefined = await studio('ticket')
    for (const token of ['made.up', bob.token, old.token]) {
      const who = { alias: old.alias, token, ...(ticket && { ticket }) }
      t.equal((await failing(network.players.identify(who))).code, 'INVALID_SOCKET_TOKEN')
      ticket = undefined // It was taken with the first.
    }
    t.equal(network.players.me, undefined)
    const { alias, token, player } = await studio('alias', 'ada')
    await network.players.identify({ alias, token })
    t.equal(network.players.me?.id, player)
  },

  async 'a name and props are kept'(t, { open }) {
    const { players } = await open('main')
    t.equal((await failing(players.get())).code, 'NO_PLAYER_FOUND')
    const { guest_key = '' } = await players.identify({ name: 'Gogo' })
    const hat = { brim: [1.5, null] }
    await players.update({ name: '  Didi ', props: { hat, level: 7 } })
    t.equal(players.me?.name, 'Didi')
    t.same(players.props, { hat, level: 7 })
    await players.update({ props: { hat: null, boots: 2 } })
    t.same(players.props, { boots: 2, level: 7 })

    const other = (await open('main')).players
    await other.identify({ guest_key })
    t.same(other.props, {}, 'which nobody asked for')
    t.match(await other.get(), { id: players.me?.id, dev: false, props: { boots: 2, level: 7 } })
    t.same([other.me, other.props], [players.me, players.props])
    t.match(await players.update({ name: 'x'.repeat(25) }), { name: 'x'.repeat(24) })
    const numbers = Array.from({ length: LIMITS.props.value }, (_, index) => [`${index}`, index])
    const many = await failing(players.update({ props: Object.fromEntries(numbers) }))
    t.equal(many.code, 'TOO_MANY_PROPS')
    t.same(players.props, { boots: 2, level: 7 })
  },

  async 'what is said in a channel reaches its members in order, the sender included'(t, stage) {
    const [{ network }, { network: other }] = [
      await identify(stage, 'Ada'),
      await identify(stage, 'Dan'),
    ]
    const company = await stage.prompt()
    const told: unknown[] = []
    network.channels.on('joined', ({ channel, name }) => told.push([channel, name]))
    const [heard, heardThere] = [hearing(network), hearing(other)]
    const made = await network.channels.create('tavern', { beer: 'dark' })
    const { id } = made
    const owner = network.players.me?.id
    t.match(made, { name: 'tavern', owner, props: { beer: 'dark' }, members: 1, offset: 0 })
    t.equal((await other.channels.join(id)).members, 2)
    await company('chat', [id])
    await until(() => told.length === 2, 'saw others join')
    const others = [
      [id, 'Dan'],
      [id, 'Bob'],
    ]
    t.same(told, others)

    const sent = FIVE.flatMap((number) =>
      [network, other].map(({ channels }) => channels.send(id, number)),
    )
    await company('chat', [id, ...FIVE])
    await Promise.all(sent)
    await until(() => heard.length === 15 && heardThere.length === 15, 'all were heard')
    t.same(heard, await company('chatted', id))
    t.same(heardThere, heard)
    for (const name of ['Ada', 'Dan', 'Bob']) {
      const own = heard.filter(([, by]) => by === name).map(([, , said]) => said)
      t.same(own, FIVE, `in the order that ${name} said them`)
    }
    await administer(t, network, other, id)
  },

  async 'what was missed in a channel is told before what comes next'(t, stage) {
    const company = await stage.prompt()
    const { network, guest_key } = await identify(stage, 'Ada')
    const { id } = await network.channels.create('tavern')
    await company('chat', [id, 1, 2])
    network.close()
    await company('chat', [id, 3, 4, 5])
    const tap: Tap = {}
    const options = { WebSocket: tapped(NodeSocket, tap), backoff: () => 20 }
    const later = (await identify(stage, 'Ada', { guest_key, options })).network
    const heard = hearing(later)
    const page = await later.channels.history(id, { after: 2, limit: 2 })
    t.match(page, { messages: [{ offset: 3 }, { offset: 4, name: 'Bob', message: 4 }], next: 4 })
    const rest = await later.channels.history(id, { after: 4 })
    t.match(rest, { messages: [{ offset: 5 }], next: null })
    t.equal(await later.channels.catchUp(id, 3), 2)
    const caught = [
      [4, 'Bob', 4],
      [5, 'Bob', 5],
    ]
    t.same(heard, caught)
    t.equal((await failing(later.channels.catchUp(99_999))).code, 'CHANNEL_NOT_FOUND')

    const reset = new Promise((resolve) => later.on('reset', resolve))
    tap.onReceive = ({ type }) => lose(type === 'channel.message')
    await company('chat', [id, 6, 7])
    later.cut()
    t.equal(await reset, 'DESYNC')
    delete tap.onReceive
    t.equal(heard.length, 2)
    await company('chat', [id, 8])
    await until(() => heard.length >= 5, 'what was missed is told')
    const offsets = heard.map(([offset]) => offset)
    t.same(offsets, [4, 5, 6, 7, 8])
    t.equal(await later.channels.catchUp(id), 0)
  },
}

const FIVE = [1, 2, 3, 4, 5]

/** A guest of `main`: a new one, or that of the key. */
async function identify(
  { open }: LastingStage,
  name: string,
  { guest_key, options }: { readonly guest_key?: string; readonly options?: ConnectOptions } = {},
): Promise<{ readonly network: Network; readonly guest_key: string }> {
  const network = await open('main', options)
  const who = { name, ...(guest_key && { guest_key }) }
  const answer = await network.players.identify(who)
  return { network, guest_key: answer.guest_key ?? guest_key ?? '' }
}

/** A guest whose key the server does not know, with a ticket that does not allow much. */
async function bring(t: Test, { players, channels }: Network, ticket: string): Promise<void> {
  const stranger = await failing(players.identify({ guest_key: 'made up', ticket }))
  t.equal(stranger.code, 'INVALID_GUEST_KEY')
  const entered = await players.identify({ name: 'Gogo' })
  t.match(entered, { player: { name: 'Gogo', guest: true }, guest_key: String })
  t.same(entered.scopes, ['read:players'], 'the ticket was taken all the same')
  t.equal((await failing(players.update({ name: 'Didi' }))).code, 'MISSING_SCOPE')
  t.equal((await failing(channels.list())).code, 'MISSING_SCOPE')
}

/** What only its owner may do, and what becomes of the others. */
async function administer(t: Test, network: Network, other: Network, id: number): Promise<void> {
  const { channels } = network
  const dan = other.players.me?.id ?? ''
  const told: unknown[] = []
  channels.on('left', ({ channel, player }) => told.push(['left', channel, player]))
  other.channels.on('updated', ({ name, props }) => told.push([name, props]))
  other.channels.on('deleted', (channel) => told.push(['deleted', channel]))
  const { players } = await channels.members(id)
  t.equal(players.length, 3)
  t.ok(players.includes(dan))
  const theirs = await failing(other.channels.update(id, { name: 'inn' }))
  t.equal(theirs.code, 'NOT_CHANNEL_OWNER')
  t.equal((await channels.update(id, { name: 'inn', props: { beer: null } })).name, 'inn')
  const mine = await channels.list({ mine: true })
  t.ok(mine.channels.some(({ name }) => name === 'inn'))
  await other.channels.leave(id)
  t.equal((await failing(other.channels.send(id, 'hi'))).code, 'NOT_IN_CHANNEL')
  t.equal((await failing(other.channels.history(id))).code, 'NOT_IN_CHANNEL')
  await other.channels.join(id)
  t.equal((await failing(other.channels.delete(id))).code, 'NOT_CHANNEL_OWNER')
  await channels.delete(id)
  t.equal((await failing(channels.join(id))).code, 'CHANNEL_NOT_FOUND')
  await until(() => told.length === 3, 'all was told')
  const updated = ['inn', { beer: null }]
  t.same(told, [updated, ['left', id, dan], ['deleted', id]])
}

/** What a client hears in its channels from now on. */
function hearing(network: Network): [offset: number, name: string, message: Json][] {
  const heard: [number, string, Json][] = []
  network.channels.on('message', ({ offset, name, message }) => heard.push([offset, name, message]))
  return heard
}
