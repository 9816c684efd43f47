import { setImmediate as turn } from 'node:timers/promises'
import type { Test } from 'tap'
import { definePackets } from '../../server/game/packets.ts'
import type { ConnectOptions, LagOptions, Network } from '../../web-client/client.ts'
import type { NetworkError } from '../../web-client/failure.ts'
import { field, plazaOf } from './ground.ts'
import { world } from './world.ts'

const STEP_MS = 1_000 / 240
/** What a client calls a connection that it gives up by itself. */
const SILENT = 4002
const packets = definePackets({ Step: { data: 'uint32' } })

/** What became of what was sent, by its number. */
export interface Course {
  readonly heard: number[]
  readonly done: number[]
  readonly failed: Map<number, NetworkError>
  /** Errors that answer nothing, and closes that are no cut of the network’s. */
  readonly errors: NetworkError[]
  readonly closes: number[]
}

/** How one player says so much: what it returns says the next. */
type Way = (course: Course, ada: Network, bob: Network) => (n: number) => unknown

export interface Conditions {
  readonly perSecond: number
  readonly seconds: number
  readonly lag?: LagOptions | undefined
  /** For so many ms, from the first second on, nothing passes either way. */
  readonly still?: number
}

/** Sends so many a second over a network, in two players’ room, until all has its outcome. */
export async function course(
  t: Test,
  { perSecond, seconds, lag, still = 0 }: Conditions,
  way: Way,
): Promise<Course & { readonly sent: number }> {
  const here = await world(t, { packets })
  const join = async (options: ConnectOptions, code?: string) => {
    const joining = here.connect({ packets, ...options })
    const network = await during(joining)
    const seat = code
      ? network.rooms.join(code)
      : network.rooms.create('open', { state: field.schema })
    return { network, room: await during(seat) }
  }
  const during = async <T>(wait: Promise<T>): Promise<T> => {
    let isOver = false
    void wait.finally(() => {
      isOver = true
    })
    while (!isOver) await pass(10)
    return wait
  }
  const pass = async (ms: number) => {
    here.clock.advance(ms)
    for (let n = 0; n < 4; n++) await turn()
  }
  const ada = await join(lag ? { lag } : {})
  const [line] = here.sockets
  const bob = await join({}, ada.room.code)
  const found: Course = { heard: [], done: [], failed: new Map(), errors: [], closes: [] }
  ada.network.on('error', (error) => void found.errors.push(error))
  for (const { network } of [ada, bob])
    network.on(
      'state',
      (_, code) => void (code >= 4000 && code !== SILENT && found.closes.push(code)),
    )

  const send = way(found, ada.network, bob.network)
  let [sent, due] = [0, 0]
  for (let ms = 0; ms < seconds * 1_000; ms += STEP_MS) {
    if (line) line.still = ms >= 1_000 && ms < 1_000 + still
    for (due += (STEP_MS * perSecond) / 1_000; sent < Math.floor(due + 1e-6); sent++) send(sent + 1)
    await pass(STEP_MS)
  }
  for (let ms = 0; ms < 5_000; ms += 50) await pass(50)
  return { ...found, sent }
}

const counting =
  (listen: (bob: Network, hear: (n: number) => void) => void, ask: Ask) =>
  (found: Course, ada: Network, bob: Network) => {
    listen(bob, (n) => found.heard.push(n))
    return (n: number) =>
      ask(ada, n).then(
        () => found.done.push(n),
        (error) => found.failed.set(n, error),
      )
  }
type Ask = (ada: Network, n: number) => Promise<unknown>

/** What is said one by one. */
export const COUNTED = {
  events: counting(
    (bob, hear) => bob.events.on('plaza.step', ([n]) => hear(Number(n))),
    (ada, n) => ada.events.emit('plaza.step', [n]),
  ),
  packets: counting(
    (bob, hear) => bob.packets.on('Step', (n) => hear(n)),
    (ada, n) => ada.packets.ask(['Step', n], { to: 'others' }),
  ),
}

/** What is said, of which only the newest matters: a number below 1,600. */
export const LATEST = {
  positions(found: Course, ada: Network, bob: Network) {
    const { players } = plazaOf(bob).state
    players.on('changed', ({ owner, x }) => {
      if (owner === 1) found.heard.push(x)
    })
    return (n: number) => {
      const { mine } = plazaOf(ada).state.players
      if (mine) mine.x = n % 1_600
    }
  },
  'latest events'(found: Course, ada: Network, bob: Network) {
    bob.events.onLatest('plaza.at', ([n]) => found.heard.push(Number(n)))
    return (n: number) => ada.events.emitLatest('plaza.at', [n % 1_600])
  },
}
