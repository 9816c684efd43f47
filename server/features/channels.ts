import type { channels as channelsTable } from '../../protocol/channels.ts'
import type { HandlersOf } from '../core/dispatch.ts'
import { push } from '../core/frame.ts'
import type { Limits } from '../core/limits.ts'
import { Refusal } from '../core/refusal.ts'
import type { Player, Session } from '../core/session.ts'
import type { SessionObserver } from '../core/sessions.ts'
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
    async 'channel.list'({ session }, { mine = false, name, after = 0, limit = 50 }) {
      const { id } = reader(session)
      const page = Math.min(limit, limits.page)
      const found = await store.run('channel.list', {
        after,
        limit: page + 1,
        ...(mine && { player: id }),
        ...(name !== undefined && { name }),
      })
      const channels = fitting(found.slice(0, page), session)
      const last = channels.at(-1)
      return { channels, next: last && channels.length < found.length ? last.id : null }
    },
    async 'channel.send'({ session }, { channel: id, message }) {
      const { offset } = await send(id, writer(session), message)
      return { offset }
    },
    async 'channel.history'({ session }, { channel: id, after = 0, limit = 50 }) {
      await member(id, reader(session).id)
      const page = Math.min(limit, limits.page)
      const found = await store.run('channel.history', { id, after, limit: page + 1 })
      const messages = fitting(found.slice(0, page), session)
      const last = messages.at(-1)
      return { messages, next: last && messages.length < found.length ? last.offset : null }
    },
    async 'channel.members'({ session }, { channel: id, after = '', limit = 50 }) {
      await member(id, reader(session).id)
      return membersPage(id, after, limit)
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

  return {
    handlers,
    observer,
    create,
    join,
    leave,
    send,
    update,
    remove,
    get: find,
    membersPage,

    /** A session has become a player's: it listens to that player's channels. */
    async identified(session: Session, player: Player): Promise<void> {
      if (!session.may('read:channels')) return
      let after = 0
      for (;;) {
        const page = await store.run('channel.list', {
          after,
          limit: limits.page,
          player: player.id,
        })
        for (const { id } of page) listen(session, id)
        const last = page.at(-1)
        if (!last || page.length < limits.page) return
        after = last.id
      }
    },
  }

  async function create(name: string, owner: string | null, props: Channel['props']) {
    checkSize(props, 'channel.create.props')
    const channel = await store.run('channel.create', { name, owner, props, at: world.date() })
    if (owner !== null) for (const session of sessionsOf(owner)) listen(session, channel.id)
    return channel
  }

  async function join(id: number, { id: player, name }: Pick<Player, 'id' | 'name'>) {
    const before = await store.run('channel.is_member', { id, player })
    const most = limits.channel_members
    const channel = await store.run('channel.join', { id, player, most, at: world.date() })
    if (channel === 'FULL') throw new Refusal('CHANNEL_FULL', `it has ${most} members`)
    if (!channel) throw noChannel(id)
    for (const session of sessionsOf(player)) listen(session, id)
    if (!before) tell(id, 'channel.joined', { channel: id, player, name })
    return channel
  }

  async function leave(id: number, player: string): Promise<void> {
    const before = await store.run('channel.is_member', { id, player })
    if (!(await store.run('channel.leave', { id, player }))) throw noChannel(id)
    if (before) tell(id, 'channel.left', { channel: id, player })
    for (const session of sessionsOf(player)) drop(session, id)
  }

  async function send(
    id: number,
    { id: player, name }: Pick<Player, 'id' | 'name'>,
    message: ChannelMessage['message'],
  ): Promise<ChannelMessage> {
    const keep = limits.channel_messages
    const at = world.date()
    const said = await store.run('channel.append', { id, player, name, message, keep, at })
    if (said === 'NOT_MEMBER') throw new Refusal('NOT_IN_CHANNEL', undefined, NOT_IN_CHANNEL)
    if (!said) throw noChannel(id)
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

  async function membersPage(id: number, after: string, limit: number) {
    const page = Math.min(limit, limits.page)
    const found = await store.run('channel.members', { id, after, limit: page + 1 })
    const players = found.slice(0, page)
    return { players, next: found.length > page ? (players.at(-1) ?? null) : null }
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

/** As many as fit the client that asks; at least one, so that a page always goes on. */
function fitting<T>(items: readonly T[], { receiveBytes }: Session): readonly T[] {
  let bytes = receiveBytes - OVERHEAD
  const end = items.findIndex((item, index) => {
    bytes -= Buffer.byteLength(JSON.stringify(item)) + 1
    return bytes < 0 && index > 0
  })
  return end < 0 ? items : items.slice(0, end)
}

const OVERHEAD = 200
