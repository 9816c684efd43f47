import { MOST_CALENDAR_MS } from '../../protocol/limits.ts'
import { bool, float64, integer, text } from '../../protocol/schema.ts'
import { clashIn, type QueueRules } from '../core/match/rules.ts'
import {
  below,
  called,
  fields,
  type Kind,
  list,
  named,
  type OptionsOf,
  option,
  preset,
  shaped,
} from '../option.ts'

/** How many play one match at most. */
const MOST_PLAYERS = 1_000
/** How many properties a queue may look at. */
const MOST_PROPERTIES = 16

const count = shaped(integer('uint32', { min: 1, max: MOST_PLAYERS }))
const span = shaped(float64({ min: 0 }))
const property = shaped(text({ min: 1, max: 64 }))
const ms = shaped(integer('uint32', { min: 1, max: MOST_CALENDAR_MS }))

/** How close a property must be. */
export const NEAR_OPTIONS = {
  within: option('how far apart two may be at once', span),
  widen: preset('by how much that grows with every step of waiting', span, 0),
  every_ms: preset('how long such a step is, in ms', ms, 1_000),
  most: option('how far apart two may ever be', span),
} as const

/** What is said of a queue: its type, its check in JSON and in code, and the README's list. */
export const QUEUE_OPTIONS = {
  kind: option('the kind of room that a match plays in', shaped(text({ min: 1, max: 32 }))),
  max: option('how many play: a match is made the moment so many are there who fit', count),
  min: option(
    'how many are enough once one of them has waited for `wait_ms`; unless said, only `max` are',
    count,
  ),
  multiple: preset('what the number of players must be a multiple of', count, 1),
  teams: preset('into how many teams of one size they are split', count, 1),
  same: preset(
    'properties that must be equal, such as a region or a map',
    list(property, MOST_PROPERTIES),
    [],
  ),
  near: option('properties that must be close, such as a rating', named(near(), property)),
  wait_ms: option(
    'after how long `min` is enough (at once); where there is no `min`, the search ends then, for a bot, say',
    ms,
  ),
  party: option('how many may search together; as many as are in a team unless said', count),
  backfill: preset(
    'whether the seats of a match that somebody has left, or that began with fewer than `max`, are offered first: to who has the same, and is close to all who play',
    shaped(bool()),
    false,
  ),
  blocks: preset(
    'whether players are kept apart of whom one blocks the other; those of one party are not',
    shaped(bool()),
    false,
  ),
  fits: option(
    '`(players) => boolean`: whether these may play together; in code only',
    called<NonNullable<QueueRules['fits']>>(),
  ),
} as const

/** The rules of one queue, in JSON or in code. */
export type QueueDefinition = OptionsOf<typeof QUEUE_OPTIONS> & Pick<QueueRules, 'kind' | 'max'>

/** Says by what rules players who search are brought together. */
export const defineQueue = (definition: QueueDefinition): QueueDefinition => definition

const all = fields(QUEUE_OPTIONS)

export const queueDefinition: Kind<QueueDefinition> = {
  expected: all.expected,
  check(value, place) {
    const problem = all.check(value, place)
    if (problem !== undefined) return problem
    const said = value as Partial<QueueDefinition>
    for (const name of ['kind', 'max'] as const)
      if (said[name] === undefined)
        return `${below(place, name)}: expected ${QUEUE_OPTIONS[name].expected}, got undefined`
    const clash = clashIn(said as QueueRules)
    return clash && `${place}.${clash}`
  },
}

function near(): Kind<OptionsOf<typeof NEAR_OPTIONS>> {
  return fields(NEAR_OPTIONS)
}
