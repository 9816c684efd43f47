import {
  type ChannelMessage,
  connect,
  type Json,
  type Network,
  NetworkError,
  type PresenceChanges,
  type Role,
  type Room,
} from '../../web-client/client.ts'
import { openRaw, type RawClient } from './client.ts'
import { kindOf } from './stage.ts'
import { type Tap, tapped } from './tap.ts'
import { NodeSocket } from './world.ts'

/** The kind of room that the company meets in, made by players. */
export const STAGE = kindOf('stage', {
  namespaces: ['game', 'module', 'system'],
  succession: 'none',
})
/** A kind that makes somebody host where nobody may be, and does not wait for long. */
export const CAMP = kindOf('camp', { namespaces: ['game'], host_ms: 400 })

/** Two more players for whoever has use for them. */
export interface Company {
  /**
   * Does what `plaza.please` [what, amount] asks for, where that is theirs to do; what
   * `plaza.done` says of it. The amount is an array, or its only item.
   *
   * - `meet` [code]: both join the room with this code, leaving any other. `make` []: Bob makes
   *   a room of the kind `stage` and Cleo joins. Both say { code, bob, cleo }, each of them with
   *   { session, player, number }.
   * - `heard` []: { bob, cleo, cleo_frames }: the arguments of each `module.m` since then, and how
   *   many events, queries and function calls reached Cleo at all.
   * - `emit` [args, to]: Bob emits `module.m`. `ask` [session, name, data, timeout]: Bob asks that
   *   session: { value }. `assign` [number, role]: Bob does. What fails says { code, message }.
   * - `part` [who]: Bob or Cleo leaves the room. `cut` [who]: the connection is cut, and comes back.
   * - `answer` []: what was, or next is, asked of Bob’s `game.slow` is answered.
   * - `seek` [rating]: Bob searches in the queue `pair`. `stay` [rating]: so does a stranger, who
   *   does not come when a match is found.
   * - `ally` [code]: Bob joins the party of this code, leaving any other; says who he is. He follows
   *   its leader. `allied` []: what he heard said in it.
   * - `befriend` [player]: Bob asks this player to be his friend; says who he is.
   * - `pose` [changes]: Bob wants to be seen so.
   * - `chat` [channel, message, …]: Bob joins the channel and says these there, one after the other.
   *   `chatted` [channel]: what he heard in it so far, each as [offset, name, message].
   */
  obey(what: string, amount: Json): Promise<Json> | undefined
  close(): void
}

type Name = 'bob' | 'cleo'

/**
 * Bob, a player, with the queries `game.eight` (8, in its own time), `game.boom` (fails) and
 * `game.slow` ("late", once told to answer), and the functions `game.add` and `game.whose` (the
 * caller’s player); and Cleo, who has not identified.
 */
export async function gather(url: string): Promise<Company> {
  const tap: Tap = {}
  const options = { backoff: () => 20, report: () => {} } // boom is meant to fail
  const bob = await connect(url, { WebSocket: NodeSocket, ...options })
  const cleo = await connect(url, { WebSocket: tapped(NodeSocket, tap), ...options })
  await bob.players.identify({ name: 'Bob' })
  const people = { bob, cleo }
  const heard: Record<Name, Json[]> = { bob: [], cleo: [] }
  const chats: ChannelMessage[] = []
  const allied: Json[] = []
  const strangers: RawClient[] = []
  let frames = 0
  let slow = gate()

  for (const name of ['bob', 'cleo'] as const)
    people[name].events.on('module.m', (args) => void heard[name].push(args))
  bob.parties.on('said', ({ data }) => void allied.push(data))
  bob.channels.on('message', (said) => void chats.push(said))
  tap.onReceive = ({ type, re }) => {
    if (re === undefined && REACHING.has(type)) frames++
  }
  bob.queries.register('game.eight', async () => 8)
  bob.queries.register('game.boom', () => {
    throw new Error('boom')
  })
  bob.queries.register('game.slow', () => slow.ask())
  bob.functions.register('game.add', ([a, b]) => a + b)
  bob.functions.register('game.whose', (_args, { player }) => player)

  const commands: Readonly<Record<string, (...amount: Json[]) => Promise<Json>>> = {
    async meet(code) {
      return seat(await Promise.all([join(bob, `${code}`), join(cleo, `${code}`)]))
    },
    async make() {
      await leaveOthers(bob)
      const room = await bob.rooms.create('stage', { name: 'Bob' })
      return seat([room, await join(cleo, room.code)])
    },
    async heard() {
      await Promise.all([settled(bob), settled(cleo)])
      return { bob: [...heard.bob], cleo: [...heard.cleo], cleo_frames: frames }
    },
    async emit(args, to) {
      return bob.events.emit('module.m', args as Json[], to ? { to: to as string } : {})
    },
    async ask(session, name, data, timeout) {
      const waiting = typeof timeout === 'number' ? { timeout } : {}
      return {
        value: await bob.queries.ask(`session:${session}`, `${name}`, data ?? null, waiting),
      }
    },
    async assign(number, role) {
      await only(bob).assign(Number(number), role as Role)
      return true
    },
    async part(who) {
      await only(people[who as Name]).leave()
      return true
    },
    async cut(who) {
      people[who as Name].cut()
      return true
    },
    async answer() {
      await slow.answer('late')
      return true
    },
    async seek(rating) {
      await leaveOthers(bob)
      await bob.matchmaking.find('pair', { properties: { rating: Number(rating) } })
      return true
    },
    async stay(rating) {
      const stranger = await openRaw(NodeSocket, url)
      strangers.push(stranger)
      const properties = { rating: Number(rating) }
      await stranger.ask('match.find', { queue: 'pair', properties })
      void stranger.next('match.found').then(() => stranger.ask('match.leave'))
      return true
    },
    async ally(code) {
      await leaveOthers(bob)
      if (bob.parties.party) await bob.parties.leave()
      allied.length = 0
      await bob.parties.join(`${code}`)
      return bob.players.me?.id ?? null
    },
    async allied() {
      await settled(bob)
      return [...allied]
    },
    async befriend(player) {
      await bob.friends.ask(`${player}`)
      return bob.players.me?.id ?? null
    },
    async pose(changes) {
      return bob.presence.update(changes as PresenceChanges)
    },
    async chat(channel, ...messages) {
      await bob.channels.join(Number(channel))
      for (const message of messages) await bob.channels.send(Number(channel), message)
      return true
    },
    async chatted(channel) {
      await settled(bob)
      const own = chats.filter((said) => said.channel === channel)
      return own.map(({ offset, name, message }) => [offset, name, message])
    },
  }

  async function join(network: Network, code: string): Promise<Room> {
    await leaveOthers(network, code)
    return network.rooms.all.get(code) ?? network.rooms.join(code)
  }

  function seat([bobs, cleos]: readonly [Room, Room]): Json {
    for (const list of Object.values(heard)) list.length = 0
    frames = 0
    slow = gate()
    return { code: bobs.code, bob: who(bob, bobs), cleo: who(cleo, cleos) }
  }

  return {
    obey(what, amount) {
      const command = Object.hasOwn(commands, what) ? commands[what] : undefined
      return command && told(command(...(Array.isArray(amount) ? amount : [amount])))
    },
    close() {
      for (const stranger of strangers) stranger.drop()
      bob.close()
      cleo.close()
    },
  }
}

/** What carries something of another player’s. */
const REACHING: ReadonlySet<unknown> = new Set(['event', 'query', 'function.call', 'function.cast'])

const who = (network: Network, room: Room): Json => ({
  session: network.session ?? '',
  player: network.players.me?.id ?? null,
  number: room.you,
})

async function leaveOthers(network: Network, code?: string): Promise<void> {
  for (const room of [...network.rooms.all.values()]) if (room.code !== code) await room.leave()
}

function only({ rooms }: Network): Room {
  const [room] = rooms.all.values()
  if (!room) throw new Error('expected to be in a room')
  return room
}

/** Whatever was on its way has arrived: answers do not overtake. */
const settled = (network: Network) => network.request('room.list', { limit: 1 })

async function told(promise: Promise<Json>): Promise<Json> {
  try {
    return await promise
  } catch (error) {
    const code = error instanceof NetworkError ? error.code : 'FAILED'
    return { code, message: String((error as Error).message) }
  }
}

/** Answers wait until they are told to come; who tells waits for somebody to ask. */
function gate() {
  let answer: (value: Json) => void = () => {}
  const value = new Promise<Json>((resolve) => {
    answer = resolve
  })
  let arrived = () => {}
  const asked = new Promise<void>((resolve) => {
    arrived = resolve
  })
  return {
    ask() {
      arrived()
      return value
    },
    async answer(given: Json) {
      await asked
      answer(given)
    },
  }
}
