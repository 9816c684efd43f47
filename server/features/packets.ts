import {
  answerable,
  createTurns,
  flattened,
  respondTo,
  type Turns,
  validateAll,
  within,
} from '../../protocol/accepting.ts'
import { type Packet, PacketError, type PacketSet, ValidationError } from '../../protocol/packet.ts'
import type { packets as packetsTable } from '../../protocol/packets.ts'
import type { Json } from '../../protocol/schema.ts'
import type { Context, HandlersOf } from '../core/dispatch/dispatch.ts'
import { Packed, type PacketWire, readPacket, refusePacket } from '../core/dispatch/packets-in.ts'
import { audienceOf, earOf, isAtMany, SWALLOWED, stillIn } from '../core/room/audience.ts'
import type { Words } from '../core/room/kind.ts'
import type { Logic } from '../core/room/logic.ts'
import { stampOf } from '../core/room/member.ts'
import { refusing } from '../core/room/packets-out.ts'
import { defined, type PacketContext, type PacketSender } from '../core/room/packets-sending.ts'
import { isUnchanged } from '../core/room/passing.ts'
import type { Resolve, Seated } from '../core/room/seated.ts'
import type { Session } from '../core/session/session.ts'
import { asError, incidentOf } from '../core/wire/incident.ts'
import type { Limits } from '../core/wire/limits.ts'
import { promisedBy } from '../core/wire/promised.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'

export interface PacketsOptions {
  readonly world: World
  readonly limits: Limits
  readonly packets: PacketSet<PacketContext> | undefined
  readonly sender: PacketSender
  readonly resolve: Resolve
  readonly logic: Logic
  /** Whether a failure's own words are told. */
  readonly dev: boolean
}

/** One session's packets, until its counts begin anew: nobody takes the turns of before then. */
interface Lane {
  readonly generation: number
  readonly turns: Turns
}

/** Packets: small messages whose shapes the game defines, for the server or for others in a room. */
export function createPackets(options: PacketsOptions) {
  const { world, limits, packets, sender, resolve, logic, dev } = options
  const lanes = new WeakMap<Session, Lane>()

  const handlers: HandlersOf<(typeof packetsTable)['messages']> = {
    packet(context, said: Packed | { readonly name: string; readonly data?: Json }) {
      const set = defined(packets)
      const body = said instanceof Packed ? said.body : undefined
      const packet =
        said instanceof Packed ? said.packet : refusing(() => set.fromJson(said.name, said.data))
      const all = flattened(packet)
      refuseUnsendable(set, all)
      const place = context.to || context.room !== undefined ? resolve(context) : undefined
      if (place && context.to) place.room.permit(place.member, 'emit')
      const known = knownOf(context, place)
      const judge = () => timely(validateAll(set, all, known), limits.validate_ms, packet.name)
      return attempt(packet.name, context.session, () =>
        place && context.to
          ? passedOn(context, place, packet, body, judge)
          : answered(context, () => respond(set, packet, known), judge),
      ) as { value: Json } | Promise<() => { value: Json }>
    },
  }
  const wire: PacketWire | undefined = packets && {
    read: (session, bytes) =>
      session.speaksPackets ? readPacket(packets, bytes, limits) : refusePacket(bytes),
    reply: (session, re, data) =>
      session.speaksPackets
        ? sender.writer.answer(re, (data as { value: unknown }).value)
        : undefined,
  }
  return { handlers, wire }

  /** The turn is over once it is passed on, which is done with its answer. */
  function passedOn(
    context: Context,
    place: Seated,
    packet: Packet,
    body: Uint8Array | undefined,
    judge: () => void | Promise<void>,
  ): unknown {
    const turn = turnsOf(context.session).enter(judge)
    const pass = () => ({ value: passOn(context, place, packet, body) })
    if (!(turn instanceof Promise)) return pass()
    return turn.then((leave) => () => {
      leave()
      place.room.permit(place.member, 'emit')
      return attempt(packet.name, context.session, pass)
    })
  }

  function answered(
    { session }: Context,
    accepted: () => unknown,
    judge: () => void | Promise<void>,
  ): unknown {
    const answer = turnsOf(session).take(judge, accepted)
    return answer instanceof Promise ? answer.then((told) => () => told) : answer
  }

  function refuseUnsendable(set: PacketSet, all: readonly Packet[]): void {
    if (all.length > limits.bundle)
      throw new Refusal('TOO_LARGE', `Bundle: expected at most ${limits.bundle} packets`)
    for (const { name } of all)
      if (set.typeOf(name)?.by === 'server')
        throw new Refusal('PERMISSION_DENIED', `${name}: only the server may send it`)
  }

  function knownOf({ session, to }: Context, place: Seated | undefined): PacketContext {
    return {
      session: sender.handleOf(session),
      ...(place && { room: place.room.code, member: place.member.number }),
      ...(to && { to }),
    }
  }

  function respond(set: PacketSet<PacketContext>, packet: Packet, known: PacketContext): unknown {
    const value = respondTo(set, packet, known)
    const told = (answer: unknown) => ({ value: answerable(packet.name, answer) })
    const promised = promisedBy(value)
    if (!promised) return told(value)
    return inTime(limits.respond_ms, packet.name, promised).then(told)
  }

  /** Sends a packet on to those in the room whom it is for. */
  function passOn(
    context: Context,
    place: Seated,
    packet: Packet,
    body: Uint8Array | undefined,
  ): Json {
    const { room, member } = place
    const { session, to = [] } = context
    if (room.memberOf(session) !== member) throw new Refusal('NOT_IN_ROOM')
    const set = defined(packets)
    const audience = isAtMany(to)
      ? undefined
      : audienceOf(room, member, to, earOf(room, 'onPacket'))
    const final = passed(set, place, to, packet)
    if (!final) return { ...SWALLOWED }
    const origin = stampOf(room, member)
    const shared = sender.writer.share(set, final, origin, final === packet ? body : undefined)
    if (!audience)
      return { delivered: shared.toRoom(room, to[0] === 'others' ? session : undefined) }
    const { receivers, server, unreached } = audience
    const more = unreached.length > 0 && { unreached }
    context.refuseUnfit({ value: { delivered: receivers.size, ...more } })
    if (server) {
      // Both forms are made before the room has it in its hands.
      for (const one of receivers) shared.for(one)
      hear(place, final)
    }
    const reached = stillIn(room, audience)
    for (const one of reached) one.send(shared.for(one))
    return { delivered: reached.length, ...more }
  }

  /** A packet as the room's own logic would have it; undefined where nobody is to have it. */
  function passed(
    set: PacketSet,
    { room, member: from }: Seated,
    to: readonly string[],
    packet: Packet,
  ): Packet | undefined {
    if (!room.hooks.onMessage) return packet
    const { name } = packet
    const args = [set.toJson(packet) as Json]
    const message = { type: 'packet', name, args, to, from } as const
    let made = packet
    const words = logic.pass(room, message, (changed) =>
      problemIn(changed, () => {
        const isSame = changed.name === name && isUnchanged(changed.args[0], set.toJson(packet))
        if (!isSame) made = set.fromJson(changed.name, changed.args[0])
      }),
    )
    return words && made
  }

  /** Has the room's own logic hear a packet, those in a bundle one by one. */
  function hear({ room, member }: Seated, packet: Packet): void {
    for (const one of flattened(packet))
      if (one.name !== 'Bundle') logic.hear(room, () => room.hooks.onPacket?.(one, member))
  }

  function timely(verdict: void | Promise<void>, ms: number, name: string): void | Promise<void> {
    const promised = promisedBy(verdict)
    if (promised) return inTime(ms, `${name}.validate`, promised)
  }

  function inTime<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
    const late = () => new Refusal('TIMEOUT', `${what}: nothing within ${ms} ms`)
    return within(world.after, ms, promise, late)
  }

  /** Packets of one session keep their order; nobody else waits for them. */
  function turnsOf(session: Session): Turns {
    const { generation } = session.resume
    const known = lanes.get(session)
    const { turns } = known?.generation === generation ? known : newLane(session)
    if (turns.waiting < limits.requests) return turns
    throw new Refusal('RATE_LIMITED', `expected at most ${limits.requests} packets in waiting`)
  }

  function newLane(session: Session): Lane {
    const lane = { generation: session.resume.generation, turns: createTurns() }
    lanes.set(session, lane)
    return lane
  }

  /** What fails in the game's own logic is told as it may be. */
  function attempt(name: string, session: Session, run: () => unknown): unknown {
    try {
      const outcome = run()
      if (!(outcome instanceof Promise)) return outcome
      return outcome.catch((error) => {
        throw told(error, name, session)
      })
    } catch (error) {
      throw told(error, name, session)
    }
  }

  function told(error: unknown, name: string, session: Session): unknown {
    if (error instanceof ValidationError) return refusalOf(error)
    if (error instanceof Refusal || !dev) return error
    const text = asError(error).message
    const where = { packet: name, session: session.id }
    return incidentOf(world, error, {
      what: 'acceptor failed',
      where,
      told: text.slice(0, LONGEST),
    })
  }
}

/** What is wrong with a packet that the room's logic made of another. */
function problemIn({ name, args }: Words, make: () => void): string | undefined {
  if (typeof name !== 'string' || !Array.isArray(args) || args.length > 1)
    return 'expected the name of a packet, and its data as the only one of args'
  try {
    make()
  } catch (error) {
    if (error instanceof PacketError) return error.message
    throw error
  }
  return undefined
}

/** An error's message may be this long on the wire. */
const LONGEST = 2_048

function refusalOf({ code, reason }: ValidationError): Refusal {
  const isHttp = Number.isInteger(code) && code >= 400 && code < 600
  const cause = { code, reason: String(reason) }
  const text = cause.reason.slice(0, LONGEST)
  return new Refusal('VALIDATION_FAILED', text, { cause, ...(isHttp && { status: code }) })
}
