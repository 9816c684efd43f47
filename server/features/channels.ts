import type { channels as channelsTable } from '../../protocol/channels.ts'
import type { RateClass } from '../../protocol/limits.ts'
import { DEFAULT_PAGE } from '../../protocol/page.ts'
import { isBlocked } from '../core/delivery/receiver.ts'
import { Committed, type HandlersOf } from '../core/dispatch/dispatch.ts'
import type { Arrival } from '../core/session/arrival.ts'
import type { Player, Session } from '../core/session/session.ts'
import type { PlayerObserver, SessionObserver } from '../core/session/sessions.ts'
import { channelBytes, messageBytes } from '../core/store/channel.ts'
import type { Channel, ChannelMessage, MostChannels, Store } from '../core/store/store.ts'
import { push } from '../core/wire/frame.ts'
import type { Limits } from '../core/wire/limits.ts'
import { paged, told } from '../core/wire/page.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { checkBytes } from '../core/wire/size.ts'
import type { World } from '../world.ts'

export interface ChannelsOptions {
  readonly world: World
  readonly limits: Limits
  readonly store: Store
  /** Charges an address. */
  readonly charge: (address: string, rate: RateClass) => void
  /** What an address has of the storage. */
  readonly requireStorage: (address: string) => void
  readonly useStorage: (address: string, bytes: number) => void
  /** The sessions of a player. */
  readonly sessionsOf: (player: string) => ReadonlySet<Session>
  /** The sessions that will be players' in a moment: all, or a player's. */
  readonly arriving: (player?: string) => Iterable<Arrival>
}

type Named = Pick<Player, 'id' | 'name'>

/** What a player may not go past, by its own doing. */
interface Bounds {
  readonly fits?: number
  readonly most_joined?: number
}

export type Channels = ReturnType<typeof createChannels>

/** Channels: lasting topics. Nothing is told before it is stored. */
export function createChannels(options: ChannelsOptions) {
  const { world, limits, store, charge, sessionsOf, arriving } = options
  const { requireStorage, useStorage } = options
  /** The sessions here that listen to a channel: those of its members. */
  const listening = new Map<number, Set<Session>>()
  const bySession = new Map<Session, Set<number>>()

  const handlers: HandlersOf<(typeof channelsTable)['messages']> = {
    'channel.create'({ session }, { name, props = {} }) {
      const { id: owner } = writer(session)
      if (channelBytes({ name, owner, props }) > session.receiveBytes) throw unfit()
      charge(session.address, 'channel_create')
      return create(name, owner, props, {
        joined: limits.channels,
        owned: limits.channels_owned,
      })
    },
    'channel.join': ({ session }, { channel }) =>
      join(channel, reader(session), {
        fits: session.receiveBytes,
        most_joined: limits.channels,
      }),
    'channel.leave': ({ session }, { channel }) => leave(channel, reader(session).id),
    async 'channel.list'({ session }, { mine = false, name, after = 0, limit }) {
      const { id } = reader(session)
      const most = pageOf(limit)
      const found = await store.run('channel.list', {
        after,
        limit: most + 1,
        ...(mine && { player: id }),
        ...(name !== undefined && { name }),
      })
      return () => {
        const page = paged(found, most, ({ id }) => id, session.receiveBytes)
        return { channels: page.page, ...told(page), next: page.next }
      }
    },
    'channel.send'({ session }, { channel, message }) {
      const player = writer(session)
      requireStorage(session.address)
      const bytes = messageBytes({ channel, player: player.id, name: player.name, message })
      if (bytes > session.receiveBytes)
        throw new Refusal('TOO_LARGE', notRead('channel.send.message', bytes, session))
      useStorage(session.address, bytes)
      return send(channel, player, message)
    },
    async 'channel.history'({ session }, { channel: id, after = 0, limit }) {
      const { id: player } = reader(session)
      requireStorage(session.address)
      await member(id, player)
      const read = (bytes: number) => useStorage(session.address, bytes)
      const page = await history(id, after, pageOf(limit), {
        ...{ bytes: session.receiveBytes, read },
        seen: (one) => seenBy(session, one),
      })
      return () => page
    },
    async 'channel.members'({ session }, { channel: id, after = '', limit }) {
      await member(id, reader(session).id)
      const page = await membersPage(id, after, pageOf(limit), session.receiveBytes)
      return () => page
    },
    'channel.update': ({ session }, { channel, ...changes }) =>
      update(channel, changes, { owner: writer(session).id, fits: session.receiveBytes }),
    'channel.delete': ({ session }, { channel }) => remove(channel, writer(session).id),
  }

  const observer: SessionObserver = {
    ended(session) {
      for (const id of bySession.get(session) ?? []) drop(session, id)
    },
  }

  const players: PlayerObserver = {
    /** Looks up the channels of a player, to which the session that arrives will listen. */
    async arriving({ session, player, channels }) {
      if (!session.may('read:channels')) return () => {}
      const found = await channelsOf(player.id)
      return () => {
        for (const id of found) if (channels.get(id) !== false) listen(session, id)
        for (const [id, isMember] of channels) if (isMember) listen(session, id)
      }
    },
  }

  return {
    handlers,
    observer,
    players,
    create,
    join,
    leave,
    send,
    update,
    remove,
    get: find,
    /** Refuses who is no member. */
    member,
    /** The sessions here of its members. */
    listenersOf: (id: number): ReadonlySet<Session> => listening.get(id) ?? NOBODY,
    membersPage,
    history,
  }

  // What is committed is told, and answered, in the order of its committing: so each of these ends
  // with the store's answer, and nothing is awaited between that and what it returns.

  async function create(
    name: string,
    owner: string | null,
    props: Channel['props'],
    most?: MostChannels,
  ) {
    checkBytes('channel.create.props', props, limits.data_bytes)
    const channel = await store.run('channel.create', {
      ...{ name, owner, props, at: world.date() },
      ...(most && { most }),
    })
    if (channel === 'TOO_MANY') throw tooMany()
    return new Committed(() => {
      if (owner !== null) follow(channel.id, owner)
      return { channel }
    })
  }

  async function join(id: number, { id: player, name }: Named, own: Bounds = {}) {
    const most = limits.channel_members
    const asked = { id, player, most, at: world.date(), ...own }
    const joined = await store.run('channel.join', asked)
    if (joined === 'FULL') throw new Refusal('CHANNEL_FULL', `it has ${most} members`)
    if (joined === 'UNFIT') throw unfit(id)
    if (joined === 'TOO_MANY') throw tooMany()
    if (!joined) throw noChannel(id)
    return new Committed(() => {
      follow(id, player)
      if (joined.isNew) tell(id, 'channel.joined', { channel: id, player, name })
      return { channel: joined.channel }
    })
  }

  async function leave(id: number, player: string) {
    const wasMember = await store.run('channel.leave', { id, player })
    if (wasMember === null) throw noChannel(id)
    return new Committed(() => {
      if (wasMember) tell(id, 'channel.left', { channel: id, player })
      for (const session of sessionsOf(player)) drop(session, id)
      for (const { channels } of arriving(player)) channels.set(id, false)
      return {}
    })
  }

  async function send(id: number, { id: player, name }: Named, message: ChannelMessage['message']) {
    const kept = { keep: limits.channel_messages, keep_bytes: limits.channel_bytes }
    const at = world.date()
    const offset = await store.run('channel.append', { id, player, name, message, ...kept, at })
    if (offset === 'NOT_MEMBER') throw new Refusal('NOT_IN_CHANNEL', undefined, NOT_IN_CHANNEL)
    if (offset === null) throw noChannel(id)
    return new Committed(() => {
      tellMessage({ channel: id, offset, player, name, message, at })
      return { offset }
    })
  }

  async function update(
    id: number,
    changes: { name?: string; owner?: string; props?: Channel['props'] },
    asker?: { readonly owner: string; readonly fits: number },
  ) {
    if (asker) await owned(id, asker.owner)
    checkBytes('channel.update.props', changes.props, limits.data_bytes)
    if (changes.owner !== undefined) await member(id, changes.owner)
    const asked = {
      id,
      ...changes,
      at: world.date(),
      ...(asker && { fits: asker.fits, most_owned: limits.channels_owned }),
    }
    const channel = await store.run('channel.update', asked)
    if (channel === 'UNFIT') throw unfit(id)
    if (channel === 'TOO_MANY') throw tooMany()
    if (!channel) throw noChannel(id)
    return new Committed(() => {
      tell(id, 'channel.updated', { channel, changed: namesOf(changes) })
      return { channel }
    })
  }

  async function remove(id: number, owner?: string) {
    if (owner !== undefined) await owned(id, owner)
    if (!(await store.run('channel.delete', { id }))) throw noChannel(id)
    return new Committed(() => {
      tell(id, 'channel.deleted', { channel: id })
      for (const session of listening.get(id) ?? []) drop(session, id)
      for (const { channels } of arriving()) channels.set(id, false)
      return {}
    })
  }

  async function channelsOf(player: string): Promise<number[]> {
    const found: number[] = []
    let after = 0
    for (;;) {
      const page = await store.run('channel.list', { after, limit: limits.page, player })
      found.push(...page.map(({ id }) => id))
      const last = page.at(-1)
      if (!last || page.length < limits.page) return found
      after = last.id
    }
  }

  async function find(id: number): Promise<Channel> {
    const channel = await store.run('channel.get', { id })
    if (!channel) throw noChannel(id)
    return channel
  }

  function pageOf(limit = DEFAULT_PAGE): number {
    return Math.min(limit, limits.page)
  }

  async function membersPage(id: number, after: string, most: number, bytes?: number) {
    const found = await store.run('channel.members', { id, after, limit: most + 1 })
    const { page, next } = paged(found, most, (player) => player, bytes)
    return { players: page, next }
  }

  /** Messages after an offset, in a page of at most `bytes`. */
  async function history(
    id: number,
    after: number,
    most: number,
    { bytes, read = () => {}, seen = (one) => one }: Reading = {},
  ) {
    const asked = { id, after, limit: most + 1, ...(bytes !== undefined && { bytes }) }
    const found = await store.run('channel.history', asked)
    const page = paged(found.map(seen), most, ({ offset }) => offset, bytes)
    read(page.bytes)
    // The store stops at what is too large by itself: more may follow.
    const last = found.at(-1)?.offset ?? null
    const next = page.next ?? (page.tooLarge.at(-1) === last ? last : null)
    return { messages: page.page, ...told(page), next }
  }

  async function owned(id: number, player: string): Promise<void> {
    if ((await find(id)).owner !== player) throw new Refusal('NOT_CHANNEL_OWNER')
  }

  async function member(id: number, player: string): Promise<void> {
    if (await store.run('channel.is_member', { id, player })) return
    await find(id)
    throw new Refusal('NOT_IN_CHANNEL', undefined, NOT_IN_CHANNEL)
  }

  /** Tells every session here that listens; encoded once. */
  function tell<T extends Told>(id: number, type: T, data: Parameters<typeof push<T>>[1]): void {
    const sessions = listening.get(id)
    if (!sessions) return
    const message = push(type, data)
    for (const session of sessions) session.send(message)
  }

  /** The same of a message, marked for those who block its player. */
  function tellMessage(said: ChannelMessage): void {
    const message = push('channel.message', said)
    let marked: typeof message | undefined
    for (const session of listening.get(said.channel) ?? []) {
      const isMarked = isBlocked(session.player, { id: said.player })
      if (isMarked) marked ??= push('channel.message', { ...said, blocked: true })
      session.send(isMarked && marked ? marked : message)
    }
  }

  /** The player is a member: its sessions listen, and those about to be. */
  function follow(id: number, player: string): void {
    for (const session of sessionsOf(player)) listen(session, id)
    for (const { channels } of arriving(player)) channels.set(id, true)
  }

  function listen(session: Session, id: number): void {
    if (session.ended || !session.may('read:channels')) return
    listening.set(id, (listening.get(id) ?? new Set()).add(session))
    bySession.set(session, (bySession.get(session) ?? new Set()).add(id))
  }

  function drop(session: Session, id: number): void {
    const sessions = listening.get(id)
    if (sessions?.delete(session) && sessions.size === 0) listening.delete(id)
    const own = bySession.get(session)
    if (own?.delete(id) && own.size === 0) bySession.delete(session)
  }
}

const NOBODY: ReadonlySet<Session> = new Set()

/** Who reads a page of a channel: how much it takes, what it costs, and how it sees a message. */
interface Reading {
  readonly bytes?: number
  readonly read?: (bytes: number) => void
  readonly seen?: (said: ChannelMessage) => ChannelMessage
}

/** A message, marked where its player is blocked by who reads it. */
const seenBy = ({ player }: Session, said: ChannelMessage) =>
  isBlocked(player, { id: said.player }) ? { ...said, blocked: true } : said

const unfit = (id?: number) => {
  const which = id === undefined ? 'the channel' : `channel ${id}`
  return new Refusal('TOO_LARGE', `${which}: more than fits the receive_bytes of this client`)
}

const notRead = (place: string, bytes: number, { receiveBytes }: Session) =>
  `${place}: to be read again takes ${bytes} bytes, which do not fit receive_bytes ${receiveBytes}`

const tooMany = () => new Refusal('TOO_MANY_CHANNELS')

type Told =
  | 'channel.message'
  | 'channel.joined'
  | 'channel.left'
  | 'channel.updated'
  | 'channel.deleted'

/** Talo's words for it, which row S2.7 asks for. */
const NOT_IN_CHANNEL = { cause: 'Player not in channel' }

const namesOf = (changes: object) =>
  (['name', 'props', 'owner'] as const).filter((name) => Object.hasOwn(changes, name))

const noChannel = (id: number) => new Refusal('CHANNEL_NOT_FOUND', `no channel has the id ${id}`)

const reader = (session: Session): Player => {
  session.permit('read:channels')
  return session.identified()
}

const writer = (session: Session): Player => {
  session.permit('write:channels')
  return session.identified()
}
