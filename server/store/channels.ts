import { channelBytes } from '../core/store/channel.ts'
import type { Channel, MostChannels, Operations } from '../core/store/store.ts'
import type { Row, Sql } from './database.ts'

type ChannelOperations = Omit<
  Pick<Operations, Extract<keyof Operations, `channel.${string}`>>,
  'channel.append' | 'channel.history'
>

export function channelOperations(sql: Sql): ChannelOperations {
  return {
    'channel.create'({ name, owner, props, at, most }) {
      if (owner !== null && most && isTooMany(owner, most)) return 'TOO_MANY'
      const row = sql.get(
        'insert into channels (name, owner, props, created_at, updated_at) values (?, ?, ?, ?, ?) returning id',
        ...[name, owner, JSON.stringify(props), at, at],
      )
      const id = Number(row?.id)
      if (owner !== null) seat(id, owner, at)
      return get(id) as Channel
    },
    'channel.get': ({ id }) => get(id),
    'channel.list': ({ after, limit, player, name, skip = 0 }) =>
      sql
        .all(
          `${CHANNEL} where id > ?1 and (?2 is null or name = ?2) and (?3 is null or
           exists (select 1 from channel_members m where m.channel = channels.id and m.player = ?3))
           order by id limit ?4 offset ?5`,
          ...[after, name ?? null, player ?? null, limit, skip],
        )
        .map(channelOf),
    'channel.count': () => Number(sql.get('select count(*) as many from channels')?.many),
    'channel.update'({ id, name, owner, props, at, fits = MANY, most_owned = MANY }) {
      const before = get(id)
      if (!before) return null
      const after = {
        ...{ ...before, updated_at: at },
        ...(name !== undefined && { name }),
        ...(owner !== undefined && { owner }),
        ...(props && { props }),
      }
      if (channelBytes(after) > fits) return 'UNFIT'
      if (owner && owner !== before.owner && owned(owner) >= most_owned) return 'TOO_MANY'
      sql.run(
        'update channels set name = ?, owner = ?, props = ?, updated_at = ? where id = ?',
        ...[after.name, after.owner, JSON.stringify(after.props), at, id],
      )
      return after
    },
    'channel.delete': ({ id }) => sql.run('delete from channels where id = ?', id) > 0,
    'channel.join'({ id, player, most, at, fits = MANY, most_joined = MANY }) {
      const channel = get(id)
      if (!channel) return null
      if (channelBytes(channel) > fits) return 'UNFIT'
      if (isMember(id, player)) return { channel, isNew: false }
      if (channel.members >= most) return 'FULL'
      if (joined(player) >= most_joined) return 'TOO_MANY'
      seat(id, player, at)
      return { channel: get(id) as Channel, isNew: true }
    },
    'channel.leave'({ id, player }) {
      const isGone = sql.run(LEAVE, id, player) > 0
      return isGone || get(id) ? isGone : null
    },
    'channel.members': ({ id, after, limit, skip = 0 }) =>
      sql
        .all(
          'select player from channel_members where channel = ? and player > ? order by player limit ? offset ?',
          ...[id, after, limit, skip],
        )
        .map(({ player }) => String(player)),
    'channel.is_member': ({ id, player }) => isMember(id, player),
  }

  function get(id: number): Channel | null {
    const row = sql.get(`${CHANNEL} where id = ?`, id)
    return row ? channelOf(row) : null
  }

  function isTooMany(player: string, most: MostChannels): boolean {
    return joined(player) >= most.joined || owned(player) >= most.owned
  }

  function joined(player: string): number {
    return Number(sql.get(JOINED, player)?.many)
  }

  function owned(player: string): number {
    return Number(sql.get(OWNED, player)?.many)
  }

  function isMember(id: number, player: string): boolean {
    const row = sql.get(
      'select 1 as one from channel_members where channel = ? and player = ?',
      ...[id, player],
    )
    return row !== undefined
  }

  function seat(id: number, player: string, at: number): void {
    sql.run(
      'insert or ignore into channel_members (channel, player, joined_at) values (?, ?, ?)',
      ...[id, player, at],
    )
  }
}

const JOINED = 'select count(*) as many from channel_members where player = ?'
const OWNED = 'select count(*) as many from channels where owner = ?'
const MANY = Number.POSITIVE_INFINITY

const LEAVE = 'delete from channel_members where channel = ? and player = ?'

const CHANNEL = `select id, name, owner, props, last_offset, created_at, updated_at,
  (select count(*) from channel_members m where m.channel = channels.id) as members from channels`

const channelOf = (row: Row): Channel => ({
  id: Number(row.id),
  name: String(row.name),
  owner: row.owner === null || row.owner === undefined ? null : String(row.owner),
  props: JSON.parse(String(row.props)) as Channel['props'],
  members: Number(row.members),
  offset: Number(row.last_offset),
  created_at: Number(row.created_at),
  updated_at: Number(row.updated_at),
})
