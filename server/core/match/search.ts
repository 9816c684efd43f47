import stringify from 'fast-json-stable-stringify'
import type { Json } from '../../../protocol/schema.ts'
import { type QueueRules, windowOf } from './rules.ts'

/** One of those who search. */
export interface Searcher {
  readonly session: string
  readonly player: string | null
  readonly properties: Readonly<Record<string, Json>>
}

/** Who looks for others: one, or several who stay together. Plain data, whoever holds it. */
export interface Search {
  readonly id: string
  /** When it began; kept over a match that did not come about. In ms. */
  readonly since: number
  /** The first speaks for all where a property must be the same. */
  readonly searchers: readonly Searcher[]
}

/** A search as a queue compares it with others. */
export interface Entry {
  readonly search: Search
  readonly size: number
  /** Of those who began in one moment, who came first. */
  readonly serial: number
  /** What must be the same, as text. */
  readonly key: string
  /** Of each property that must be close: the mean of those who search, and how far they are apart. */
  readonly means: readonly number[]
  readonly spreads: readonly number[]
}

/** A search under a queue’s rules. */
export function entryOf(rules: QueueRules, search: Search, serial: number): Entry {
  const { searchers } = search
  const values = Object.keys(rules.near ?? {}).map((name) =>
    searchers.map(({ properties }) => Number(properties[name])),
  )
  return {
    search,
    serial,
    size: searchers.length,
    key: keyOf(rules, searchers[0]?.properties ?? {}),
    means: values.map((some) => some.reduce((sum, one) => sum + one, 0) / some.length),
    spreads: values.map((some) => Math.max(...some) - Math.min(...some)),
  }
}

/** What must be the same of these properties, as text. */
export const keyOf = (rules: QueueRules, properties: Readonly<Record<string, Json>>): string =>
  stringify((rules.same ?? []).map((name) => properties[name] ?? null))

/** What is wrong with what somebody would search by. */
export function problemOf(
  { same = [], near = {} }: QueueRules,
  properties: Readonly<Record<string, Json>>,
  place: string,
): string | undefined {
  for (const name of same)
    if (properties[name] === undefined || properties[name] === null)
      return `${place}.${name}: expected a value; this queue looks for who has the same`
  for (const name of Object.keys(near)) {
    const value = properties[name]
    if (typeof value !== 'number' || !Number.isFinite(value))
      return `${place}.${name}: expected a number; this queue looks for who is close`
  }
  return undefined
}

/**
 * Whether two may be in one match: of each property that must be close they are apart by at most the
 * narrower of their windows. Those who search together count by their mean, and by half their spread.
 */
export function agree(rules: QueueRules, one: Entry, other: Entry, now: number): boolean {
  const near = Object.values(rules.near ?? {})
  for (const [at, rule] of near.entries()) {
    const waited = now - Math.max(one.search.since, other.search.since)
    if (apart(one, other, at) > windowOf(rule, waited)) return false
  }
  return true
}

function apart(one: Entry, other: Entry, at: number): number {
  const [mean = 0, spread = 0] = [one.means[at], one.spreads[at]]
  const [otherMean = 0, otherSpread = 0] = [other.means[at], other.spreads[at]]
  return Math.abs(mean - otherMean) + (spread + otherSpread) / 2
}

/** Who waits longer comes first. */
export const byAge = (one: Entry, other: Entry): number =>
  one.search.since - other.search.since || one.serial - other.serial
