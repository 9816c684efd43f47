import {
  answerable,
  createTurns,
  flattened,
  respondTo,
  validateAll,
  within,
} from '../protocol/accepting.ts'
import { ERRORS, type ErrorCode } from '../protocol/errors.ts'
import type { AllMessages } from '../protocol/index.ts'
import { LIMITS } from '../protocol/limits.ts'
import type { DataOf, Sender } from '../protocol/message.ts'
import {
  type AnyPacket,
  type Opened,
  Packet,
  PacketError,
  type PacketSet,
  ValidationError,
} from '../protocol/packet.ts'
import { DEFAULT_PACKET_MS } from '../protocol/packets.ts'
import type { Json } from '../protocol/schema.ts'
import { textOf } from './answering.ts'
import { hear, type Report } from './emitter.ts'
import { failure, NetworkError } from './failure.ts'
import type { Timers } from './link.ts'
import { destinationOf, type PageLocation } from './location.ts'
import { type Received, senderOf } from './message.ts'
import { GRACE_MS } from './queries.ts'
import type { WaitOptions } from './requests.ts'
import type { Room } from './room.ts'
import type { SendOptions } from './saying.ts'
import type { Session } from './session.ts'

/** What an acceptor here knows of a packet beside its data: who sent it (member 0: the server). */
export interface PacketContext {
  readonly from: Sender
  /** The code of the room it is about, '' for none. */
  readonly room: string
}

// biome-ignore lint/suspicious/noExplicitAny: what the sender sent, for the listener to judge
export type PacketListener = (data: any, from: Sender, room: string) => unknown

export interface PacketsOptions {
  readonly session: Session
  readonly rooms: ReadonlyMap<string, Room>
  readonly timers: Timers
  readonly report: Report
  /** The game's packets; without them all go as JSON, unchecked. */
  readonly packets: PacketSet<PacketContext> | undefined
  readonly location: PageLocation | undefined
  /** Origins beside the page's own that a Redirect may lead to. */
  readonly redirects: readonly string[]
}

export type Packets = ReturnType<typeof createPackets>

/** A packet that came, and how it is answered, where it asks. */
interface Arrival extends PacketContext {
  readonly packet: Packet
  readonly answer?: (value: unknown) => void
  readonly refuse?: (code: ErrorCode, text: string, more?: object) => void
}

/** Packets to and from the server, and others in a room. */
export function createPackets(options: PacketsOptions) {
  const { session, rooms, timers, report, packets } = options
  const listeners = new Map<string, Set<PacketListener>>()
  let turns = createTurns()
  /** Rises when what was asked before is no longer to be answered. */
  let epoch = 0
  const begin = () => {
    epoch++
    turns = createTurns()
  }
  session.on('reset', begin)
  session.on('lost', begin)
  session.on('bytes', (frame) => {
    try {
      const opened = packets?.open(frame)
      if (opened) receive(opened)
    } catch (error) {
      report(error)
    }
  })
  session.on('message', (message) => {
    if (message.type !== 'packet') return
    const { name, data } = message.data as DataOf<AllMessages['packet']>
    const { id, room = '' } = message
    const own = answers(id)
    try {
      const packet = packets ? packets.fromJson(name, data) : bare(name, data)
      arrive({ packet, room, from: senderOf(message), ...own })
    } catch (error) {
      report(error)
      own.refuse?.('UNREGISTERED_HANDLER', textOf(error))
    }
  })

  return {
    /** Whether packets go as bytes, because the server has the same. */
    get isBinary() {
      return session.sharesPackets
    },

    /**
     * Sends a packet to the server, or with `to` to others in the room, and waits for nothing; a
     * refusal is an `error` of the network. Throws UNKNOWN_PACKET or INVALID_MESSAGE_DATA for what is
     * no packet, and what any sending may be refused with.
     */
    send(packet: AnyPacket, { room, to }: SendOptions = {}): void {
      const frame = framed(packet, { room, to })
      if (frame) return session.sendBytes('packet', frame())
      session.send('packet', plain(packet), { room, to })
    },

    /**
     * Sends a packet and resolves with what the receiver's `respond` returned; with `to`, with what
     * was delivered. Rejects with the ValidationError of the receiver, or with the codes of `packet`.
     */
    ask(
      packet: AnyPacket,
      { room, to, timeout = DEFAULT_PACKET_MS, signal }: SendOptions & WaitOptions = {},
    ): Promise<Json> {
      const waiting = { timeout: timeout + GRACE_MS, ...(signal && { signal }) }
      return session.watched(async () => {
        const frame = framed(packet, { room, to })
        const asked = frame
          ? session.askBytes('packet', frame, (value) => value as Json, waiting)
          : session.request('packet', plain(packet), { room, to, ...waiting }, ({ value }) => value)
        return asked.catch((error) => {
          throw refusedBy(error)
        })
      })
    },

    /** Listens to packets of this name, in bundles too, until the returned function is called. */
    on(name: string, listener: PacketListener): () => void {
      if (packets && !packets.typeOf(name)) hydrate([name])
      const own = listeners.get(name) ?? new Set()
      listeners.set(name, own.add(listener))
      return () => void own.delete(listener)
    },
  }

  /** What makes its frame, with or without an id; undefined where it goes as JSON. */
  function framed(packet: AnyPacket, { room, to }: SendOptions) {
    if (!packets || !session.sharesPackets) return undefined
    const targets = typeof to === 'string' ? [to] : to
    // In bytes it would be for the server, as without any.
    if (targets?.length === 0) return undefined
    return (id?: number) => telling(() => packets.frame({ id, room, to: targets }, packet))
  }

  function plain(packet: AnyPacket): DataOf<AllMessages['packet']> {
    const { name, data } = hydrate(packet)
    return { name, ...(data !== undefined && { data: data as Json }) }
  }

  /** A packet as JSON has it. */
  function hydrate(packet: AnyPacket): Packet {
    if (!packets) return packet instanceof Packet ? packet : new Packet(...packet)
    return telling(() => {
      packets.encode(packet)
      const known = packets.packetOf(packet)
      return new Packet(known.name, packets.toJson(known))
    })
  }

  function receive({ id, isReply, room = '', from, packet, value }: Opened): void {
    if (isReply && id !== undefined) return session.settle(id, value)
    if (packet) arrive({ packet, room, from: memberOf(room, from), ...answers(id, true) })
  }

  function memberOf(room: string, number: number | undefined): Sender {
    const member = number === undefined ? undefined : rooms.get(room)?.members.get(number)
    if (!member) return { member: number ?? 0, player: null, role: 'none', name: '' }
    const { player, role, name } = member
    return { member: member.number, player, role, name }
  }

  function arrive(arrival: Arrival): void {
    const all = flattened(arrival.packet)
    const began = epoch
    const isOver = () => began !== epoch
    const judge = () => {
      if (packets) return timely(validateAll(packets, all, arrival), arrival.packet.name)
    }
    const accepted = () => {
      if (isOver()) return
      for (const one of all) tell(one, arrival)
      return packets && respondTo(packets, arrival.packet, arrival)
    }
    void settle(arrival, isOver, async () => turns.take(judge, accepted))
  }

  /** Answers what asks; whatever fails is told to who asked, or reported. */
  async function settle(
    { packet: { name }, answer, refuse }: Arrival,
    isOver: () => boolean,
    run: () => Promise<unknown>,
  ): Promise<void> {
    try {
      const value = await run()
      if (answer && !isOver()) answer(answerable(name, value))
    } catch (error) {
      if (!refuse || !(error instanceof ValidationError)) report(error)
      if (!refuse || isOver()) return
      const { code, reason } = error as ValidationError
      if (error instanceof ValidationError)
        refuse('VALIDATION_FAILED', reason, { cause: { code, reason } })
      else refuse('REMOTE_ERROR', textOf(error))
    }
  }

  function timely(verdict: void | Promise<void>, name: string): void | Promise<void> {
    const ms = LIMITS.validate_ms.value
    const late = () => failure('TIMEOUT', `${name}.validate: nothing within ${ms} ms`)
    if (verdict instanceof Promise) return within(timers.after, ms, verdict, late)
  }

  function tell({ name, data }: Packet, { from, room }: PacketContext): void {
    for (const listener of listeners.get(name) ?? []) hear(() => listener(data, from, room), report)
    if (packets?.acceptorOf(name)?.respond || from.member !== 0) return
    if (name === 'Refresh') options.location?.reload()
    if (name === 'Redirect') redirect(String(data))
  }

  function redirect(address: string): void {
    const { location, redirects } = options
    const destination = location && destinationOf(location, address, redirects)
    if (destination !== undefined) location?.assign(destination)
    else if (location)
      session.warn(`Redirect: ${address} is neither of our origin nor in \`redirects\``)
  }

  function answers(
    id: string | number | undefined,
    isBinary = false,
  ): Pick<Arrival, 'answer' | 'refuse'> {
    if (id === undefined) return {}
    const asked = { type: 'packet', id } as unknown as Received // an id may be a number
    const say = (type: string, data: unknown) => session.answer(asked, type, data)
    const answer = (value: unknown) => {
      if (isBinary && packets) session.answerBytes('packet', packets.answer(Number(id), value))
      else say('packet', { value })
    }
    const refuse = (code: ErrorCode, text: string, more = {}) =>
      say('error', { code, status: ERRORS[code].status, message: text, ...more })
    return { answer, refuse }
  }
}

/** A packet whose schema is not known here. */
const bare = (name: string, data: unknown): Packet =>
  name === 'Bundle' && Array.isArray(data)
    ? new Packet(
        name,
        data.map((one) => bare(one[0], one[1])),
      )
    : new Packet(name, data)

function telling<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw error instanceof PacketError ? failure(error.code, error.message) : error
  }
}

/** What the receiver's `validate` threw, as it threw it. */
function refusedBy(error: unknown): unknown {
  if (!(error instanceof NetworkError) || error.code !== 'VALIDATION_FAILED') return error
  const { code, reason } = (error.data.cause ?? {}) as { code?: unknown; reason?: unknown }
  return new ValidationError({ code: Number(code), reason: String(reason) })
}
