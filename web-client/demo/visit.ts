import { connect, type Network, NetworkError, type Room, type SessionEvents } from '../client.ts'
import type { Rows } from '../plaza.ts'
import { remembered } from './remembered.ts'

export interface Visitor {
  readonly name: string
  readonly colour: string
}

/** What a visit tells whoever shows it. */
export interface Audience {
  /** We have a seat: the first, or a new one after the session was lost. */
  seated(room: Room): void
  /** Somebody came, left, dropped or came back; see `room.members`. */
  changed(room: Room, what?: string): void
  /** Where everybody was at `time`; `now` is the same clock, the server's. */
  moved(rows: Rows, time: number, now: number): void
  said(member: number, name: string, text: string): void
  waved(member: number, name: string): void
  state(...change: SessionEvents['state']): void
  /** Something the visitor should know. */
  told(text: string): void
}

export interface Visit {
  readonly network: Network
  say(text: string): Promise<unknown>
  wave(): Promise<unknown>
  /** Drops the connection for as long as it takes to see that it is gone. */
  cut(): void
}

const CUT_MS = 2_000
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 10_000

/** Connects, identifies and takes a seat in the plaza; rejects with what stood in the way. */
export async function visit(url: string, visitor: Visitor, audience: Audience): Promise<Visit> {
  let atLeast = 0
  const network = await connect(url, {
    pingEvery: 2_000,
    backoff: (attempt) => Math.max(atLeast, jittered(attempt)),
  })
  listen(network, audience)
  network.on('lost', (reason) => audience.told(`The session was lost (${reason}).`))
  network.on('reset', (reason) => audience.told(`Something may have been missed (${reason}).`))
  network.on('error', ({ message }) => audience.told(message))
  network.on('warning', audience.told)
  try {
    await sit()
  } catch (error) {
    network.close()
    throw error
  }
  network.on('state', audience.state)

  return {
    network,
    say: (text) => network.events.emit('plaza.chat', [text]),
    wave: () => network.events.emit('plaza.wave'),
    cut() {
      atLeast = CUT_MS
      network.cut()
      atLeast = 0
    },
  }

  async function sit(): Promise<void> {
    const room = await takeSeat(network, visitor)
    for (const event of ['joined', 'left', 'away', 'back'] as const)
      room.on(event, ({ name }) => audience.changed(room, `${name} ${WHAT[event]}`))
    room.on('members', () => audience.changed(room))
    room.on('closed', () => {
      sit().catch((error: unknown) => {
        audience.told(describe(error))
        network.close()
      })
    })
    audience.seated(room)
  }
}

/** A sentence about what went wrong. */
export const describe = (error: unknown) =>
  error instanceof NetworkError ? `${error.message} (${error.code})` : String(error)

const WHAT = {
  joined: 'has come in',
  left: 'has left',
  away: 'is away',
  back: 'is back',
} as const

function listen({ events, plaza, clock }: Network, audience: Audience): void {
  events.on('plaza.chat', ([text], from) =>
    audience.said(from.member, from.name, typeof text === 'string' ? text : ''),
  )
  events.on('plaza.wave', (_, from) => audience.waved(from.member, from.name))
  plaza.on('rows', (rows, time) => audience.moved(rows, time, clock.now()))
}

async function takeSeat(network: Network, { name, colour }: Visitor): Promise<Room> {
  if (!network.players.me) await identify(network, name)
  return network.rooms.joinOrCreate('plaza', { name, data: { colour } })
}

/** As the guest this browser was before, or as a new one where the server has forgotten it. */
async function identify({ players }: Network, name: string): Promise<void> {
  const guest_key = remembered.get('guest_key')
  if (guest_key) {
    try {
      await players.identify({ guest_key, name })
      return
    } catch (error) {
      if (!(error instanceof NetworkError) || error.code !== 'INVALID_GUEST_KEY') throw error
    }
  }
  const guest = await players.identify({ name })
  if (guest.guest_key) remembered.set('guest_key', guest.guest_key)
}

const jittered = (attempt: number) =>
  Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt)
