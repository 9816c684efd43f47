import { runsOf } from './asked.ts'
import type { Client } from './client.ts'
import { type Crew, spentOn, withCrews } from './crew.ts'
import { among, compared, drawn, type Figure, inTurn, type Workload } from './figures.ts'

const TEXT_BYTES = 100
const BATCH = 16
const DRAIN_MS = 40
const TEXT = '.'.repeat(TEXT_BYTES)

/** What is sent again and again, each time once what came of it has all been heard by its sender. */
interface Volley {
  readonly label: string
  readonly receivers: number
  /** How many events each receiver gets of it. */
  readonly events: number
  readonly kind: 'shared' | 'own'
  /** How much more than these must be delivered in the same time of the server. */
  readonly wanted?: Readonly<Record<string, number>>
}

const ONE = { events: 1, kind: 'shared', wanted: { ws: 1.15, 'socket.io': 1.25 } } as const
const VOLLEYS: readonly Volley[] = [
  { label: 'to 200, one at a time', receivers: 200, ...ONE },
  { label: 'to 1,000, one at a time', receivers: 1_000, ...ONE },
  {
    label: `to 200, ${BATCH} identical at once`,
    receivers: 200,
    events: BATCH,
    kind: 'shared',
    wanted: { 'socket.io': 14 },
  },
  { label: `to 200, ${BATCH} of one’s own at once`, receivers: 200, events: BATCH, kind: 'own' },
]
const NOTE = 'each second of the server’s own processor time, which other programs do not shorten'

/**
 * 100 bytes to everybody in a room, each volley sent once the one before has come back to its
 * sender, who is the last to get it. The others read in gulps, so that the server is what is
 * measured and not the load.
 */
export const broadcast: Workload = {
  name: 'broadcast',
  run: (quick) =>
    withCrews(async (crews, names) => {
      const [times, ms] = [runsOf(3), quick ? 400 : 1_000]
      const figures: Figure[] = []
      for (const volley of VOLLEYS) {
        const measure = (length: number) => async (name: string) => {
          const crew = crews[name] as Crew
          return again(crew, await membersOf(crew, volley), volley, length)
        }
        await inTurn(names, 1, measure(ms / 2))
        figures.push(...figuresOf(volley, await inTurn(names, times, measure(ms))))
      }
      return figures
    }),
}

const rooms = new WeakMap<Crew, Map<string, readonly Client[]>>()

/** The room of a crew that a volley needs; it is kept for the next. */
async function membersOf(crew: Crew, { receivers, kind }: Volley): Promise<readonly Client[]> {
  const known = rooms.get(crew) ?? new Map<string, readonly Client[]>()
  rooms.set(crew, known)
  const members = known.get(`${kind} ${receivers}`) ?? (await crew.enter(receivers, KINDS[kind]))
  known.set(`${kind} ${receivers}`, members)
  return members
}

const KINDS = { shared: 'arena', own: 'burst' } as const

type Fired = Awaited<ReturnType<typeof again>>

function figuresOf({ label, wanted = {} }: Volley, results: Results): Figure[] {
  const name = `${TEXT_BYTES} B ${label}`
  const rate = among(name, 'deliveries/s', results, (one) => 1e6 / one.cpu_us)
  return [
    drawn({ ...compared(rate, 'at least', wanted), note: NOTE }, `broadcast of ${name}`, 'more'),
    among('by the clock', 'deliveries/s', results, (one) => one.rate),
  ]
}

type Results = Awaited<ReturnType<typeof inTurn<string, Fired>>>

async function again(crew: Crew, members: readonly Client[], volley: Volley, ms: number) {
  const { server, dialect } = crew
  const { events, kind } = volley
  const sender = members.at(-1) as Client
  const shout = Array.from({ length: events }, () => dialect.shout(TEXT))
  const frame = kind === 'own' ? dialect.burst(events, TEXT) : Buffer.concat(shout)
  const send = () => {
    // Each frame counts; all but one are in the same write.
    sender.sent += kind === 'own' ? 0 : events - 1
    sender.write(frame, true)
  }
  let heard = 0
  let isOver = false
  const done = new Promise<void>((resolve) => {
    sender.onMessage = (bytes, start, end) => {
      if (!dialect.hears(sender, bytes, start, end) || ++heard % events !== 0) return
      if (isOver) resolve()
      else send()
    }
  })
  const gulp = gulping(members.slice(0, -1))
  const before = await server.usage()
  const start = performance.now()
  send()
  setTimeout(() => {
    isOver = true
  }, ms)
  await done
  const seconds = (performance.now() - start) / 1000
  const after = await server.usage()
  crew.rest(sender)
  gulp.stop()
  const deliveries = heard * members.length
  return { rate: deliveries / seconds, cpu_us: spentOn(deliveries, before, after) }
}

/** Lets these read only now and then. */
function gulping(clients: readonly Client[]) {
  let isReading = true
  const toggle = () => {
    isReading = !isReading
    for (const { socket } of clients) {
      if (isReading) socket.resume()
      else socket.pause()
    }
    timer = isReading ? setImmediate(() => setImmediate(toggle)) : setTimeout(toggle, DRAIN_MS)
  }
  let timer: NodeJS.Immediate | NodeJS.Timeout
  toggle()
  return {
    stop() {
      clearTimeout(timer as NodeJS.Timeout)
      clearImmediate(timer as NodeJS.Immediate)
      for (const { socket } of clients) socket.resume()
    },
  }
}
