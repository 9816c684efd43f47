import { RESUME_REASONS, type ResumeReason } from '../../protocol/errors.ts'
import { FINGERPRINT } from '../../protocol/fingerprint.ts'
import type { AllMessages } from '../../protocol/index.ts'
import { TOLD_RATES } from '../../protocol/limits.ts'
import type { DataOf } from '../../protocol/message.ts'
import { PROTOCOL, type session as sessionTable } from '../../protocol/session.ts'
import { playerInfo } from '../core/delivery/receiver.ts'
import { paging } from '../core/delivery/source.ts'
import type { Context, HandlersOf } from '../core/dispatch/dispatch.ts'
import type { Seat } from '../core/room/seat.ts'
import type { Claim } from '../core/session/resume.ts'
import type { Player, Session } from '../core/session/session.ts'
import type { Claimed, Sessions } from '../core/session/sessions.ts'
import { SNAPSHOT_BYTES } from '../core/wire/envelope.ts'
import { encode, type Outgoing, push } from '../core/wire/frame.ts'
import type { Limits, Rates } from '../core/wire/limits.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'

export type Snapshot = DataOf<AllMessages['session.snapshot']>
type Abilities = DataOf<AllMessages['session.hello']>
type ClaimData = DataOf<AllMessages['session.resume']>

export interface ConnectionOptions {
  readonly world: World
  readonly limits: Limits
  readonly rates: Rates | false
  readonly sessions: Sessions
  /** The seats of a session, each in pages that are so many bytes at most. */
  readonly seatsOf: (session: Session, bytes: number) => readonly Iterable<Seat>[]
  /** Hears which tick a client says that it has of which room's state, by the rooms' numbers. */
  readonly claims: (session: Session, states: ClaimData['states']) => void
  /** The hash of the game's packets, where it has any. */
  readonly packets: string | null
}

/** Welcome, hello, resume, acknowledgements, resets, pings. */
export function createConnections(options: ConnectionOptions) {
  const { world, limits, rates, sessions, seatsOf, claims, packets } = options
  const told = toldOf(rates)
  const handlers: HandlersOf<(typeof sessionTable)['messages']> = {
    'session.hello': ({ session }, abilities) => introduce(session, abilities),
    'session.resume': resume,
    'session.ack': ({ session }, { sent, received }) => compare(session, sent, received),
    'session.desync': ({ session }) => reset(session, 'DESYNC'),
    ping: () => ({ time: world.now() }),
  }

  return {
    handlers,

    /** The server speaks first. */
    welcome(session: Session, token: string): void {
      const { message_bytes, resume_bytes, resume_frames, ack_frames, ack_ms } = limits
      session.send(
        push('welcome', {
          session: session.id,
          token,
          protocol: PROTOCOL,
          fingerprint: FINGERPRINT,
          packets,
          time: world.now(),
          heartbeat_ms: limits.heartbeat_ms,
          resume_ms: limits.resume_ms,
          limits: { message_bytes, resume_bytes, resume_frames, ack_frames, ack_ms },
          rates: told,
        }),
      )
    },

    /** Tells a library the counts, if they changed since it was last told. */
    acknowledge(session: Session): void {
      const counts = session.introduced ? session.resume.tell() : undefined
      if (counts) session.send(push('session.ack', counts))
    },

    /** The client knows of the reset: from here on its frames count again. */
    confirmReset: (session: Session): void => session.resume.confirm(),
  }

  function introduce(session: Session, abilities: Abilities) {
    const { receive_bytes, fingerprint } = abilities
    session.introduced = true
    session.speaksPackets = packets !== null && abilities.packets === packets
    if (receive_bytes !== undefined) session.receiveBytes = receive_bytes
    if (fingerprint === undefined || fingerprint === FINGERPRINT) {
      const isOther = abilities.packets != null && abilities.packets !== packets
      return {
        resume: true,
        ...(isOther && { warning: packets === null ? NO_PACKETS : OTHER_PACKETS }),
      }
    }
    session.resumable = false
    world.log.warn({ session: session.id, fingerprint }, 'client made from other protocol tables')
    return { resume: false, warning: OTHER_TABLES }
  }

  function resume(context: Context, said: ClaimData) {
    const { connection, session: own } = context
    if (connection.frames > 1) throw new Refusal('RESUME_TOO_LATE')
    const claim = said.fresh ? undefined : claimOf(said)
    if (!introduce(own, said).resume) return refusal(own, 'FINGERPRINT')
    if (claim) return claimed(context, said, sessions.claim(connection, own, claim))
    const reloaded = sessions.reload(connection, own, said.token)
    if (!(reloaded instanceof Promise)) return claimed(context, said, reloaded)
    context.atEnd(connection.pause())
    return reloaded.then((judge) => () => claimed(context, said, judge()))
  }

  /** What becomes of a claim: its answer, and after that what its client lacks. */
  function claimed(
    context: Context,
    said: ClaimData,
    { session, reason, wasAway, token }: Claimed,
  ) {
    if (session === context.session) return refusal(session, reason ?? 'UNKNOWN')
    introduce(session, said)
    claims(session, said.states)
    context.afterwards(() => {
      if (!reason) session.outbox.replayAfter(said.received ?? 0)
      sendSnapshot(session)
      sessions.restored(session, wasAway)
    })
    const { attempt } = session.resume
    world.log.info({ session: session.id, attempt, reason }, 'session claimed')
    const { sent, received } = session.resume
    if (!reason) return { resumed: true, session: session.id, sent, received }
    return { ...refusal(session, reason), ...(token !== undefined && { token }) }
  }

  function compare(session: Session, sent: number, received: number): void {
    const { resume, connection } = session
    if (resume.resetting !== undefined) return
    if (!resume.agrees({ sent, received })) return reset(session, 'DESYNC')
    connection?.acknowledged(received)
    resume.acknowledge(received)
  }

  /** Begins both counts anew on a living connection. */
  function reset(session: Session, reason: 'DESYNC'): void {
    if (session.resume.resetting !== undefined) return
    const { sent, received } = session.resume
    if (session.buckets.take('reset') > 0) {
      world.log.warn({ session: session.id, sent, received }, 'too many resets, closed')
      return session.connection?.close(4100)
    }
    world.log.warn({ session: session.id, sent, received, reason }, 'session reset')
    session.restart(reason)
    const id = session.nextId()
    session.resume.resetting = id
    const { resumed: _, ...data } = refusal(session, reason)
    session.send(encode({ type: 'session.reset', id, data }, 'socket'))
    sendSnapshot(session)
    sessions.restored(session)
  }

  function sendSnapshot(session: Session): void {
    const player = session.player ? { ...session.player } : null
    const seated = seatsOf(session, session.receiveBytes - SNAPSHOT_BYTES)
    session.mark(paging(snapshot(player, seated)))
  }
}

/** A claim with its counts, which only a fresh one may leave out. */
function claimOf(said: ClaimData): Claim {
  for (const name of ['attempt', 'sent', 'received', 'forgotten'] as const)
    if (said[name] === undefined)
      throw new Refusal(
        'INVALID_MESSAGE_DATA',
        `session.resume.${name}: expected a whole number, or "fresh": true`,
      )
  const { token, attempt = 0, sent = 0, received = 0, forgotten = 0 } = said
  return { token, attempt, sent, received, forgotten }
}
/** What a client is told of the rates, none of which holds where they are lifted. */
const toldOf = (rates: Rates | false): NonNullable<DataOf<AllMessages['welcome']>['rates']> =>
  Object.fromEntries(
    TOLD_RATES.flatMap((name) => {
      if (!rates) return []
      const { per_second, burst } = rates[name]
      return [[name, { per_second, burst }]]
    }),
  )

/** What the session is and where it sits, in pages that each fit its client. */
function* snapshot(
  player: Player | null,
  seated: readonly Iterable<Seat>[],
): Generator<Outgoing, void> {
  const page = (rooms: readonly Seat[], more: boolean) =>
    push('session.snapshot', { player: player && playerInfo(player), rooms, more })
  if (seated.length === 0) yield page([], false)
  for (const [index, pages] of seated.entries())
    for (const seat of pages) yield page([seat], seat.more || index < seated.length - 1)
}

const refusal = (session: Session, reason: ResumeReason) => ({
  resumed: false,
  session: session.id,
  kept: RESUME_REASONS[reason].kept,
  reason,
  message: RESUME_REASONS[reason].doc,
  sent: session.resume.sent,
  received: session.resume.received,
})

const OTHER_TABLES =
  'This client was made from other protocol tables than the server: it works on, but its session cannot be resumed. Update the older of the two.'

const OTHER_PACKETS =
  'The packets of this client are not the server’s: they go as JSON, by their names. Make both from the same definitions.'
const NO_PACKETS = 'This server defines no packets; the client does.'
