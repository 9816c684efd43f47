import { BACKEND_SERVICE } from '../../protocol/backends.ts'
import type { AllMessages } from '../../protocol/index.ts'
import type { DataOf } from '../../protocol/message.ts'
import { cleanName } from '../../protocol/name.ts'
import type { players as playersTable } from '../../protocol/players.ts'
import { playerInfo } from '../core/delivery/receiver.ts'
import type { Context, HandlersOf } from '../core/dispatch/dispatch.ts'
import type { Guesses } from '../core/dispatch/guesses.ts'
import type { Arrival } from '../core/session/arrival.ts'
import type { Access, Player, Session } from '../core/session/session.ts'
import type { PlayerObserver, SessionObserver } from '../core/session/sessions.ts'
import { profilePage } from '../core/store/profile.ts'
import { newSecret, readSecret } from '../core/store/secrets.ts'
import {
  type Alias,
  aliasInfo,
  known,
  type Prop,
  type Store,
  type StoredPlayer,
} from '../core/store/store.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { jsonBytes } from '../core/wire/size.ts'
import type { World } from '../world.ts'

export interface PlayersOptions {
  readonly world: World
  readonly store: Store
  readonly guesses: Guesses
  /** Whether every session needs a ticket. */
  readonly requireTicket: boolean
  /** Whether a session is a service's, and so no player's. */
  readonly isBackend: (session: Session) => boolean
  /** A session does what this access fixes. */
  readonly grant: (session: Session, access: Access) => void
  /** Refuses a player who may not come. */
  readonly refuseBanned: (player: string) => Promise<void>
  /** Whose a token without an alias is to a backend; undefined where none answers. */
  readonly judge: (session: Session, token: string) => Promise<User | undefined>
  /** Changes name and props; with `fits`, refuses what the player’s client could not read. */
  readonly change: (
    id: string,
    name: string | undefined,
    props: readonly Prop[] | undefined,
    fits: number,
  ) => Promise<StoredPlayer>
  readonly rename: (stored: StoredPlayer, name: string) => Promise<StoredPlayer>
  readonly observers: readonly PlayerObserver[]
  /** How many sessions a player may have (0: any number). */
  readonly most: number
  /** Ends a session, as its player has identified in others. */
  readonly supersede: (session: Session) => void
}

/** Who a session is to a backend; without a user, a guest. */
interface User {
  readonly user?: string
  readonly name?: string
}

type Who = DataOf<AllMessages['player.identify']>

/** What is known of who identifies: the player, and how. */
interface Found {
  readonly stored: StoredPlayer
  readonly alias?: Alias
  readonly guestKey?: string
}

/** A player who is here, or about to be. */
interface Here {
  readonly player: Player
  readonly sessions: Set<Session>
  /** Whether anybody has been told. */
  isOnline: boolean
}

export type Players = ReturnType<typeof createPlayers>

/** Players: who is who, on however many devices. */
export function createPlayers(options: PlayersOptions) {
  const { world, store, guesses, requireTicket, grant } = options
  const { refuseBanned, judge, observers, isBackend, change, rename, most, supersede } = options
  const online = new Map<string, Here>()
  const arrivals = new Set<Arrival>()

  const handlers: HandlersOf<(typeof playersTable)['messages']> = {
    async 'player.identify'(context, who) {
      const { session } = context
      refuseBackend(session)
      if (who.ticket !== undefined) await admit(session, who.ticket)
      if (requireTicket && !session.access) throw new Refusal('TICKET_REQUIRED')
      session.permit('read:players')
      const found = await find(context, who)
      const { alias, guestKey } = found
      const enter = await arrive(context, session, found, who.name)
      return () => ({
        player: playerInfo(enter()),
        ...(alias && { alias: aliasInfo(alias) }),
        ...(guestKey !== undefined && { guest_key: guestKey }),
        ...(session.access && { scopes: session.access.scopes }),
      })
    },
    async 'player.get'({ session }, { after = '' }) {
      const { id } = session.identified()
      session.permit('read:players')
      guesses.requireStorage(session.address)
      const stored = known(await store.run('player.get', { id }))
      return () => profilePage(stored, after, session.receiveBytes, read(session))
    },
    async 'player.update'({ session }, { name, props }) {
      const { id } = session.identified()
      session.permit('write:players')
      guesses.requireStorage(session.address)
      if (props) guesses.useStorage(session.address, jsonBytes(props))
      const stored = await change(id, name, props, session.receiveBytes)
      return () => profilePage(stored, '', session.receiveBytes, read(session))
    },
  }

  /** Charges for what is read of a profile. */
  const read = (session: Session) => (bytes: number) => guesses.useStorage(session.address, bytes)

  const observer: SessionObserver = {
    ended: forget,
  }

  return {
    handlers,
    observer,
    /** Of all players who are here, or about to be. */
    ids: (): Iterable<string> => online.keys(),
    /** The sessions of a player, those away included. */
    sessionsOf: (player: string): ReadonlySet<Session> => online.get(player)?.sessions ?? NONE,
    /** The sessions that will be players' in a moment: all, or a player's. */
    arriving: (player?: string): readonly Arrival[] =>
      [...arrivals].filter((one) => player === undefined || one.player.id === player),
    /** What makes the session that user of a backend's, who becomes a player if it is new. */
    async become(context: Context, session: Session, user: string, name: string | undefined) {
      return arrive(context, session, await ofUser(session, user, name))
    },
    /** Takes a ticket for a session: it fixes what the session may do. */
    admit,
    /** A player is called something else. */
    renamed(id: string, name: string): void {
      const found = online.get(id)
      if (found) found.player.name = name
    },
    /** A guest has become a player with an alias. */
    upgraded(id: string): void {
      const found = online.get(id)
      if (found) found.player.guest = false
    },
  }

  async function admit(session: Session, ticket: string): Promise<void> {
    if (session.access) throw new Refusal('ALREADY_IDENTIFIED', 'this session has had a ticket')
    const secret = readSecret(ticket)
    const taken = await guesses.lookSecret(session.address, () =>
      store.run('ticket.take', { ...secret, at: world.date() }),
    )
    if (!taken) throw new Refusal('INVALID_TICKET')
    if (session.ended) throw new Refusal('TARGET_LEFT', 'the session is over')
    if (session.access) throw new Refusal('ALREADY_IDENTIFIED', 'this session has had a ticket')
    grant(session, taken)
  }

  /** Who says so: the alias with a token, the guest with a key, or somebody new. */
  async function find({ session }: Context, who: Who): Promise<Found> {
    const at = world.date()
    if (who.alias !== undefined) return byToken(session, who.alias, who.token ?? '')
    if (who.token !== undefined) return judged(session, who.token)
    if (who.guest_key !== undefined) {
      const secret = readSecret(who.guest_key)
      const stored = await guesses.lookSecret(session.address, () =>
        store.run('guest.recall', { ...secret, at }),
      )
      if (!stored) throw new Refusal('INVALID_GUEST_KEY')
      return { stored }
    }
    return newcomer(session)
  }

  async function byToken(session: Session, id: number, token: string): Promise<Found> {
    const { hash } = readSecret(token)
    const alias = await guesses.lookSecret(session.address, () =>
      store.run('token.check', { alias: id, hash, at: world.date() }),
    )
    if (!alias) throw new Refusal('INVALID_SOCKET_TOKEN')
    return ofAlias(alias)
  }

  /** A token alone: who a backend says it is; where none answers, an alias and its token in one. */
  async function judged(session: Session, token: string): Promise<Found> {
    const said = await judge(session, token)
    if (said?.user !== undefined) return ofUser(session, said.user, said.name)
    if (said) return newcomer(session)
    const [, id, secret = ''] = /^(\d{1,10}):(.+)$/.exec(token) ?? []
    if (id === undefined) throw new Refusal('INVALID_SOCKET_TOKEN')
    return byToken(session, Number(id), secret)
  }

  /** A backend is trusted as a key that may write players is: whom it names is made. */
  async function ofUser(session: Session, user: string, asked = ''): Promise<Found> {
    const at = world.date()
    const name = cleanName(asked) || `Player ${1 + world.random.below(9999)}`
    const create = { player: world.random.text(12), name, dev: session.access?.dev ?? false }
    const named = { service: BACKEND_SERVICE, identifier: user, at, create }
    const alias = await store.run('alias.find', named)
    if (!alias) throw new Error('expected an alias, as one was to be made')
    return ofAlias(alias)
  }

  async function ofAlias(alias: Alias): Promise<Found> {
    return { alias, stored: known(await store.run('player.get', { id: alias.player })) }
  }

  async function newcomer(session: Session): Promise<Found> {
    if (session.player) throw new Refusal('ALREADY_IDENTIFIED')
    const at = world.date()
    guesses.newGuest(session.address)
    const { text, kept } = newSecret(world.random)
    const player = world.random.text(12)
    const name = `Guest ${1 + world.random.below(9999)}`
    const dev = session.access?.dev ?? false
    const stored = await store.run('guest.create', { ...kept, player, name, dev, at })
    return { stored, guestKey: text }
  }

  /** What makes the session that player's, once it is known that it may be, and what it will hear. */
  async function arrive(
    context: Context,
    session: Session,
    { stored, alias }: Found,
    name?: string,
  ): Promise<() => Player> {
    const here = coming(session, stored)
    // From here on a ban finds it.
    const arrival: Arrival = {
      ...{ session, player: here.player },
      ...{ channels: new Map(), bonds: new Map() },
    }
    arrivals.add(arrival)
    context.atEnd(() => {
      arrivals.delete(arrival)
      tidy(here)
    })
    await refuseBanned(stored.id)
    if (name !== undefined) await rename(stored, name)
    const hears: (() => void)[] = []
    for (const observer of observers) {
      const hear = await observer.arriving?.(arrival)
      if (hear) hears.push(hear)
    }
    return () => {
      const present = coming(session, stored)
      const { player, sessions, isOnline } = present
      sessions.add(session)
      session.player = player
      for (const hear of hears) hear()
      present.isOnline = true
      if (!isOnline) tell((observer) => observer.online?.(player))
      tell((observer) => observer.identified?.(session, player, alias))
      world.log.info({ session: session.id, player: player.id }, 'player identified')
      for (const oldest of [...sessions].slice(0, most > 0 ? -most : 0)) supersede(oldest)
      return player
    }
  }

  /** All sessions of one player share one object, which is there as soon as one is about to come. */
  function coming(session: Session, { id, name, guest }: StoredPlayer): Here {
    if (session.ended) throw new Refusal('TARGET_LEFT', 'the session is over')
    if (session.player && session.player.id !== id) throw new Refusal('ALREADY_IDENTIFIED')
    refuseBackend(session)
    const here = online.get(id) ?? {
      ...{ player: { id, name, guest }, sessions: new Set<Session>(), isOnline: false },
    }
    online.set(id, here)
    return here
  }

  function refuseBackend(session: Session): void {
    if (isBackend(session)) throw new Refusal('ALREADY_IDENTIFIED', 'this session is a backend’s')
  }

  /** Its player is no longer here by it; a session that is over is still known by its player. */
  function forget(session: Session): void {
    const here = online.get(session.player?.id ?? '')
    if (!here?.sessions.delete(session) || here.sessions.size > 0) return
    if (here.isOnline) tell((observer) => observer.offline?.(here.player))
    here.isOnline = false
    tidy(here)
  }

  function tidy({ player, sessions }: Here): void {
    if (sessions.size > 0) return
    for (const one of arrivals) if (one.player === player) return
    online.delete(player.id)
  }

  /** Tells who wants to know; what one of them throws harms nobody. */
  function tell(hear: (observer: PlayerObserver) => void): void {
    for (const observer of observers) {
      try {
        hear(observer)
      } catch (error) {
        world.log.error({ err: error }, 'player observer failed')
      }
    }
  }
}

const NONE: ReadonlySet<Session> = new Set()
