import type { AllMessages } from '../protocol/index.ts'
import { LIMITS } from '../protocol/limits.ts'
import type { DataOf, ReplyOf } from '../protocol/message.ts'
import type { Json } from '../protocol/schema.ts'
import { createEmitter, type Report } from './emitter.ts'
import { NetworkError } from './failure.ts'
import type { Session } from './session.ts'

export type Channel = ReplyOf<AllMessages['channel.join']>['channel']
/** `offset` counts the channel's messages, from 1; `at` is in ms since 1970. */
export type ChannelMessage = DataOf<AllMessages['channel.message']>
/** Another name, other props, or another owner, who is a member. */
export type ChannelChanges = Omit<DataOf<AllMessages['channel.update']>, 'channel'>

type HistoryPage = Omit<DataOf<AllMessages['channel.history']>, 'channel'>
type MembersPage = Omit<DataOf<AllMessages['channel.members']>, 'channel'>

export type ChannelsEvents = {
  /** Something was said, by ourselves or another; in each channel in order, and once. */
  message: [message: ChannelMessage]
  /** In place of a message that is more than this client takes (TOO_LARGE): it is passed over. */
  skipped: [channel: number, offset: number]
  /** A player became a member: a new one, or ourselves. */
  joined: [joined: DataOf<AllMessages['channel.joined']>]
  /** A player is a member no longer. */
  left: [left: DataOf<AllMessages['channel.left']>]
  /** Its name, props or owner are others. */
  updated: [channel: Channel]
  /** The channel of this id is gone, and what was said in it. */
  deleted: [channel: number]
}

/** What was missed of a channel, being asked for. */
interface Fetch {
  /** The latest offset heard meanwhile: there is something to ask for up to there. */
  latest: number
  readonly done: Promise<number>
}

type Pushes = {
  readonly [K in keyof AllMessages]?: (data: DataOf<AllMessages[K]>) => void
}

export type Channels = ReturnType<typeof createChannels>

/**
 * Lasting topics with members and history. Membership is the player's, on all its devices, for as
 * long as it does not leave: whoever has identified hears the channels it is a member of.
 *
 * Where messages are missing, since the session was reset, or lost and we have identified again,
 * the next one shows it: they are asked for, and told before it. `catchUp` asks at once. What else
 * changed meanwhile is in `list` and `members`.
 */
export function createChannels(session: Session, report: Report) {
  const { on, emit } = createEmitter<ChannelsEvents>(report)
  /** The offset of the last message told, by channel. */
  const told = new Map<number, number>()
  const fetches = new Map<number, Fetch>()

  const pushes: Pushes = {
    'channel.message': hear,
    'channel.joined': (joined) => emit('joined', joined),
    'channel.left': (left) => emit('left', left),
    'channel.updated': ({ channel }) => emit('updated', channel),
    'channel.deleted'({ channel }) {
      told.delete(channel)
      emit('deleted', channel)
    },
  }
  session.on('message', ({ type, data }) => {
    if (Object.hasOwn(pushes, type)) pushes[type as keyof Pushes]?.(data)
  })

  return {
    on,

    /**
     * Makes a channel that is ours, and makes us its first member; others find it by `list`. Rejects
     * with TOO_MANY_CHANNELS where we are in as many as we may be, or own as many.
     */
    create: (name: string, props: Channel['props'] = {}): Promise<Channel> =>
      session.request('channel.create', { name, props }, {}, entered),

    /**
     * Makes us a member, by the channel's id. Rejects with CHANNEL_NOT_FOUND, CHANNEL_FULL or
     * TOO_MANY_CHANNELS.
     */
    join: (channel: number): Promise<Channel> =>
      session.request('channel.join', { channel }, {}, entered),

    /** Ends our membership; an owner stays owner. */
    leave: (channel: number): Promise<void> =>
      session.request('channel.leave', { channel }, {}, () => void told.delete(channel)),

    /** Channels, all or `mine`, a page at a time: `next`, unless null, is the next one's `after`. */
    list: (filter: DataOf<AllMessages['channel.list']> = {}) =>
      session.request('channel.list', filter),

    /**
     * Says something to all members, ourselves included; resolves with its offset once it is
     * stored. Rejects with NOT_IN_CHANNEL, TOO_LARGE, RATE_LIMITED and others of `channel.send`.
     */
    send: (channel: number, message: Json): Promise<number> =>
      session.request('channel.send', { channel, message }, {}, ({ offset }) => offset),

    /** What was said after an offset, the oldest first, a page at a time; as `list`. */
    history: (channel: number, page: HistoryPage = {}) =>
      session.request('channel.history', { channel, ...page }),

    /** The ids of the members, a page at a time; as `list`. */
    members: (channel: number, page: MembersPage = {}) =>
      session.request('channel.members', { channel, ...page }),

    /** Changes a channel that is ours; any other rejects with NOT_CHANNEL_OWNER. */
    update: (channel: number, changes: ChannelChanges): Promise<Channel> =>
      session.request('channel.update', { channel, ...changes }, {}, (reply) => reply.channel),

    /** Ends a channel that is ours, for all its members. */
    delete: (channel: number): Promise<void> =>
      session.request('channel.delete', { channel }, {}, () => void told.delete(channel)),

    /**
     * Tells as `message`, in order, what was said since the last message told here, or after a
     * given offset, such as one kept from an earlier visit; where neither is known, all that is
     * kept. Resolves with how many. Rejects with the codes of `channel.history`; what was not told
     * by then is still to come, with the next `catchUp` or the next message.
     */
    catchUp(channel: number, after?: number): Promise<number> {
      if (after !== undefined) told.set(channel, after)
      return session.watched(() => (fetches.get(channel) ?? fetchMissed(channel)).done)
    },
  }

  function entered({ channel }: { readonly channel: Channel }): Channel {
    if (!told.has(channel.id)) told.set(channel.id, channel.offset)
    return channel
  }

  /**
   * Tells what comes next in its channel; what shows a gap waits until that is filled. Offsets only
   * fall where a server has forgotten everything: what it says is told as well.
   */
  function hear(message: ChannelMessage): void {
    const { channel, offset } = message
    const last = told.get(channel) ?? offset - 1
    const fetch = fetches.get(channel)
    if (fetch) fetch.latest = offset
    else if (offset > last + 1) fetchMissed(channel, offset).done.catch(warn)
    else tell(message)
  }

  function tell(message: ChannelMessage): void {
    told.set(message.channel, message.offset)
    emit('message', message)
  }

  function skip(channel: number, offset: number): void {
    told.set(channel, offset)
    emit('skipped', channel, offset)
  }

  function fetchMissed(channel: number, latest = 0): Fetch {
    let isDone = false
    let count = 0
    const take = ({ messages, too_large = [], next }: ReplyOf<AllMessages['channel.history']>) => {
      const before = told.get(channel) ?? 0
      let skipped = 0
      for (const message of messages) {
        for (; (too_large[skipped] ?? message.offset) < message.offset; skipped++)
          skip(channel, too_large[skipped] ?? 0)
        tell(message)
      }
      for (const offset of too_large.slice(skipped)) skip(channel, offset)
      if (next !== null) told.set(channel, next)
      count += messages.length
      const last = told.get(channel) ?? 0
      isDone = next === null && (last === before || last >= fetch.latest)
      if (isDone) fetches.delete(channel)
    }
    const run = async () => {
      try {
        while (!isDone) {
          const page = { channel, after: told.get(channel) ?? 0, limit: LIMITS.page.value }
          await session.request('channel.history', page, {}, take).catch(askAgain)
        }
        return count
      } finally {
        if (!isDone) fetches.delete(channel)
      }
    }
    const fetch: Fetch = { latest, done: run() }
    fetches.set(channel, fetch)
    return fetch
  }

  function warn(error: NetworkError): void {
    session.warn(`channel.history: what was missed could not be fetched: ${error.message}`)
  }
}

/** A reset in between leaves no doubt that matters: whoever only reads may ask again. */
function askAgain(error: unknown): void {
  if (!(error instanceof NetworkError) || error.code !== 'OUTCOME_UNKNOWN') throw error
}
