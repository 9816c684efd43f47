import { type Point, walk } from '../../protocol/plaza.ts'
import type { plaza } from '../../protocol/plaza-state.ts'
import {
  connect,
  type Json,
  type Kicked,
  type Member,
  type Network,
  NetworkError,
  type Room,
  type SessionEvents,
} from '../client.ts'
import { createGuest, type Guest } from './guest.ts'
import { follow, titleOf } from './news.ts'

/** A room of the plaza's kind, and what it knows. */
export type Plaza = Room<typeof plaza>

export interface Visitor {
  readonly name: string
  readonly colour: string
}

/** Which room to sit in: any, a new one, or that of a code, and unless it must be, else any. */
export type Wish =
  | { readonly kind: 'any' }
  | { readonly kind: 'new'; readonly title: string; readonly listed: boolean }
  | { readonly kind: 'code'; readonly code: string; readonly isMust: boolean }

/** What a visit tells whoever shows it, of the room that we sit in. */
export interface Audience {
  /** We have a seat: the first, one in another room, or a new one after the session was lost. */
  seated(room: Plaza): void
  /** What we do in the next tick is about to be asked. */
  sampling(): void
  /** It has other members, or says something else of itself. */
  changed(room: Plaza, sentence?: string): void
  /** Our seat was taken away, or another session of ours has it. */
  kicked(sentence: string): void
  said(member: number, name: string, text: string): void
  waved(member: number, name: string): void
  state(...change: SessionEvents['state']): void
  /** Something the visitor should know. */
  told(text: string): void
}

/** How often the round trip is measured. */
export const PING_MS = 1_000
/** How long somebody who is asked may take. */
const ASK_MS = 30_000

const CUT_MS = 2_000
const FIRST_WAIT_MS = 250
/** While the seat is kept, and afterwards. */
const LONGEST_WAIT_MS = 2_000
const LONGEST_LATE_WAIT_MS = 10_000
/** So many rooms are listed; the others are found by their codes. */
const MOST_ROOMS = 100

/** A connection that is made when it is first needed, and the room we sit in by it. */
export function createVisit(url: string, audience: Audience) {
  const guest = createGuest()
  let network: Network | undefined
  let connecting: Promise<Network> | undefined
  let seat: { readonly network: Network; readonly room: Plaza; readonly as: Visitor } | undefined
  let atLeast = 0

  return {
    get network() {
      return network
    },
    /** The room we sit in, or sat in when the connection was closed. */
    get room() {
      return seat?.room
    },
    enter,

    /** The listed plazas. */
    async list() {
      const { rooms } = await reach()
      const first = await rooms.list({ kind: 'plaza', limit: MOST_ROOMS })
      return first.rooms
    },
    say: (text: string) => emit('plaza.chat', [text]),
    wave: () => emit('plaza.wave'),
    /** We walk that way from now on, or stand. */
    walk(way: Point | undefined) {
      if (way) seat?.room.input(way)
      else seat?.room.rest()
    },
    /** What somebody chooses, or null for nothing. */
    async ask({ session }: Member, text: string, choices: readonly string[]): Promise<Json> {
      const { network, room } = here()
      const waiting = { timeout: ASK_MS, room: room.code }
      return network.queries.ask(`session:${session}`, 'dialog', { text, choices }, waiting)
    },
    /** Drops the connection for as long as it takes to see that it is gone. */
    cut() {
      atLeast = CUT_MS
      network?.cut()
      atLeast = 0
    },
    close: () => network?.close(),
  }

  /** Takes a seat, and gives up the one before; rejects with what stood in the way. */
  async function enter(as: Visitor, wish: Wish): Promise<void> {
    const network = await reach()
    const room = await takeSeat(network, guest, as, wish)
    const before = seat
    seat = { network, room, as }
    if (before && network.rooms.all.get(before.room.code) === before.room)
      before.room.leave().catch((error: unknown) => audience.told(describe(error)))
    follow(room, (sentence) => seat?.room === room && audience.changed(room, sentence))
    room.predict('players', walk)
    room.on('sampling', () => seat?.room === room && audience.sampling())
    room.on('kicked', (kicked) => isHere(room.code) && expelled(room, kicked))
    room.on('seat_taken', () => isHere(room.code) && replaced(room))
    room.on('closed', () => seat?.room === room && comeBack(as, room.code))
    audience.seated(room)
  }

  /** The connection, made anew if there is none. */
  function reach(): Promise<Network> {
    if (network && network.state !== 'closed') return Promise.resolve(network)
    connecting ??= open().finally(() => {
      connecting = undefined
    })
    return connecting
  }

  async function open(): Promise<Network> {
    const opened = await connect(url, {
      pingEvery: PING_MS,
      storage: sessionStorage,
      pause: 0, // there is a button
      backoff: (attempt, left) => Math.max(atLeast, jittered(attempt, left)),
    })
    network = opened
    const tell = (text: string) => seat?.network === opened && audience.told(text)
    opened.on('state', (...change) => seat?.network === opened && audience.state(...change))
    opened.on('lost', (reason) => tell(`The session was lost (${reason}).`))
    opened.on('reset', (reason) => tell(`Something may have been missed (${reason}).`))
    opened.on('error', ({ message }) => tell(message))
    opened.on('warning', tell)
    opened.events.on('plaza.chat', ([text], from, code) => {
      if (isHere(code)) audience.said(from.member, from.name, typeof text === 'string' ? text : '')
    })
    opened.events.on('plaza.wave', (_, { member, name }, code) => {
      if (isHere(code)) audience.waved(member, name)
    })
    return opened
  }

  /** The session was lost: sits where we sat, if that is still there. */
  function comeBack(as: Visitor, code: string): void {
    enter(as, { kind: 'code', code, isMust: false }).catch((error: unknown) => {
      audience.told(describe(error))
      network?.close()
    })
  }

  function expelled({ members, properties }: Room, { by, banned, reason }: Kicked): void {
    seat = undefined
    const who = by === null ? 'The server' : (members.get(by)?.name ?? 'Somebody')
    const what = `${who} ${banned ? 'banned' : 'kicked'} you from “${titleOf(properties)}”`
    audience.kicked(`${what}${reason && `: ${reason}`}`)
  }

  /** Our player is here in another window, or on another device: who takes the seat back decides. */
  function replaced({ properties }: Room): void {
    seat = undefined
    audience.kicked(`You are in “${titleOf(properties)}” in another window now.`)
  }

  function here() {
    if (seat) return seat
    throw new Error('You are in no room.')
  }

  async function emit(name: string, args: readonly Json[] = []): Promise<unknown> {
    const { network, room } = here()
    return network.events.emit(name, args, { room: room.code })
  }

  function isHere(code: string): boolean {
    return seat?.room.code === code
  }
}

/** A sentence about what went wrong. */
export function describe(error: unknown): string {
  if (!(error instanceof NetworkError)) return error instanceof Error ? error.message : `${error}`
  return SHUT[error.code] ?? `${error.message} (${error.code})`
}

/** Whether it says that we cannot get into a room. */
const isShut = (error: unknown) => error instanceof NetworkError && error.code in SHUT

const SHUT: Readonly<Record<string, string>> = {
  ROOM_NOT_FOUND: 'There is no such room, or nobody has been in it for a while.',
  ROOM_FULL: 'That room is full just now.',
  ROOM_LOCKED: 'That room is locked: nobody new may come in.',
  BANNED: 'You were banned from that room.',
}

async function takeSeat(
  network: Network,
  guest: Guest,
  { name, colour }: Visitor,
  wish: Wish,
): Promise<Plaza> {
  const { players, rooms } = network
  const kept = [...rooms.all.values()].find(({ kind }) => kind === 'plaza')
  const isWanted = wish.kind === 'any' || (wish.kind === 'code' && wish.code === kept?.code)
  if (players.me) void guest.key()
  else await identify(network, guest, name)
  if (kept && isWanted) return kept as unknown as Plaza // as its kind says
  const joining = { name, data: { colour } }
  const any = () => rooms.joinOrCreate<typeof plaza>('plaza', joining)
  if (wish.kind === 'any') return any()
  if (wish.kind === 'new') {
    const properties = wish.title ? { title: wish.title } : {}
    return rooms.create<typeof plaza>('plaza', { listed: wish.listed, properties, ...joining })
  }
  try {
    return await rooms.join<typeof plaza>(wish.code, joining)
  } catch (error) {
    if (wish.isMust || !isShut(error)) throw error
    return any()
  }
}

/** As the guest this tab was before, or as a new one where there is none, or it was forgotten. */
async function identify({ players }: Network, guest: Guest, name: string): Promise<void> {
  const guest_key = await guest.key()
  if (guest_key) {
    try {
      await players.identify({ guest_key, name })
      return await guest.keep(guest_key)
    } catch (error) {
      if (!(error instanceof NetworkError) || error.code !== 'INVALID_GUEST_KEY') throw error
    }
  }
  const made = await players.identify({ name })
  if (made.guest_key) await guest.keep(made.guest_key)
}

const jittered = (attempt: number, left: number) =>
  Math.random() *
  Math.min(left > 0 ? LONGEST_WAIT_MS : LONGEST_LATE_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt)
