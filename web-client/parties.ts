import type { AllMessages } from '../protocol/index.ts'
import type { DataOf, ReplyOf } from '../protocol/message.ts'
import type { Json } from '../protocol/schema.ts'
import { createEmitter, type Report } from './emitter.ts'
import type { Players } from './players.ts'
import type { Room } from './room.ts'
import type { Rooms } from './rooms.ts'
import type { Session } from './session.ts'

/** A party: its code, its leader, what that says of it, and who is in it, in order of joining. */
export type Party = ReplyOf<AllMessages['party.create']>['party']
/** Somebody in a party. */
export type PartyMember = Party['members'][number]
/** Who asks us into which party. */
export type Invitation = DataOf<AllMessages['party.invited']>
export type PartyLeaveReason = DataOf<AllMessages['party.left']>['reason']

export type PartyEvents = {
  /** We are in a party, by this device or another; or the session was reset, and this is how it stands. */
  entered: [party: Party]
  joined: [member: PartyMember]
  /** A member is ready, away or described otherwise. */
  changed: [member: PartyMember]
  /** Somebody else is in it no longer. */
  left: [member: PartyMember, reason: PartyLeaveReason]
  /** Another leads it, or the leader says other things of it. */
  updated: [party: Party]
  /** We are in no party any more. */
  over: [reason: PartyLeaveReason | 'gone']
  invited: [invitation: Invitation]
  declined: [player: string]
  said: [said: DataOf<AllMessages['party.said']>]
  /** The leader calls us into a room, and our seat there is being taken (see `follows`). */
  called: [call: DataOf<AllMessages['party.called']>]
  /** The room that we were called into has us. */
  followed: [room: Room]
  /** Somebody whom we called does not come. */
  missed: [missed: DataOf<AllMessages['party.missed']>]
  rematch: [wanted: DataOf<AllMessages['party.rematch_wanted']>]
}

type Own = Readonly<Record<string, Json>>

export interface EnterOptions {
  /** The name to be known by. */
  readonly name?: string
  /** What we say of ourselves, such as a rating or a hero. */
  readonly own?: Own
}

type Pushes = {
  readonly [K in keyof AllMessages]?: (data: DataOf<AllMessages[K]>) => void
}

export type Parties = ReturnType<typeof createParties>

/** Players who go together; a player is in one party at a time, with all its devices. */
export function createParties(session: Session, rooms: Rooms, players: Players, report: Report) {
  const { on, emit } = createEmitter<PartyEvents>(report)
  let party: Party | undefined
  let follows = true

  const pushes: Pushes = {
    'party.state': ({ party }) => (party ? enter(party) : leave('gone')),
    'party.member': ({ member }) => {
      if (!party) return
      const isKnown = party.members.some(({ player }) => player === member.player)
      const members = isKnown
        ? party.members.map((one) => (one.player === member.player ? member : one))
        : [...party.members, member]
      party = { ...party, members }
      emit(isKnown ? 'changed' : 'joined', member)
    },
    'party.left': ({ player, reason }) => {
      if (player === players.me?.id) return leave(reason)
      const member = party?.members.find((one) => one.player === player)
      if (!party || !member) return
      party = { ...party, members: party.members.filter((one) => one !== member) }
      emit('left', member, reason)
    },
    'party.updated': (changes) => {
      if (!party) return
      party = { ...party, ...changes }
      emit('updated', party)
    },
    'party.invited': (invitation) => emit('invited', invitation),
    'party.declined': ({ player }) => emit('declined', player),
    'party.said': (said) => emit('said', said),
    'party.missed': (missed) => emit('missed', missed),
    'party.rematch_wanted': (wanted) => emit('rematch', wanted),
    'party.called': (call) => {
      const name = party?.members.find(({ player }) => player === players.me?.id)?.name
      emit('called', call)
      // Where that fails, the leader is told why we do not come.
      if (follows)
        rooms
          .join(call.room, name === undefined ? {} : { name })
          .then((room) => emit('followed', room))
          .catch(() => {})
    },
  }
  session.on('message', ({ type, data }) => {
    if (Object.hasOwn(pushes, type)) pushes[type as keyof Pushes]?.(data)
  })
  session.on('lost', () => leave('gone'))

  return {
    on,
    /** The party that we are in, if we are: another object whenever it changes. */
    get party() {
      return party
    },
    /** Whether we lead it. */
    get leads() {
      return party !== undefined && party.leader === players.me?.id
    },
    /** Whether a seat is taken by itself that is kept for us where the leader calls (true). */
    get follows() {
      return follows
    },
    set follows(does: boolean) {
      follows = does
    },

    /**
     * Makes a party that we lead; others join it by its code, unless it is not `open`. Rejects with
     * NO_PLAYER_FOUND where we have not identified, or ALREADY_IN_PARTY.
     */
    create: (
      making: EnterOptions & { readonly properties?: Own; readonly open?: boolean } = {},
    ): Promise<Party> => session.request('party.create', making, {}, entered),

    /** Joins a party. Rejects with PARTY_NOT_FOUND, PARTY_FULL, NOT_INVITED or ALREADY_IN_PARTY. */
    join: (code: string, entering: EnterOptions = {}): Promise<Party> =>
      session.request('party.join', { code, ...entering }, {}, entered),

    /** Invites a player who is here; resolves with how many of its sessions were told. */
    invite: (player: string): Promise<number> =>
      session.request('party.invite', { player }, {}, ({ reached }) => reached),
    decline: (code: string) => done('party.decline', { code }),
    leave: () => done('party.leave', {}),
    /** Takes a player out, as the leader: NOT_PARTY_LEADER otherwise; so do all that follow but `ready`. */
    kick: (player: string) => done('party.kick', { player }),
    promote: (player: string) => done('party.promote', { player }),
    ready: (ready = true) => done('party.ready', { ready }),
    /** Changes what we say of ourselves; null removes. */
    describe: (properties: Own) => done('party.describe', { properties }),
    /** Changes what we say of the party, as its leader. */
    update: (changes: { readonly properties?: Own; readonly open?: boolean }) =>
      done('party.update', changes),
    /** Says something to all, ourselves included; resolves with how many players are there. */
    say: (data: Json): Promise<number> =>
      session.request('party.message', { data }, {}, ({ reached }) => reached),
    /**
     * Calls all into the room in which we sit (`code` says which, where we are in several). Resolves
     * with who is called, who is absent, and who may not come. Rejects with ROOM_FULL, among others.
     */
    call: (code?: string) =>
      session.request('party.call', {}, code === undefined ? {} : { room: code }),
    /**
     * Wants the last match once more, for the whole party where we lead it; what comes of it is told
     * by `matchmaking`. Rejects with NOTHING_PLAYED or ALREADY_SEARCHING.
     */
    rematch: () => session.request('party.rematch', {}),
  }

  function done<
    T extends
      | 'party.decline'
      | 'party.leave'
      | 'party.kick'
      | 'party.promote'
      | 'party.ready'
      | 'party.describe'
      | 'party.update',
  >(type: T, data: DataOf<AllMessages[T]>): Promise<void> {
    return session.request(type, data, {}, () => undefined)
  }

  function entered(reply: { readonly party: Party }): Party {
    party = reply.party
    return reply.party
  }

  function enter(told: Party): void {
    party = told
    emit('entered', told)
  }

  function leave(reason: PartyLeaveReason | 'gone'): void {
    const was = party
    party = undefined
    if (was) emit('over', reason)
  }
}
