import { profileBytes } from '../core/store/profile.ts'
import type { Alias, Operations, Prop, StoredPlayer } from '../core/store/store.ts'
import { jsonBytes } from '../core/wire/size.ts'
import type { Row, Sql } from './database.ts'
import { isSame } from './secret.ts'

type PlayerOperations = Pick<
  Operations,
  Extract<keyof Operations, `${'guest' | 'player' | 'alias'}.${string}`>
>

export function playerOperations(sql: Sql): PlayerOperations {
  return {
    'guest.create'({ id, hash, player, name, dev, at }) {
      insert(player, name, true, dev, at)
      sql.run('insert into guest_keys (id, hash, player) values (?, ?, ?)', id, hash, player)
      return get(player) as StoredPlayer
    },
    'guest.recall'({ id, hash, at }) {
      const key = sql.get('select hash, player from guest_keys where id = ?', id)
      if (!key || !isSame(String(key.hash), hash)) return null
      return seen(String(key.player), at)
    },
    'player.get': ({ id }) => get(id),
    'player.rename'({ id, name, at }) {
      sql.run('update players set name = ? where id = ?', name, id)
      return seen(id, at)
    },
    'player.set_props': setProps,
    'player.set_group'({ id, group, member, fits = Number.POSITIVE_INFINITY }) {
      const before = get(id)
      if (!before) return null
      if (member && profileBytes({ ...before, groups: [...before.groups, group] }) > fits)
        return 'UNFIT'
      if (member)
        sql.run('insert or ignore into player_groups (player, name) values (?, ?)', id, group)
      else sql.run('delete from player_groups where player = ? and name = ?', id, group)
      return get(id)
    },
    'player.ban'({ id, reason, until, at }) {
      if (!get(id)) return false
      sql.run(
        'insert or replace into bans (player, reason, until, banned_at) values (?, ?, ?, ?)',
        ...[id, reason, until, at],
      )
      return true
    },
    'player.unban': ({ id }) =>
      get(id) ? sql.run('delete from bans where player = ?', id) > 0 : null,
    'player.ban_of'({ id, at }) {
      const row = sql.get(
        'select reason, until from bans where player = ? and (until is null or until > ?)',
        ...[id, at],
      )
      return row
        ? { reason: String(row.reason), until: row.until === null ? null : Number(row.until) }
        : null
    },
    'player.banned': ({ ids, at }) =>
      sql
        .all(
          `select player from bans where (until is null or until > ?)
           and player in (select value from json_each(?))`,
          ...[at, JSON.stringify(ids)],
        )
        .map(({ player }) => String(player)),
    'alias.find'({ service, identifier, at, create }) {
      const found = aliasNamed(service, identifier)
      if (found) return aliasSeen(found, at)
      if (!create) return null
      insert(create.player, create.name, false, create.dev, at)
      return addAlias(create.player, service, identifier, at)
    },
    'alias.get': ({ id }) => alias(sql.get(`${ALIAS} where id = ?`, id)),
    'alias.of': ({ player }) =>
      sql.all(`${ALIAS} where player = ? order by id`, player).map((row) => alias(row) as Alias),
    'alias.link'({ player, service, identifier, at }) {
      const found = aliasNamed(service, identifier)
      if (found) return found.player === player ? found : null
      sql.run('update players set guest = 0 where id = ?', player)
      return addAlias(player, service, identifier, at)
    },
  }

  function insert(id: string, name: string, guest: boolean, dev: boolean, at: number): void {
    sql.run(
      'insert into players (id, name, guest, dev, created_at, seen_at) values (?, ?, ?, ?, ?, ?)',
      ...[id, name, Number(guest), Number(dev), at, at],
    )
  }

  function get(id: string): StoredPlayer | null {
    const row = sql.get(
      'select id, name, guest, dev, created_at, seen_at from players where id = ?',
      id,
    )
    if (!row) return null
    const props = sql.all('select key, value from props where player = ? order by key', id)
    const groups = sql.all('select name from player_groups where player = ? order by name', id)
    return {
      id: String(row.id),
      name: String(row.name),
      guest: row.guest === 1,
      dev: row.dev === 1,
      created_at: Number(row.created_at),
      seen_at: Number(row.seen_at),
      props: props.map(({ key, value }) => ({ key, value: JSON.parse(String(value)) }) as Prop),
      groups: groups.map(({ name }) => String(name)),
    }
  }

  function seen(id: string, at: number): StoredPlayer | null {
    sql.touch('update players set seen_at = ? where id = ?', at, id)
    return get(id)
  }

  function setProps({
    id,
    props,
    most,
    most_bytes = MANY,
    fits,
  }: Parameters<Operations['player.set_props']>[0]) {
    const before = get(id)
    if (!before) return null
    const after = new Map(before.props.map((one) => [one.key, one]))
    for (const one of props) one.value === null ? after.delete(one.key) : after.set(one.key, one)
    if (props.length > 0 && after.size > most) return 'TOO_MANY'
    if (props.length > 0 && jsonBytes([...after.values()]) > most_bytes) return 'TOO_LARGE'
    if (fits !== undefined && profileBytes({ ...before, props: [...after.values()] }) > fits)
      return 'UNFIT'
    for (const { key, value } of props) {
      if (value === null) sql.run('delete from props where player = ? and key = ?', id, key)
      else
        sql.run(
          'insert into props (player, key, value) values (?, ?, ?) on conflict do update set value = excluded.value',
          ...[id, key, JSON.stringify(value)],
        )
    }
    return get(id)
  }

  function aliasNamed(service: string, identifier: string): Alias | null {
    return alias(sql.get(`${ALIAS} where service = ? and identifier = ?`, service, identifier))
  }

  function aliasSeen({ id, player }: Alias, at: number): Alias | null {
    sql.touch('update aliases set seen_at = ? where id = ?', at, id)
    sql.touch('update players set seen_at = ? where id = ?', at, player)
    return alias(sql.get(`${ALIAS} where id = ?`, id))
  }

  function addAlias(player: string, service: string, identifier: string, at: number): Alias | null {
    const row = sql.get(
      `insert into aliases (service, identifier, player, created_at, seen_at) values (?, ?, ?, ?, ?) returning ${COLUMNS}`,
      ...[service, identifier, player, at, at],
    )
    return alias(row)
  }
}

const MANY = Number.POSITIVE_INFINITY
const COLUMNS = 'id, service, identifier, player, created_at, seen_at'
const ALIAS = `select ${COLUMNS} from aliases`

const alias = (row: Row | undefined): Alias | null =>
  row
    ? {
        id: Number(row.id),
        service: String(row.service),
        identifier: String(row.identifier),
        player: String(row.player),
        created_at: Number(row.created_at),
        seen_at: Number(row.seen_at),
      }
    : null
