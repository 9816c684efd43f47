import type { AddressInfo } from 'node:net'
import { connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { WebSocketServer } from 'ws'
import { createServer, type GameServer } from '../../server/server.ts'
import { connect, type Json, type Network } from '../../web-client/client.ts'
import { createRandom } from './clock.ts'
import { CAMP, type Company, gather, STAGE } from './company.ts'
import { rowOf, seen, stroll } from './ground.ts'
import { JUDGE } from './judge.ts'
import { stagePackets } from './stage-packets.ts'
import { openStudio, type Studio } from './studio.ts'
import { NodeSocket } from './world.ts'

/** Where the scenarios of every client find what they need; handed over as JSON. */
export interface Places {
  /** The server. */
  readonly main: string
  /** A server at the machine's own IPv6 address; empty where it has none. */
  readonly six: string
  /** The same server, over a cable that the director cuts. */
  readonly cable: string
  /** A port nobody listens on. */
  readonly refused: string
  /** Takes connections and never answers. */
  readonly silent: string
  /** A server without a free place: 4105. */
  readonly full: string
  /** A server that closes who does not identify: 4104. */
  readonly strict: string
  /** Says things that are no messages, between things that are. */
  readonly garbage: string
  /** A server that the director stops and starts again on request. */
  readonly restarting: string
  /** A server that nothing was said to. */
  readonly bare: string
  /** A server that requires a ticket of the studio (studio.ts). */
  readonly tickets: string
}

/** Whoever ends the stage: a test, or a benchmark. */
export type Stageable = Pick<Test, 'teardown'>

const HOST = '127.0.0.1'
/** The burst scenario's 10,000 messages are 1.4 MB unread: more than the default hard mark. */
const BURST_BYTES = 4_194_304
/** On a busy machine 200 cuts take long enough for more to be missed than the default budget holds. */
const BUDGET = { resume_frames: 65_536, resume_bytes: 16_777_216 }
const LIMITS = { connections: 10_000, sessions: 10_000 }

/**
 * Sets the stage for a client under test, whatever it is written in: servers, a cable to cut, and a
 * player in the plaza of `main` who does what `plaza.please` [what, …] asks, with company of his
 * (company.ts) and a studio (studio.ts), and answers each with `plaza.done` [what, result].
 */
export async function direct(t: Stageable, seed: number): Promise<Places> {
  const options = { host: HOST, rates: false as const, dev: true }
  const main = await start(t, {
    ...options,
    port: 0,
    kinds: [STAGE, CAMP],
    rooms: { judge: JUDGE },
    queues: { pair: { kind: 'stage', max: 2, near: { rating: { within: 100 } } } },
    packets: stagePackets(),
    limits: { ...LIMITS, ...BUDGET, heartbeat_ms: 5_000, hard_bytes: BURST_BYTES },
  })
  const full = await start(t, { ...options, port: 0, limits: { connections: 1, unproven: 0 } })
  const guest = await connect(url(full.port), { WebSocket: NodeSocket })
  t.teardown(() => guest.close())
  const strict = await start(t, { ...options, port: 0, limits: { ...LIMITS, identify_ms: 1 } })
  const bare = await start(t, { host: HOST, port: 0 })
  const cable = await openCable(t, main.port, seed)
  const restarting = await openRestarting(t)
  const director = await connect(url(main.port), { WebSocket: NodeSocket })
  t.teardown(() => director.close())
  await director.rooms.joinOrCreate('plaza', { name: 'Director' })
  const company = await gather(url(main.port))
  t.teardown(() => company.close())
  const studio = await openStudio(HOST)
  t.teardown(studio.close)
  obey({ director, port: main.port, cable, restarting, company, studio })
  return {
    main: url(main.port),
    six: await openSix(t),
    cable: url(cable.port),
    refused: url(await freePort()),
    silent: url(await openSilent(t)),
    full: url(full.port),
    strict: url(strict.port),
    garbage: url(await openGarbage(t)),
    restarting: url(restarting.port),
    bare: url(bare.port),
    tickets: url(studio.port),
  }
}

const url = (port: number) => `ws://${HOST}:${port}`

async function openSix(t: Stageable): Promise<string> {
  try {
    const { port } = await start(t, { host: '::1', port: 0 })
    return `ws://[::1]:${port}`
  } catch {
    return ''
  }
}

async function start(
  t: Stageable,
  options: Parameters<typeof createServer>[0],
): Promise<GameServer> {
  const server = await createServer(options)
  t.teardown(server.close)
  return server
}

/** What each client has said of `plaza.count`, to be asked for as a verdict. */
interface Count {
  next: number
  problem: string | null
}

interface Crew {
  readonly director: Network
  readonly port: number
  readonly cable: Cable
  readonly restarting: Restarting
  readonly company: Company
  readonly studio: Studio
}

function obey({ director, port, cable, restarting, company, studio }: Crew): void {
  const counts = new Map<number, Count>()
  const say = (to: string, args: readonly Json[]) =>
    void director.events.emit(to, args, { to: 'others' }).catch(() => {})

  director.events.on('plaza.count', ([number], { member }) => {
    const count = counts.get(member) ?? { next: 1, problem: null }
    counts.set(member, count)
    if (number !== count.next) count.problem ??= `expected ${count.next}, got ${String(number)}`
    count.next++
  })
  director.events.on('plaza.please', async ([what, amount], { member }) => {
    const done = (result: Json) => say('plaza.done', [what ?? null, result, member])
    if (what === 'wave') {
      say('plaza.wave', [])
      done(true)
    } else if (what === 'say') {
      say('plaza.chat', [String(amount)])
      done(true)
    } else if (what === 'echo') {
      done(amount ?? null)
    } else if (what === 'stroll') {
      const [far, down] = amount as [number, number]
      await rowOf(director)
      done(stroll(director, far, down))
    } else if (what === 'see') {
      await seen(director, member, amount as [number, number])
      done(true)
    } else if (what === 'large') {
      say('plaza.large', ['x'.repeat(Number(amount))])
    } else if (what === 'burst') {
      for (let number = 1; number <= Number(amount); number++) say('plaza.number', [number])
    } else if (what === 'stream') {
      const [perSecond, seconds] = amount as [number, number]
      await stream(say, perSecond, seconds)
      done(true)
    } else if (what === 'visit') {
      await visit(director, port)
      done(true)
    } else if (what === 'restart') {
      await restarting.restart()
      done(true)
    } else if (what === 'cuts') {
      let number = 0
      const numbering = setInterval(() => {
        for (let more = 0; more < 3; more++) say('plaza.number', [++number])
      }, 5)
      const observed = await cable.cut(Number(amount))
      clearInterval(numbering)
      say('plaza.cuts', [observed, number])
    } else if (what === 'verdict') {
      const count = counts.get(member)
      done({ received: (count?.next ?? 1) - 1, problem: count?.problem ?? null })
    } else {
      const [name, values] = [String(what), amount ?? []]
      const result = await (studio.obey(name, values) ?? company.obey(name, values))
      if (result !== undefined) done(result)
    }
  })
}

/** An even stream of numbered events. */
async function stream(
  say: (name: string, args: readonly Json[]) => void,
  perSecond: number,
  seconds: number,
): Promise<void> {
  const began = performance.now()
  let number = 0
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = ((performance.now() - began) / 1_000) * perSecond
      while (number < Math.min(due, perSecond * seconds)) say('plaza.number', [++number])
      if (number < perSecond * seconds) return
      clearInterval(timer)
      resolve()
    }, 5)
  })
}

/** Somebody comes, drops, comes back and leaves, for the members to see. */
async function visit(director: Network, port: number): Promise<void> {
  const [room] = [...director.rooms.all.values()]
  if (!room) return
  const seen = (what: 'joined' | 'away' | 'back' | 'left') =>
    new Promise<void>((resolve) => {
      const off = room.on(what, ({ name }) => {
        if (name !== 'Visitor') return
        off()
        resolve()
      })
    })
  const [joined, away, back, left] = [seen('joined'), seen('away'), seen('back'), seen('left')]
  const visitor = await connect(url(port), {
    WebSocket: NodeSocket,
    backoff: () => 10,
  })
  await visitor.rooms.join(room.code, { name: 'Visitor' })
  await joined
  visitor.cut()
  await away
  await back
  visitor.close()
  await left
}

interface Cable {
  readonly port: number
  /** Cuts what goes over it `times` times at random places; resolves with how often it did. */
  cut(times: number): Promise<number>
}

/** A TCP relay to `port` that can be told to cut. */
async function openCable(t: Stageable, port: number, seed: number): Promise<Cable> {
  const random = createRandom(seed)
  const open = new Set<Socket>()
  let left = 0
  let observed = 0
  let finished: (times: number) => void = () => {}

  const relay = createTcpServer((near) => {
    const far = connectTcp(port, HOST)
    const budget = 300 + random.below(12_000)
    let passed = 0
    const end = () => {
      near.destroy()
      far.destroy()
    }
    /** Passes on what fits before the cut, which may be in the middle of a frame. */
    const pass = (to: Socket) => (chunk: Buffer) => {
      passed += chunk.length
      if (left === 0 || passed <= budget) {
        to.write(chunk)
        return
      }
      to.write(chunk.subarray(0, random.below(chunk.length)), end)
      left--
      observed++
      if (left === 0) finished(observed)
    }
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        open.delete(socket)
        end()
      })
    }
    near.on('data', pass(far))
    far.on('data', pass(near))
  })
  t.teardown(() => {
    finished(observed)
    for (const socket of open) socket.destroy()
    relay.close()
  })
  return {
    port: await listen(relay),
    cut: (times) =>
      new Promise((resolve) => {
        left = times
        observed = 0
        finished = resolve
      }),
  }
}

interface Restarting {
  readonly port: number
  restart(): Promise<void>
}

async function openRestarting(t: Stageable): Promise<Restarting> {
  let server = await createServer({ port: 0, host: HOST, rates: false })
  t.teardown(() => server.close())
  const { port } = server
  return {
    port,
    async restart() {
      await server.close()
      server = await createServer({ port, host: HOST, rates: false })
    },
  }
}

async function openSilent(t: Stageable): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return listen(server)
}

/** What a server never says, each between two things it does. */
const GARBAGE = [
  'garbage',
  '',
  '{"type":',
  '[]',
  'null',
  '3',
  '{"type":"event"}',
  '{"type":"event","room":7,"data":{"name":3,"args":"x"}}',
  '{"type":"state.schema","room":"K7QF2M","data":{"number":"one","tables":[[1]]}}',
  '{"type":"room.member_joined","room":"K7QF2M","data":{"member":null}}',
  '{"type":"unheard.of","data":{}}',
  '{"type":"session.snapshot","data":{"player":7,"rooms":{},"more":"no"}}',
  '{"type":"session.ack","data":{"sent":-1}}',
  `{"type":"error","data":${'['.repeat(200)}${']'.repeat(200)}}`,
]

/** Welcomes, talks nonsense, and answers pings all the while. */
async function openGarbage(t: Stageable): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: HOST })
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  server.on('connection', (ws) => {
    const welcome = {
      session: 'garbage',
      token: 'garbage',
      protocol: 1,
      fingerprint: '',
      packets: null,
      time: 0,
      heartbeat_ms: 20_000,
      resume_ms: 30_000,
      limits: {
        message_bytes: 60_000,
        resume_bytes: 1,
        resume_frames: 1,
        ack_frames: 64,
        ack_ms: 1_000,
      },
    }
    ws.send(JSON.stringify({ type: 'welcome', data: welcome }))
    ws.on('message', (bytes) => {
      const { type, id } = JSON.parse(String(bytes)) as { type: string; id?: string }
      if (type === 'session.hello')
        ws.send(JSON.stringify({ type, re: id, data: { resume: false } }))
      if (type === 'ping') ws.send(JSON.stringify({ type, re: id, data: { time: 1 } }))
      if (type !== 'player.identify') return
      for (const text of GARBAGE) ws.send(text)
      ws.send(Buffer.from([0xff, 0x00, 0x80]))
      const player = { id: 'me', name: 'Me', guest: true }
      ws.send(JSON.stringify({ type, re: id, data: { player } }))
    })
  })
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

async function listen(server: ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = createTcpServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}
