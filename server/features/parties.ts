import type { AllMessages } from '../../protocol/index.ts'
import { TAKE_MS } from '../../protocol/matchmaking.ts'
import type { ReplyOf } from '../../protocol/message.ts'
import type { parties as partiesTable } from '../../protocol/parties.ts'
import { isBlocked } from '../core/delivery/receiver.ts'
import { Committed, type Context } from '../core/dispatch/call.ts'
import type { HandlersOf } from '../core/dispatch/dispatch.ts'
import type { Guesses } from '../core/dispatch/guesses.ts'
import { createAbsence } from '../core/party/absence.ts'
import { createBook } from '../core/party/book.ts'
import { callInto } from '../core/party/calling.ts'
import type { Parties } from '../core/party/parties.ts'
import { type Change, type Deed, type Party, partyInfo } from '../core/party/party.ts'
import { newCode } from '../core/room/code.ts'
import type { NameFor } from '../core/room/naming.ts'
import type { Rooms } from '../core/room/rooms.ts'
import type { Seating } from '../core/room/seating.ts'
import type { Session } from '../core/session/session.ts'
import type { PlayerObserver, SessionObserver } from '../core/session/sessions.ts'
import { type Outgoing, push } from '../core/wire/frame.ts'
import type { Limits } from '../core/wire/limits.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'

export interface PartiesOptions {
  readonly world: World
  readonly limits: Limits
  readonly parties: Parties
  readonly rooms: Pick<Rooms, 'resolve'>
  readonly seating: Pick<Seating, 'hold'>
  readonly guesses: Guesses
  readonly nameFor: NameFor
  readonly sessionsOf: (player: string) => Iterable<Session>
  /** Somebody has come into a party, or left it: it is not what searches as it. */
  readonly changed: (code: string) => void
  /** Wants the last match once more; with others, if it leads them. */
  readonly rematch: (
    context: Context,
    others: readonly string[],
  ) => ReplyOf<AllMessages['party.rematch']>
}

/** Parties: players who go together, on however many devices, over rooms and drops. */
export function createParties(options: PartiesOptions) {
  const { world, limits, parties, rooms, seating, guesses, nameFor, sessionsOf } = options
  const book = createBook()
  const told = new WeakMap<Session, number>()
  const absence = createAbsence({
    ...{ world, limits },
    overdue: (player) => attempt({ do: 'pass', player }),
    lost: (player) => attempt({ do: 'leave', player, reason: 'lost' }),
  })
  const stop = parties.listen(hear)

  const handlers: HandlersOf<(typeof partiesTable)['messages']> = {
    async 'party.create'({ session }, { name, properties = {}, own = {}, open = true }) {
      const player = session.identified().id
      const code = newCode(world.random, book.byCode)
      const made = { code, name: nameFor(session, name), properties, own, open }
      return entered({ do: 'create', player, ...made })
    },
    async 'party.join'({ session }, { code, name, own = {} }) {
      const player = session.identified().id
      if (!guesses.look(session, () => book.byCode.get(code)))
        throw new Refusal('PARTY_NOT_FOUND', `party.join.code: no party is called ${code}`)
      return entered({ do: 'join', player, code, name: nameFor(session, name), own })
    },
    async 'party.invite'({ session }, { player: whom }) {
      const player = session.identified().id
      if (reachOf(whom) === 0)
        throw new Refusal('INVALID_TARGET', `party.invite.player: ${whom} is not here`)
      for (const one of sessionsOf(whom))
        if (isBlocked(one.player, session.player)) throw new Refusal('BLOCKED')
      await parties.act({ do: 'invite', player, whom }, limits)
      return new Committed(() => ({ reached: reachOf(whom) }))
    },
    'party.decline': ({ session }, { code }) => deed(session, { do: 'decline', code }),
    'party.leave': ({ session }) => deed(session, { do: 'leave', reason: 'left' }),
    'party.kick': ({ session }, { player: whom }) => deed(session, { do: 'kick', whom }),
    'party.promote': ({ session }, { player: whom }) => deed(session, { do: 'promote', whom }),
    'party.ready': ({ session }, { ready }) => deed(session, { do: 'ready', ready }),
    'party.describe': ({ session }, { properties }) =>
      deed(session, { do: 'describe', properties }),
    'party.update': ({ session }, { properties, open }) =>
      deed(session, {
        do: 'update',
        ...(properties && { properties }),
        ...(open !== undefined && { open }),
      }),
    'party.message'({ session }, { data }) {
      const { id: player } = session.identified()
      const party = own(session)
      const name = party.members.find((one) => one.player === player)?.name ?? ''
      tell(party, push('party.said', { player, name, data }))
      return { reached: party.members.filter(({ away }) => !away).length }
    },
    'party.call'(context) {
      const { room } = rooms.resolve(context)
      const party = led(context.session)
      const others = mates(party, context.session)
      const wanted = { room, others, sessionOf, hold: seating.hold, take_ms: TAKE_MS }
      const { called, ...reply } = callInto(wanted, (player, reason) => {
        const missed = push('party.missed', { player, room: room.code, reason })
        for (const one of sessionsOf(book.of(player)?.leader ?? party.leader)) one.send(missed)
      })
      const message = push('party.called', { room: room.code, take_ms: TAKE_MS })
      context.afterwards(() => {
        for (const { session } of called) session.send(message)
      })
      return { ...reply, called: called.map(({ player }) => player) }
    },
    'party.rematch'(context) {
      const { session } = context
      const party = session.player && book.of(session.player.id)
      const isLeader = party?.leader === session.player?.id
      return options.rematch(context, party && isLeader ? mates(party, session) : [])
    },
  }

  const observer: SessionObserver = {
    away: ({ player }) => judge(player?.id),
    // What it was told may have gone with its counts; before, nothing may be said to it.
    restored(session) {
      const { player, resume } = session
      if (player && told.get(session) !== resume.generation) tellAll(session, player.id)
      judge(player?.id)
    },
    ended: ({ player }) => judge(player?.id),
  }

  const players: PlayerObserver = {
    identified(session, { id }) {
      tellAll(session, id)
      judge(id)
    },
  }

  return {
    handlers,
    observer,
    players,
    /** The party that a session leads, the leader first. */
    led(session: Session) {
      const { leader, code, members } = led(session)
      const [first, rest] = [isOf(leader), (one: Party['members'][number]) => !isOf(leader)(one)]
      return { code, members: [...members.filter(first), ...members.filter(rest)] }
    },
    /** The session of a player that was active last, of those who are there. */
    sessionOf,
    close(): void {
      stop()
      absence.close()
    },
  }

  function own(session: Session): Party {
    const party = book.of(session.identified().id)
    if (!party) throw new Refusal('NOT_IN_PARTY')
    return party
  }

  function led(session: Session): Party {
    const party = own(session)
    if (party.leader !== session.player?.id) throw new Refusal('NOT_PARTY_LEADER')
    return party
  }

  async function entered(act: Deed) {
    const party = await parties.act(act, limits)
    return new Committed(() => ({ party: partyInfo(party) }))
  }

  async function deed(session: Session, what: Without<Deed>) {
    const { id: player } = session.identified()
    await parties.act({ ...what, player } as Deed, limits)
    return new Committed(() => ({}))
  }

  /** Does what nobody waits for; where it may not be any more, it need not. */
  function attempt(what: Deed): void {
    parties.act(what, limits).catch((error: unknown) => {
      if (!(error instanceof Refusal))
        world.log.error({ err: error, what: what.do }, 'party failed')
    })
  }

  function hear(change: Change): void {
    const { party, what, player, reason } = change
    book.keep(change, limits.party_invitations)
    const member = party.members.find(isOf(player))
    if (what === 'joined') {
      if (member) tell(party, push('party.member', { member }), player)
      for (const session of sessionsOf(player)) tellState(session, party)
      world.log.info({ party: party.code, player }, 'party joined')
    } else if (what === 'left') {
      const left = push('party.left', { player, reason: reason ?? 'left' })
      tell(party, left)
      for (const session of sessionsOf(player)) session.send(left)
      absence.end(player)
      world.log.info({ party: party.code, player, reason }, 'party left')
    } else if (what === 'member' && member) {
      tell(party, push('party.member', { member }))
      if (!member.away && absence.isOverdue(party.leader)) passOn(party.leader)
    } else if (what === 'updated') {
      const { leader, open, properties } = party
      tell(party, push('party.updated', { leader, open, properties }))
    } else if (what === 'declined') tell(party, push('party.declined', { player }))
    else if (what === 'invited') for (const one of sessionsOf(player)) invite(one, party)
    if (what === 'joined' || what === 'left') options.changed(party.code)
  }

  /** Somebody is back who may lead, while the leader has been away for too long. */
  function passOn(player: string): void {
    world.soon(() => attempt({ do: 'pass', player }))
  }

  /** Sends a message to all sessions of all in a party but those of `except`. */
  function tell({ members }: Party, message: Outgoing, except?: string): void {
    for (const { player } of members)
      if (player !== except) for (const session of sessionsOf(player)) session.send(message)
  }

  function tellAll(session: Session, player: string): void {
    const party = book.of(player)
    if (party || told.has(session)) tellState(session, party)
    for (const inviting of book.invitingOf(player)) invite(session, inviting)
  }

  function tellState(session: Session, party: Party | undefined): void {
    told.set(session, session.resume.generation)
    session.send(push('party.state', { party: party ? partyInfo(party) : null }))
  }

  function invite(session: Session, { code, members, invited }: Party): void {
    const { by } = invited.find(isOf(session.player?.id ?? '')) ?? {}
    const { player, name } = members.find(isOf(by ?? '')) ?? members[0] ?? NOBODY
    if (isBlocked(session.player, { id: player })) return
    session.send(push('party.invited', { code, by: { player, name }, size: members.length }))
  }

  /** A player of a party has come, or has gone for a while. */
  function judge(player: string | undefined): void {
    const member = player && book.of(player)?.members.find(isOf(player))
    if (!player || !member) return
    const away = sessionOf(player) === undefined
    if (away === member.away) return
    if (away) absence.begin(player)
    else absence.end(player)
    attempt({ do: 'away', player, away })
  }

  function mates({ members }: Party, { player: own }: Session): string[] {
    return members.map(({ player }) => player).filter((player) => player !== own?.id)
  }

  function sessionOf(player: string): Session | undefined {
    let found: Session | undefined
    for (const one of sessionsOf(player))
      if (one.connection && !one.ended && one.activity >= (found?.activity ?? 0)) found = one
    return found
  }

  function reachOf(player: string): number {
    return [...sessionsOf(player)].length
  }
}

const NOBODY = { player: '?', name: '?' }

const isOf =
  (player: string) =>
  (one: { readonly player: string }): boolean =>
    one.player === player

/** A deed, but for whose it is. */
type Without<D> = D extends unknown ? Omit<D, 'player'> : never
