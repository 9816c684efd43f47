import type { AccessKey, Operations } from '../core/store/store.ts'
import type { Row, Sql } from './database.ts'
import { isSame } from './secret.ts'

type KeyOperations = Pick<
  Operations,
  Extract<keyof Operations, `${'key' | 'ticket' | 'token'}.${string}`>
>

export function keyOperations(sql: Sql): KeyOperations {
  return {
    'key.create'({ id, hash, name, scopes, created_at }) {
      sql.run(
        `insert into access_keys (id, hash, name, scopes, created_at) values (?, ?, ?, ?, ?)
         on conflict do update set hash = excluded.hash, name = excluded.name,
         scopes = excluded.scopes, created_at = excluded.created_at, revoked_at = null`,
        ...[id, hash, name, JSON.stringify(scopes), created_at],
      )
      return null
    },
    'key.list': () => sql.all(`${KEY} order by created_at, id`).map(keyOf),
    'key.find'({ id, hash }) {
      const row = sql.get(`${KEY} where id = ?`, id)
      return row && isSame(String(row.hash), hash) && row.revoked_at === null ? keyOf(row) : null
    },
    'key.revoke': ({ id, at }) =>
      sql.run('update access_keys set revoked_at = coalesce(revoked_at, ?) where id = ?', at, id) >
      0,
    'key.revoked': ({ ids }) =>
      sql
        .all(
          'select id from access_keys where revoked_at is not null and id in (select value from json_each(?))',
          JSON.stringify(ids),
        )
        .map(({ id }) => String(id)),
    'ticket.issue'({ id, hash, key, scopes, dev, until }) {
      sql.run(
        'insert into tickets (id, hash, access_key, scopes, dev, until) values (?, ?, ?, ?, ?, ?)',
        ...[id, hash, key, JSON.stringify(scopes), Number(dev), until],
      )
      return null
    },
    'ticket.take'({ id, hash, at }) {
      const row = sql.get(
        `select t.hash, t.access_key, t.scopes, t.dev, t.until, k.revoked_at
         from tickets t join access_keys k on k.id = t.access_key where t.id = ?`,
        id,
      )
      if (!row || !isSame(String(row.hash), hash)) return null
      sql.run('delete from tickets where id = ?', id)
      if (Number(row.until) < at || row.revoked_at !== null) return null
      return {
        key: String(row.access_key),
        scopes: JSON.parse(String(row.scopes)) as string[],
        dev: row.dev === 1,
      }
    },
    'token.issue'({ alias, hash, until }) {
      sql.run(
        'insert into socket_tokens (alias, hash, until) values (?, ?, ?) on conflict do update set hash = excluded.hash, until = excluded.until',
        ...[alias, hash, until],
      )
      return null
    },
    'token.check'({ alias, hash, at }) {
      const row = sql.get(
        `select t.hash, t.until, a.id, a.service, a.identifier, a.player, a.created_at
         from socket_tokens t join aliases a on a.id = t.alias where t.alias = ?`,
        alias,
      )
      if (!row || !isSame(String(row.hash), hash) || Number(row.until) < at) return null
      sql.touch('update aliases set seen_at = ? where id = ?', at, alias)
      sql.touch('update players set seen_at = ? where id = ?', at, String(row.player))
      return {
        id: Number(row.id),
        service: String(row.service),
        identifier: String(row.identifier),
        player: String(row.player),
        created_at: Number(row.created_at),
        seen_at: at,
      }
    },
  }
}

const KEY = 'select id, hash, name, scopes, created_at, revoked_at from access_keys'

const keyOf = (row: Row): AccessKey => ({
  id: String(row.id),
  hash: String(row.hash),
  name: String(row.name),
  scopes: JSON.parse(String(row.scopes)) as string[],
  created_at: Number(row.created_at),
  revoked_at:
    row.revoked_at === null || row.revoked_at === undefined ? null : Number(row.revoked_at),
})
