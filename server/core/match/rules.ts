import type { Json } from '../../../protocol/schema.ts'

/** How close a number of two searches must be, and how that widens while they wait. */
export interface Near {
  /** How far apart two may be at once. */
  readonly within?: number
  /** By how much that grows each `every_ms` of waiting (0: not at all). */
  readonly widen?: number
  /** How long a step of that is, in ms (1,000). */
  readonly every_ms?: number
  /** How far apart two may ever be (no bound). */
  readonly most?: number
}

/** What a player is to a queue: what it said of itself, and how long it waits. */
export interface Candidate {
  readonly session: string
  readonly player: string | null
  readonly properties: Readonly<Record<string, Json>>
  readonly waited_ms: number
}

/** By what rules a queue makes matches. */
export interface QueueRules {
  /** The kind of room that a match plays in. */
  readonly kind: string
  /** How many play once somebody has waited `wait_ms`; unless said, only `max` do. */
  readonly min?: number
  /** How many play: a match of so many is made the moment they are there. */
  readonly max: number
  /** What the number of those who play is a multiple of (1). */
  readonly multiple?: number
  /** Into how many teams of one size they are split (1: none). */
  readonly teams?: number
  /** Properties that must be equal, such as a region or a map. */
  readonly same?: readonly string[]
  /** Properties that must be close, such as a rating. */
  readonly near?: Readonly<Record<string, Near>>
  /** After how long `min` is enough; without a `min` the search ends then. In ms. */
  readonly wait_ms?: number
  /** How many may search together (as many as fit one team). */
  readonly party?: number
  /** Whether open seats of matches that are played are offered first (false). */
  readonly backfill?: boolean
  /** Whether players are kept apart of whom one blocks the other (false). */
  readonly blocks?: boolean
  /** Whether these may play together; in code only. What it throws is a no. */
  fits?(players: readonly Candidate[]): boolean
}

/** How many may play, the most first. */
export function sizesOf({ min, max, multiple = 1, teams = 1 }: QueueRules): number[] {
  const sizes: number[] = []
  for (let size = max; size >= (min ?? max); size--)
    if (size % multiple === 0 && size % teams === 0) sizes.push(size)
  return sizes
}

/** What is wrong with the rules of one queue, taken together. */
export function clashIn(rules: QueueRules): string | undefined {
  const { min = rules.max, max, multiple = 1, teams = 1, party = 1 } = rules
  if (min > max) return `min: expected at most max (${max}), got ${min}`
  if (max % multiple !== 0) return `max: expected a multiple of ${multiple}, got ${max}`
  if (max % teams !== 0) return `max: expected ${teams} teams of one size, got ${max}`
  if (party > max / teams)
    return `party: expected at most ${max / teams}, a team’s size, got ${party}`
  return undefined
}

/** How many may search together. */
export const partyOf = ({ party, max, teams = 1 }: QueueRules): number => party ?? max / teams

/** How far from others a search may be that has waited for so many ms. */
export function windowOf(rule: Near, waited: number): number {
  const { within = 0, widen = 0, every_ms = WIDEN_MS, most = Number.POSITIVE_INFINITY } = rule
  return Math.min(most, within + widen * Math.floor(waited / every_ms))
}

/** In how many ms more it is wider; undefined where it never is. */
export function untilWider(rule: Near, waited: number): number | undefined {
  const { widen = 0, every_ms = WIDEN_MS, most = Number.POSITIVE_INFINITY } = rule
  if (widen === 0 || windowOf(rule, waited) >= most) return undefined
  return every_ms - (waited % every_ms)
}

const WIDEN_MS = 1_000
