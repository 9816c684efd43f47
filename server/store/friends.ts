import type { Bond, Bonded, Operations, Pair } from '../core/store/store.ts'
import type { Row, Sql } from './database.ts'

type FriendOperations = Pick<Operations, Extract<keyof Operations, `friend.${string}`>>
type Standing = Bond['standing']

/** How players stand to each other: each by a row of its own, written together. */
export function friendOperations(sql: Sql): FriendOperations {
  return {
    'friend.ask'({ most, most_asks, ...pair }) {
      const { player, other, at } = pair
      const before = bondsOf(pair)
      if (!isSomebody(player) || !isSomebody(other)) return null
      if (is(before.own, 'blocked') || is(before.other, 'blocked')) return 'BLOCKED'
      if (is(before.own, 'asking')) return befriend(pair, before, most)
      if (before.own) return bonded(before, before)
      if (count(player, 'friend') >= most) return 'TOO_MANY'
      if (count(player, 'asked') >= most_asks || count(other, 'asking') >= most_asks)
        return 'TOO_MANY_ASKS'
      put(player, other, 'asked', at)
      put(other, player, 'asking', at)
      return bonded(before, bondsOf(pair))
    },
    'friend.accept'({ most, ...pair }) {
      const before = bondsOf(pair)
      if (is(before.own, 'friend')) return bonded(before, before)
      return is(before.own, 'asking') ? befriend(pair, before, most) : 'NOT_ASKED'
    },
    'friend.remove'(pair) {
      const before = bondsOf(pair)
      part(pair)
      return bonded(before, bondsOf(pair))
    },
    'friend.block'({ most, ...pair }) {
      const { player, other, at } = pair
      const before = bondsOf(pair)
      if (!isSomebody(player) || !isSomebody(other)) return null
      if (is(before.own, 'blocked')) return bonded(before, before)
      if (count(player, 'blocked') >= most) return 'TOO_MANY'
      part(pair)
      put(player, other, 'blocked', at)
      return bonded(before, bondsOf(pair))
    },
    'friend.unblock'(pair) {
      const before = bondsOf(pair)
      sql.run(`${REMOVE} and standing = 'blocked'`, pair.player, pair.other)
      return bonded(before, bondsOf(pair))
    },
    'friend.known': ({ player }) => ({
      friends: those(player, 'friend'),
      blocks: those(player, 'blocked'),
    }),
    'friend.list': ({ player, standing, after, limit }) =>
      sql
        .all(
          `${BOND} where b.player = ?1 and b.other > ?2 and (?3 is null or b.standing = ?3)
           order by b.other limit ?4`,
          ...[player, after, standing ?? null, limit],
        )
        .map(bondOf),
  }

  function befriend(pair: Pair, before: Bonds, most: number): Bonded | 'TOO_MANY' {
    const { player, other, at } = pair
    if (count(player, 'friend') >= most || count(other, 'friend') >= most) return 'TOO_MANY'
    put(player, other, 'friend', at)
    put(other, player, 'friend', at)
    return bonded(before, bondsOf(pair))
  }

  /** Ends what is between them, save that one blocks the other. */
  function part({ player, other }: Pair): void {
    sql.run(`${REMOVE} and standing <> 'blocked'`, player, other)
    sql.run(`${REMOVE} and standing <> 'blocked'`, other, player)
  }

  function put(player: string, other: string, standing: Standing, at: number): void {
    sql.run(
      'insert or replace into bonds (player, other, standing, since) values (?, ?, ?, ?)',
      ...[player, other, standing, at],
    )
  }

  function bondsOf({ player, other }: Pair): Bonds {
    return { own: bond(player, other), other: bond(other, player) }
  }

  function bond(player: string, other: string): Bond | null {
    const row = sql.get(`${BOND} where b.player = ? and b.other = ?`, player, other)
    return row ? bondOf(row) : null
  }

  function those(player: string, standing: Standing): string[] {
    const rows = sql.all(THOSE, player, standing)
    return rows.map(({ other }) => String(other))
  }

  function count(player: string, standing: Standing): number {
    return Number(sql.get(COUNT, player, standing)?.many)
  }

  function isSomebody(player: string): boolean {
    return sql.get('select 1 as one from players where id = ?', player) !== undefined
  }
}

interface Bonds {
  readonly own: Bond | null
  readonly other: Bond | null
}

const is = (bond: Bond | null, standing: Standing): boolean => bond?.standing === standing

const bonded = (before: Bonds, after: Bonds): Bonded => ({
  ...after,
  changed: {
    own: before.own?.standing !== after.own?.standing,
    other: before.other?.standing !== after.other?.standing,
  },
})

const REMOVE = 'delete from bonds where player = ? and other = ?'
const COUNT = 'select count(*) as many from bonds where player = ? and standing = ?'
const THOSE = 'select other from bonds where player = ? and standing = ?'
const BOND =
  'select b.other, b.standing, b.since, p.name from bonds b join players p on p.id = b.other'

const bondOf = (row: Row): Bond => ({
  player: String(row.other),
  name: String(row.name),
  // Only what `put` wrote is there.
  standing: String(row.standing) as Standing,
  since: Number(row.since),
})
