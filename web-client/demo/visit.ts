import { connect, type Network, NetworkError, type Room, type SessionEvents } from '../client.ts'
import type { Rows } from '../plaza.ts'
import { remembered } from './remembered.ts'

export interface Visitor {
  readonly name: string
  readonly colour: string
  /** The room to sit in; unless it must be that one, any plaza does where it is shut. */
  readonly room?: { readonly code: string; readonly isMust: boolean }
}

/** What a visit tells whoever shows it. */
export interface Audience {
  /** We have a seat: the first, or a new one after the session was lost. */
  seated(room: Room): void
  /** Somebody came, left, dropped or came back; see `room.members`. */
  changed(room: Room, what?: string): void
  /** Where everybody was at `time`, by the server's clock. */
  moved(rows: Rows, time: number): void
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

/** How often the round trip is measured. */
export const PING_MS = 1_000

const CUT_MS = 2_000
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 10_000

/** Connects, identifies and takes a seat in the plaza; rejects with what stood in the way. */
export async function visit(url: string, visitor: Visitor, audience: Audience): Promise<Visit> {
  let atLeast = 0
  const network = await connect(url, {
    pingEvery: PING_MS,
    backoff: (attempt) => Math.max(atLeast, jittered(attempt)),
  })
  listen(network, audience)
  network.on('lost', (reason) => audience.told(`The session was lost (${reason}).`))
  network.on('reset', (reason) => audience.told(`Something may have been missed (${reason}).`))
  network.on('error', ({ message }) => audience.told(message))
  network.on('warning', audience.told)
  try {
    await sit(visitor)
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

  async function sit(as: Visitor): Promise<void> {
    const room = await takeSeat(network, as)
    for (const event of ['joined', 'left', 'away', 'back'] as const)
      room.on(event, ({ name }) => audience.changed(room, `${name} ${WHAT[event]}`))
    room.on('members', () => audience.changed(room))
    room.on('closed', () => {
      sit({ ...visitor, room: { code: room.code, isMust: false } }).catch((error: unknown) => {
        audience.told(describe(error))
        network.close()
      })
    })
    audience.seated(room)
  }
}

/** A sentence about what went wrong. */
export function describe(error: unknown): string {
  if (!(error instanceof NetworkError)) return String(error)
  return SHUT[error.code] ?? `${error.message} (${error.code})`
}

/** Whether it says that a room is gone, or full. */
const isShut = (error: unknown) => error instanceof NetworkError && error.code in SHUT

const SHUT: Readonly<Record<string, string>> = {
  ROOM_NOT_FOUND: 'The room of this link is gone: nobody has been in it for a while.',
  ROOM_FULL: 'The room of this link is full just now.',
}

const WHAT = {
  joined: 'has come in',
  left: 'has left',
  away: 'is away',
  back: 'is back',
} as const

function listen({ events, plaza }: Network, audience: Audience): void {
  events.on('plaza.chat', ([text], from) =>
    audience.said(from.member, from.name, typeof text === 'string' ? text : ''),
  )
  events.on('plaza.wave', (_, from) => audience.waved(from.member, from.name))
  plaza.on('rows', audience.moved)
}

async function takeSeat(network: Network, { name, colour, room }: Visitor): Promise<Room> {
  if (!network.players.me) await identify(network, name)
  const joining = { name, data: { colour } }
  if (!room) return network.rooms.joinOrCreate('plaza', joining)
  try {
    return await network.rooms.join(room.code, joining)
  } catch (error) {
    if (room.isMust || !isShut(error)) throw error
    return network.rooms.joinOrCreate('plaza', joining)
  }
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
