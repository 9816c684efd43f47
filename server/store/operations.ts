import type { Operations } from '../core/store/store.ts'
import { channelOperations } from './channels.ts'
import type { Sql } from './database.ts'
import { friendOperations } from './friends.ts'
import { createHistory } from './history.ts'
import { keyOperations } from './keys.ts'
import { playerOperations } from './players.ts'

/** What the store can do, on one database; many appends at once go faster than one by one. */
export function createOperations(sql: Sql) {
  const history = createHistory(sql)
  const operations: Operations = {
    ...playerOperations(sql),
    ...keyOperations(sql),
    ...channelOperations(sql),
    ...friendOperations(sql),
    ...history.operations,
    prune({ at, messages_before, guests_before }) {
      return (
        sql.run('delete from players where guest = 1 and seen_at < ?', guests_before) +
        sql.run('delete from channel_messages where at < ?', messages_before) +
        sql.run('delete from bans where until < ?', at) +
        sql.run('delete from tickets where until < ?', at) +
        sql.run('delete from socket_tokens where until < ?', at)
      )
    },
  }
  return { operations, appendAll: history.appendAll }
}
