import type { ChannelMessage, Operations } from '../core/store/store.ts'
import type { Row, Sql, Value } from './database.ts'

type HistoryOperations = Pick<Operations, 'channel.append' | 'channel.history'>
type Append = Parameters<Operations['channel.append']>[0]
type Appended = ReturnType<Operations['channel.append']>

/** A channel that is being appended to. */
interface Head {
  /** The offset of its last message; undefined where there is no such channel. */
  offset: number | undefined
  /** Below this offset messages go. */
  sweepBelow: number
  readonly members: Map<string, boolean>
  /** How much was appended, and of how much the latest is kept. */
  bytes: number
  keepBytes: number
}

/** What was said in channels. */
export function createHistory(sql: Sql) {
  /** How much was appended to channels since their bytes were counted. */
  const grown = new Map<number, number>()
  const operations: HistoryOperations = {
    'channel.append': (append) => appendAll([append])[0] ?? null,
    'channel.history': ({ id, after, limit, bytes = Number.MAX_SAFE_INTEGER }) =>
      sql.all(HISTORY, id, after, limit, bytes).map((row) => messageOf(id, row)),
  }
  return { operations, appendAll }

  /** Appends in order; all rows go into a statement or a few, whatever their channels. */
  function appendAll(appends: readonly Append[]): Appended[] {
    const heads = new Map<number, Head>()
    let rows: Value[][] = []
    let bytes = 0
    const appended = appends.map((append): Appended => {
      const { id, player, name, message, at } = append
      const head = headOf(heads, id)
      if (head.offset === undefined) return null
      if (!isMember(head, append)) return 'NOT_MEMBER'
      const offset = ++head.offset
      if (offset % SWEEP === 0) head.sweepBelow = offset - append.keep
      const text = JSON.stringify(message)
      rows.push([id, offset, player, name, text, at])
      bytes += text.length
      head.bytes += Buffer.byteLength(text)
      head.keepBytes = append.keep_bytes ?? Number.POSITIVE_INFINITY
      if (bytes > STATEMENT_BYTES) insert()
      return offset
    })
    insert()
    for (const [id, head] of heads) settle(id, head)
    return appended

    function insert(): void {
      if (rows.length > 0) sql.run(INSERT, JSON.stringify(rows))
      rows = []
      bytes = 0
    }
  }

  function headOf(heads: Map<number, Head>, id: number): Head {
    const known = heads.get(id)
    if (known) return known
    const row = sql.get('select last_offset from channels where id = ?', id)
    const offset = row && Number(row.last_offset)
    const head: Head = { offset, sweepBelow: 0, members: new Map(), bytes: 0, keepBytes: 0 }
    heads.set(id, head)
    return head
  }

  function isMember({ members }: Head, { id, player }: Append): boolean {
    const known = members.get(player)
    if (known !== undefined) return known
    const found = sql.get(
      'select 1 as one from channel_members where channel = ? and player = ?',
      ...[id, player],
    )
    members.set(player, found !== undefined)
    return found !== undefined
  }

  function settle(id: number, head: Head): void {
    const { offset, sweepBelow } = head
    if (offset === undefined) return
    sql.run('update channels set last_offset = ? where id = ?', offset, id)
    if (sweepBelow > 0)
      sql.run('delete from channel_messages where channel = ? and number <= ?', id, sweepBelow)
    if (head.bytes > 0) weigh(id, head)
  }

  /** Deletes the oldest that are more than is kept, whenever an eighth of that has come since. */
  function weigh(id: number, { bytes, keepBytes }: Head): void {
    const more = (grown.get(id) ?? keepBytes) + bytes
    grown.delete(id)
    grown.set(id, more <= keepBytes / EIGHTH ? more : 0)
    if (grown.size > MAX_GROWN) grown.delete(grown.keys().next().value ?? 0)
    if (more > keepBytes / EIGHTH) sql.run(LIGHTEN, id, keepBytes)
  }
}

const EIGHTH = 8
/** Of how many channels it is remembered; of any other it is counted at the next message. */
const MAX_GROWN = 10_000

/** All but the newest whose sum is not too much; the last one stays in any case. */
const LIGHTEN = `delete from channel_messages where channel = ?1 and number <= (
  select number from (
    select number, sum(octet_length(message)) over later - octet_length(message) as above,
      sum(octet_length(message)) over later as total
    from channel_messages where channel = ?1 window later as (order by number desc)
  ) where total > ?2 and above > 0 order by number desc limit 1)`

/** Of a page, those before which there is less than so much. */
const HISTORY = `select number, player, name, message, at from (
    select *, sum(octet_length(message)) over (order by number) - octet_length(message) as before
    from (
      select number, player, name, message, at from channel_messages
      where channel = ?1 and number > ?2 order by number limit ?3
    )
  ) where before <= ?4 order by number`

/** Old messages go so many at a time: a channel keeps a few more than it must. */
const SWEEP = 64

/** About so much goes into one statement. */
const STATEMENT_BYTES = 256 * 1024

/** Rows as JSON: one statement for many, since each costs more on the way than in the database. */
const INSERT = `insert into channel_messages (channel, number, player, name, message, at)
  select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 from json_each(?)`

const messageOf = (channel: number, row: Row): ChannelMessage => ({
  channel,
  offset: Number(row.number),
  player: String(row.player),
  name: String(row.name),
  message: JSON.parse(String(row.message)) as ChannelMessage['message'],
  at: Number(row.at),
})
