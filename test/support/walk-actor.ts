import { connect, type Network, type NetworkError, type Room } from '../../web-client/client.ts'
import { type Clock, createClock } from './clock.ts'
import { tapped } from './tap.ts'
import { createEar } from './walk-ear.ts'
import type { Host } from './walk-host.ts'
import type { Model } from './walk-model.ts'

/** One client: what it does, and whether what it hears is what the model says it hears. */
export interface Actor {
  readonly name: string
  readonly network: Network
  /** Rooms it was given, the newest or the one it was thrown out of first; also those it has left. */
  readonly rooms: Room[]
  /** Identifies it as the same player, wherever it comes from. */
  readonly key: string
  /** Requests not answered yet. */
  readonly pending: ReadonlySet<Promise<void>>
  /** How many timers it has set. */
  readonly timers: number
  /** Whether it is kept away until it is let back. */
  readonly isAway: boolean
  /** Asks for something, and compares the outcome with the model’s. */
  does(ask: (network: Network) => Promise<unknown>): void
  cut(): void
  comeBack(): void
  close(): void
}

export interface Company {
  readonly host: Host
  readonly model: Model
  /** What was not as the model says. */
  readonly wrongs: string[]
  /** Clients and their rooms, unless nothing holds them any more. */
  readonly remains: WeakRef<object>[]
}

const ROOMS_REMEMBERED = 8

/** Connects and identifies: as the player of `key`, or as a new one. */
export async function createActor(name: string, company: Company, key?: string): Promise<Actor> {
  const { host, model, wrongs, remains } = company
  const clock = createClock()
  const pending = new Set<Promise<void>>()
  const rooms: Room[] = []
  const wrong = (what: string) => void wrongs.push(`${name} ${what}`)
  let numbered = 0
  let isAway = false
  let isClosed = false

  const network = await connect(host.url, {
    WebSocket: tapped(host.Socket, createEar(model, wrong)),
    timers: timersOf(clock),
    backoff: () => 1,
    report: (error) => wrong(`failed: ${error}`),
  })
  remains.push(new WeakRef(network))
  network.on('reset', (reason) => wrong(`was reset: ${reason}`))
  network.on('error', ({ code }) => wrong(`was told ${code}`))
  network.on('lost', () => recognise(guest))
  const guest = key ?? (await enrol())
  if (key !== undefined) await recognise(guest)

  return {
    name,
    network,
    rooms,
    key: guest,
    pending,
    does,
    get timers() {
      return clock.pending
    },
    get isAway() {
      return isAway
    },
    cut() {
      isAway = true
      network.cut()
    },
    comeBack() {
      isAway = false
      clock.advance(1)
    },
    close() {
      isClosed = true
      network.close()
    },
  }

  /** Becomes a new player; the model learns whom chance made of it. */
  async function enrol(): Promise<string> {
    numbered++
    const { player, guest_key = '' } = await network.request('player.identify', {})
    const session = model.sessions.get(network.session ?? '')
    model.guests.set(guest_key, { id: player.id, guest: player.guest, name: player.name })
    if (session) session.player = model.guests.get(guest_key) ?? null
    return guest_key
  }

  function recognise(guest_key: string): Promise<unknown> {
    does(({ players }) => players.identify({ guest_key }))
    return Promise.all(pending)
  }

  function does(ask: (network: Network) => Promise<unknown>): void {
    const { session } = network
    const id = ++numbered
    const done = ask(network).then(
      (value) => {
        if (isRoom(value)) remember(value)
        return 'ok'
      },
      ({ code, message }: NetworkError) => code ?? message,
    )
    const compared = done.then((outcome) => {
      pending.delete(compared)
      const expected = model.answers.get(`${session} ${id}`)
      model.answers.delete(`${session} ${id}`)
      if (outcome === expected) return
      const isOver = isClosed || !model.sessions.has(session ?? '')
      const isKnown = outcome === 'SESSION_LOST' && expected !== undefined
      if (isOver && UNKNOWN.includes(outcome) && !isKnown) return
      wrong(`got ${outcome} instead of ${expected} for its request ${id}`)
    })
    pending.add(compared)
  }

  function remember(room: Room): void {
    if (rooms.includes(room)) return
    remains.push(new WeakRef(room))
    room.on('kicked', () => putFirst(room))
    room.on('seat_taken', () => putFirst(room))
    putFirst(room)
  }

  /** As what it tries to enter next. */
  function putFirst(room: Room): void {
    const others = rooms.filter((one) => one !== room)
    rooms.splice(0, rooms.length, room, ...others.slice(0, ROOMS_REMEMBERED - 1))
  }
}

/** How a request may end once its session has. */
const UNKNOWN = ['SESSION_LOST', 'OUTCOME_UNKNOWN', 'CLOSED']

const isRoom = (value: unknown): value is Room =>
  typeof value === 'object' && value !== null && 'isHost' in value

const timersOf = (clock: Clock) => ({
  now: clock.now,
  after: (ms: number, callback: () => void) => clock.after(ms, callback),
})
