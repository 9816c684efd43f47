import type { channels as channelsTable } from '../../protocol/channels.ts'
import { DEFAULT_PAGE } from '../../protocol/page.ts'
import type { HandlersOf } from '../core/dispatch.ts'
import { push } from '../core/frame.ts'
import type { Limits } from '../core/limits.ts'
import { paged } from '../core/page.ts'
import { Refusal } from '../core/refusal.ts'
import type { Player, Session } from '../core/session.ts'
import type { PlayerObserver, SessionObserver } from '../core/sessions.ts'
import type { Channel, ChannelMessage, Store } from '../core/store.ts'
import type { World } from '../world.ts'

export interface ChannelsOptions {
  readonly world: World
  readonly limits: Limits
  readonly store: Store
  /** The sessions of a player. */
  readonly sessionsOf: (player: string) => ReadonlySet<Session>
}

export type Channels = ReturnType<typeof createChannels>

/** Channels: lasting topics. Nothing is told before it is stored. */
export function createChannels({ world, limits, store, sessionsOf }: ChannelsOptions) {
  /** The sessions here that listen to a channel: those of its members. */
  const listening = new Map<number, Set<Session>>()
  const bySession = new Map<Session, Set<number>>()

  const handlers: HandlersOf<(typeof channelsTable)['messages']> = {
    async 'channel.create'({ session }, { name, props = {} }) {
      const player = writer(session)
      return { channel: await create(name, player.id, props) }
    },
    async 'channel.join'({ session }, { channel: id }) {
      const player = reader(session)
      return { channel: await join(id, player) }
    },
    async 'channel.leave'({ session }, { channel: id }) {
      await leave(id, reader(session).id)
      return {}
    },
    async 'channel.list'({ session }, { mine = false, name, after = 0, limit }) {
      const { id } = reader(session)
      const most = pageOf(limit)
      const found = await store.run('channel.list', {
        after,
        limit: most + 1,
        ...(mine && { player: id }),
        ...(name !== undefined && { name }),
      })
      const { page, next } = paged(found, most, ({ id }) => id, session.receiveBytes)
      return { channels: page, next }
    },
    async 'channel.send'({ session }, { channel: id, message }) {
      const { offset } = await send(id, writer(session), message)
      return { offset }
    },
    async 'channel.history'({ session }, { channel: id, after = 0, limit }) {
      await member(id, reader(session).id)
      return history(id, after, pageOf(limit), session.receiveBytes)
    },
    async 'channel.members'({ session }, { channel: id, after = '', limit }) {
      await member(id, reader(session).id)
      return membersPage(id, after, pageOf(limit))
    },
    async 'channel.update'({ session }, { channel: id, ...changes }) {
      await owned(id, writer(session).id)
      return { channel: await update(id, changes) }
    },
    async 'channel.delete'({ session }, { channel: id }) {
      await owned(id, writer(session).id)
      await remove(id)
      return {}
    },
  }

  const observer: SessionObserver = {
    ended(session) {
      for (const id of bySession.get(session) ?? []) drop(session, id)
    },
  }

  /** A session that has become a player's listens to that player's channels. */
  const playerObserver: PlayerObserver = {
    async identified(session, player) {
      if (!session.may('read:channels')) return
      let after = 0
      for (;;) {
        const own = { after, limit: limits.page, player: player.id }
        const page = await store.run('channel.list', own)
        for (const { id } of page) listen(session, id)
        const last = page.at(-1)
        if (!last || page.length < limits.page) return
        after = last.id
      }
    },
  }

  return {
    handlers,
    observer,
    playerObserver,
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

  async function create(name: string, owner: string | null, props: Channel['props']) {
    checkSize(props, 'channel.create.props')
    const channel = await store.run('channel.create', { name, owner, props, at: world.date() })
    if (owner !== null) for (const session of sessionsOf(owner)) listen(session, channel.id)
    return channel
  }

  async function join(id: number, { id: player, name }: Pick<Player, 'id' | 'name'>) {
    const most = limits.channel_members
    const joined = await store.run('channel.join', { id, player, most, at: world.date() })
    if (joined === 'FULL') throw new Refusal('CHANNEL_FULL', `it has ${most} members`)
    if (!joined) throw noChannel(id)
    for (const session of sessionsOf(player)) listen(session, id)
    if (joined.isNew) tell(id, 'channel.joined', { channel: id, player, name })
    return joined.channel
  }

  async function leave(id: number, player: string): Promise<void> {
    const wasMember = await store.run('channel.leave', { id, player })
    if (wasMember === null) throw noChannel(id)
    if (wasMember) tell(id, 'channel.left', { channel: id, player })
    for (const session of sessionsOf(player)) drop(session, id)
  }

  async function send(
    id: number,
    { id: player, name }: Pick<Player, 'id' | 'name'>,
    message: ChannelMessage['message'],
  ): Promise<ChannelMessage> {
    const keep = limits.channel_messages
    const at = world.date()
    const offset = await store.run('channel.append', { id, player, name, message, keep, at })
    if (offset === 'NOT_MEMBER') throw new Refusal('NOT_IN_CHANNEL', undefined, NOT_IN_CHANNEL)
    if (offset === null) throw noChannel(id)
    const said = { channel: id, offset, player, name, message, at }
    tell(id, 'channel.message', said)
    return said
  }

  async function update(
    id: number,
    changes: { name?: string; owner?: string; props?: Channel['props'] },
  ): Promise<Channel> {
    checkSize(changes.props, 'channel.update.props')
    if (changes.owner !== undefined) await member(id, changes.owner)
    const channel = await store.run('channel.update', { id, ...changes, at: world.date() })
    if (!channel) throw noChannel(id)
    tell(id, 'channel.updated', { channel })
    return channel
  }

  async function remove(id: number): Promise<void> {
    if (!(await store.run('channel.delete', { id }))) throw noChannel(id)
    tell(id, 'channel.deleted', { channel: id })
    for (const session of listening.get(id) ?? []) drop(session, id)
  }

  async function find(id: number): Promise<Channel> {
    const channel = await store.run('channel.get', { id })
    if (!channel) throw noChannel(id)
    return channel
  }

  function pageOf(limit = DEFAULT_PAGE): number {
    return Math.min(limit, limits.page)
  }

  async function membersPage(id: number, after: string, most: number) {
    const found = await store.run('channel.members', { id, after, limit: most + 1 })
    const { page, next } = paged(found, most, (player) => player)
    return { players: page, next }
  }

  /** Messages after an offset, in a page of at most `bytes`. */
  async function history(id: number, after: number, most: number, bytes?: number) {
    const found = await store.run('channel.history', { id, after, limit: most + 1 })
    const { page, next } = paged(found, most, ({ offset }) => offset, bytes)
    return { messages: page, next }
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

  function checkSize(props: Channel['props'] | undefined, place: string): void {
    const bytes = props ? Buffer.byteLength(JSON.stringify(props)) : 0
    if (bytes > limits.data_bytes)
      throw new Refusal('TOO_LARGE', `${place}: ${bytes} bytes; at most ${limits.data_bytes}`)
  }
}

const NOBODY: ReadonlySet<Session> = new Set()

type Told =
  | 'channel.message'
  | 'channel.joined'
  | 'channel.left'
  | 'channel.updated'
  | 'channel.deleted'

/** Talo's words for it, which row S2.7 asks for. */
const NOT_IN_CHANNEL = { cause: 'Player not in channel' }

const noChannel = (id: number) => new Refusal('CHANNEL_NOT_FOUND', `no channel has the id ${id}`)

const reader = (session: Session): Player => {
  session.permit('read:channels')
  return session.identified()
}

const writer = (session: Session): Player => {
  session.permit('write:channels')
  return session.identified()
}
