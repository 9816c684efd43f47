import { setImmediate as turn } from 'node:timers/promises'
import pino from 'pino'
import t from 'tap'
import { toText } from '../protocol/message.ts'
import { SCOPES } from '../protocol/players.ts'
import { createKey } from '../server/features/keys.ts'
import { createHub, defineRoom, shape } from '../server/server.ts'
import { createDirectStore } from '../server/store/direct.ts'
import type { Any } from './support/client.ts'
import { createClock, createRandom, createTestWorld, seedOf } from './support/clock.ts'
import { type MemorySocket, memoryWebSocket } from './support/memory.ts'
import { type Call, mutant, mutantCall, type Tongue } from './support/mutations.ts'
import { type RelayTongue, relayMutant } from './support/relay-mutations.ts'
import { sized } from './support/soak.ts'
import { PACKETS, stagePackets } from './support/stage-packets.ts'

/* Whatever is said, wherever: nobody is told INTERNAL, nothing is thrown, and the others play on. */

/** How many frames and calls, with and without `dev`; and of how many one server hears. */
const MUTANTS = sized(20_000, 2_000_000)
const A_SERVER = 5_000
const A_BATCH = 40
/** A long run says how far it has come. */
const A_REPORT = 100_000
/** A session is a new one after so many batches, if it has not ended by itself. */
const BATCHES = 25

/** By their turns: what is said at which endpoint. */
const TONGUES: readonly (Tongue | RelayTongue)[] = [
  'native',
  'native',
  'native',
  'native',
  'packet',
  'jssocket',
  'talo',
  'relay',
  'stock4',
  'stock3',
]
const CALLS_IN = 8

const RE_BROKEN = /\\u(?:0000|d[89a-f])/i

const duel = defineRoom({
  capacity: 6,
  namespaces: ['duel', 'plaza'],
  onCreate: () => ({ turn: 1 }),
  onEvent({ own }, { args }) {
    own.turn += args.length
  },
  onPacket: ({ own }) => void own.turn++,
  functions: {
    'duel.add': {
      args: shape.tuple(shape.integer('uint8'), shape.integer('uint8')),
      value: shape.integer('uint16'),
      run: (_, [a, b]) => a + b,
    },
    'duel.turn': ({ own, code }, args, from) => ({ turn: own.turn, code, args, by: from.name }),
  },
  queries: { 'duel.whose': (_, data, { player }) => [data, player?.id ?? null] },
})

for (const dev of [true, false])
  t.test(`whatever is said, ${dev ? 'with' : 'without'} --dev, the others play on`, async (t) => {
    const seed = seedOf()
    const random = createRandom(seed + Number(dev))
    const tally = { said: 0, codes: new Map<string, number>() }
    t.comment(`SEED=${seed}`)

    for (let left = MUTANTS / 2; left > 0; left -= A_SERVER) {
      const wrong = await siege(dev, random, Math.min(left, A_SERVER), tally)
      if (tally.said % A_REPORT === 0) t.comment(`${tally.said} so far`)
      for (const line of wrong) t.comment(toText(line).slice(0, 600))
      if (wrong.length > 0) return t.fail(`after ${tally.said}: see above, last what was said`)
    }

    const codes = [...tally.codes].sort(([, a], [, b]) => b - a)
    t.comment(`${tally.said} mutants: ${codes.map(([code, many]) => `${code} ${many}`).join(', ')}`)
    t.ok(codes.length > 30, 'they come to many ends')
    t.equal(tally.codes.has('INTERNAL'), false)
  })

const isRelays = (tongue: Tongue | RelayTongue): tongue is RelayTongue =>
  tongue === 'relay' || tongue.startsWith('stock')

type Random = ReturnType<typeof createRandom>

interface Tally {
  said: number
  readonly codes: Map<string, number>
}

/** One server, at every endpoint of which much is said; what went wrong. */
async function siege(dev: boolean, random: Random, mutants: number, tally: Tally) {
  const wrong: unknown[] = []
  const clock = createClock()
  const world = {
    ...createTestWorld(clock, random.below(2 ** 31)),
    log: pino({ level: 'error' }, { write: (line: string) => void wrong.push(JSON.parse(line)) }),
  }
  const store = createDirectStore(world.log)
  const { key } = await createKey(store, world, 'mutant', SCOPES)
  const hub = createHub({
    ...{ dev, world, store, rates: false, packets: stagePackets(), rooms: { duel }, open: true },
    limits: { connections: 10_000, sessions: 10_000 },
  })
  const sockets: MemorySocket[] = []
  const Socket = memoryWebSocket(hub, sockets)
  const live: unknown[] = [1, 2]
  const recent: string[] = []
  const count = (code: string) => tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1)

  // Whoever has the key may do anything to a channel: the neighbour’s is none that they think of.
  for (let made = 0; made < 300; made++)
    await store.run('channel.create', { name: 'old', owner: null, props: {}, at: 0 })
  const neighbour = await open('memory:')
  await neighbour.ask({ type: 'player.identify', data: { name: 'Ada' } })
  const { room } = (await neighbour.ask({ type: 'room.create', data: { kind: 'duel' } })).data
  await neighbour.ask({ type: 'room.lock', data: { locked: true } })
  const own = (await neighbour.ask({ type: 'channel.create', data: { name: 'quiet' } })).data
    .channel
  live.length = 2
  const mouths = new Map<Tongue | RelayTongue, Mouth>()
  const hosts = { 3: await hostOf(3), 4: await hostOf(4) }
  const peers = [1, 2]

  for (let left = mutants; left > 0 && wrong.length === 0; ) {
    const calls = Array.from({ length: CALLS_IN }, () => mutantCall(random, live))
    const answered = Promise.all(calls.map(answerTo))
    for (let said = CALLS_IN; said < A_BATCH; said++) {
      const tongue = random.pick(TONGUES)
      const mouth = await mouthOf(tongue)
      const { bytes, isBinary } = isRelays(tongue)
        ? relayMutant(tongue, random, peers)
        : mutant(tongue, random, live)
      recent.push(
        `${tongue}${isBinary ? ' (binary)' : ''} ${bytes.toString(tongue === 'packet' || isRelays(tongue) ? 'hex' : 'utf8').slice(0, 500)}`,
      )
      if (recent.length > 2 * A_BATCH) recent.shift()
      mouth.socket.sendBytes(bytes, isBinary)
    }
    await answered
    await isWell()
    clock.advance(20)
    left -= A_BATCH
    tally.said += A_BATCH
  }
  if (wrong.length > 0) wrong.push(...recent)
  for (const socket of sockets) socket.terminate?.()
  await turn()
  hub.close()
  await store.close()
  return wrong

  /** Its ping, its event to itself, its word in its channel: all are answered. */
  async function isWell(): Promise<void> {
    const emitted = { name: 'duel.hi', args: [] }
    const answers = await Promise.all([
      neighbour.ask({ type: 'ping' }),
      neighbour.ask({ type: 'event.emit', room: room.code, to: 'self', data: emitted }),
      neighbour.ask({ type: 'channel.send', data: { channel: own.id, message: 'hi' } }),
    ])
    const ends = answers.map(({ type }) => type)
    if (ends.join() !== 'ping,event.emit,channel.send') wrong.push(answers)
  }

  async function answerTo({ method, url, body }: Call): Promise<void> {
    recent.push(`${method} ${url} ${body.toString().slice(0, 300)}`)
    const [isTalos, alias] = [random.below(2) === 0, String(random.pick(live))]
    const answer = await hub.api({
      ...{ method, url, address: 'mutant', contentType: 'application/json' },
      authorization: `Bearer ${key}`,
      header: (name) => (isTalos && name === 'x-talo-alias' ? alias : undefined),
      body: async () => body,
    })
    count(`HTTP ${answer.status}`)
    if (answer.status >= 500 && answer.status !== 501) wrong.push({ url, answer })
    hear(answer.body)
  }

  /** Peer 1 of a relay of that Godot; the code of its room. */
  async function hostOf(engine: number): Promise<string> {
    const host = await open('memory:')
    const made = await host.ask({ type: 'room.create', data: { kind: 'open' } })
    await host.ask({ type: 'relay.open', data: { engine } })
    return made.data.room.code
  }

  async function mouthOf(tongue: Tongue | RelayTongue): Promise<Mouth> {
    const known = mouths.get(tongue)
    if (known && !known.isClosed && known.uses++ < (BATCHES * A_BATCH) / TONGUES.length)
      return known
    known?.socket.close()
    const mouth = await open(await addressOf(tongue))
    mouths.set(tongue, mouth)
    if (/^jssocket|^talo|^stock/.test(tongue)) return mouth
    if (tongue === 'relay') {
      await mouth.ask({ type: 'room.join', data: { code: hosts[4] } })
      const { peer } = (await mouth.ask({ type: 'relay.open', data: { engine: 4 } })).data
      if (peer) peers.push(peer)
      return mouth
    }
    await mouth.ask({ type: 'session.hello', data: { packets: PACKETS.hash } })
    await mouth.ask({ type: 'player.identify', data: {} })
    await mouth.ask({
      type: 'room.join_or_create',
      data: { kind: random.pick(['duel', 'plaza', 'open']) },
    })
    await mouth.ask({ type: 'channel.create', data: { name: 'noise' } })
    await mouth.ask({ type: 'relay.open', data: { engine: random.pick([3, 4]) } })
    return mouth
  }

  async function addressOf(tongue: Tongue | RelayTongue): Promise<string> {
    if (tongue === 'jssocket') return 'memory:/ws'
    if (tongue === 'stock4') return `memory:/godot/${hosts[4]}`
    if (tongue === 'stock3') return `memory:/godot3/${hosts[3]}`
    if (tongue !== 'talo') return 'memory:'
    const { body } = await hub.api({
      ...{ method: 'POST', url: '/v1/socket-tickets', address: 'mutant', contentType: undefined },
      ...{
        authorization: `Bearer ${key}`,
        header: () => undefined,
        body: async () => Buffer.alloc(0),
      },
    })
    return `memory:/socket?ticket=${encodeURIComponent(JSON.parse(body).ticket)}`
  }

  interface Mouth {
    readonly socket: MemorySocket
    isClosed: boolean
    uses: number
    ask(message: object): Promise<Any>
  }

  /** Opens a socket; what it is told is looked at, and the names in it are remembered. */
  async function open(url: string): Promise<Mouth> {
    const socket = new Socket(url) as MemorySocket
    const waiting = new Map<string, (answer: Any) => void>()
    let numbered = 0
    const mouth: Mouth = {
      ...{ socket, isClosed: false, uses: 0 },
      ask: (message) =>
        new Promise((resolve) => {
          const id = `own${++numbered}`
          waiting.set(id, resolve)
          socket.send(JSON.stringify({ id, ...message }))
        }),
    }
    const isOpen = new Promise<void>((resolve) => {
      socket.onopen = () => setImmediate(resolve)
    })
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string') return count('packet in bytes')
      const message = hear(data)
      waiting.get(String(message?.re))?.(message)
    }
    socket.onclose = ({ code }) => {
      count(`close ${code}`)
      mouth.isClosed = true
      for (const resolve of waiting.values()) resolve({ type: 'closed', data: {} })
    }
    await isOpen
    return mouth
  }

  /** Everything that is told is JSON without a broken text, and no failure of the server's. */
  function hear(text: string): Any {
    if (text === '' || text === 'v1.heartbeat') return undefined
    const message: Any = JSON.parse(text)
    if (RE_BROKEN.test(text) && toText(message) !== JSON.stringify(message))
      wrong.push({ broken: text })
    const code = message?.data?.code ?? message?.code ?? message?.data?.errorCode
    if (typeof code === 'string' && /^[A-Z_]{4,40}$/.test(code)) count(code)
    if (message?.re !== undefined && message.type !== 'error') count(message.type)
    if (message?.data?.incident !== undefined) wrong.push({ told: text })
    learn(message)
    return message
  }

  function learn(message: Any): void {
    const { session, player, room, channel, alias } = message?.data ?? {}
    const names = [session, player?.id, room?.code, channel?.id, alias?.id, message?.id]
    for (const name of names)
      if ((typeof name === 'string' && name.length < 40) || typeof name === 'number')
        live.push(name)
    if (live.length > 64) live.splice(2, live.length - 64)
  }
}
