import { prefixedName } from '../../protocol/events.ts'
import { MOST_CALENDAR_MS, MOST_GATHER_MS } from '../../protocol/limits.ts'
import { ACTIONS, type Action, type Role, role, SUCCESSIONS } from '../../protocol/rooms.ts'
import { bool, choice, float64, integer, type Schema, text } from '../../protocol/schema.ts'
import { HOST_MS } from '../core/room/host.ts'
import { LINGER_MS } from '../core/room/kind.ts'
import { LEAST_HZ, MOST_HZ } from '../core/state/tick.ts'
import {
  below,
  fields,
  type Kind,
  list,
  named,
  type Option,
  type OptionsOf,
  one,
  option,
  or,
  preset,
  shaped,
} from '../option.ts'
import { stateKind } from './state.ts'

const MOST_NAMESPACES = 64
const namespace = shaped(
  text({
    min: 1,
    max: 32,
    pattern: '[a-z0-9_-]+',
    expected: 'text of 1 to 32 characters of a-z, 0-9, _ and -',
  }),
)
const ms = (max: number) => shaped(integer('uint32', { max }))
const lasting = one<number>(
  `a whole number from 0 to ${MOST_CALENDAR_MS}`,
  (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST_CALENDAR_MS,
)
export const shape = one<Schema>(
  'a shape, such as shape.text()',
  (value) => typeof (value as { kind?: unknown } | null)?.kind === 'string',
)

/**
 * What is said of a kind of room beside its logic: the type of a definition, its check in JSON and in
 * code, its defaults and the README's list all follow from this.
 */
export const ROOM_OPTIONS = {
  capacity: preset('seats', shaped(integer('uint32', { min: 1 })), 16),
  namespaces: preset(
    'the namespaces of its events; others are refused',
    list(namespace, MOST_NAMESPACES),
    [],
  ),
  events: option(
    'the arguments of the events it knows, as `shape`s; in code only',
    named(shape, shaped(prefixedName())),
  ),
  listed: preset(
    'whether lists show its rooms, unless their creator says otherwise',
    shaped(bool()),
    true,
  ),
  creatable: preset(
    'whether players may make rooms of it; if not, `server.rooms.create` does',
    shaped(bool()),
    true,
  ),
  roles: option(
    'the roles of who makes a room (`creator`: host) and of who joins one (`joiner`: player)',
    fields({
      creator: preset('of who makes a room', shaped(role()), 'host'),
      joiner: preset('of who joins one', shaped(role()), 'player'),
    }),
  ),
  permissions: option(
    `the role that each of ${ACTIONS.join(', ')} asks for, where it is not the default`,
    fields(
      Object.fromEntries(
        ACTIONS.map((action) => [action, option(`to ${action}`, shaped(role()))]),
      ) as Readonly<Record<Action, Option<Role>>>,
    ),
  ),
  succession: preset(
    'where nobody may be host: the first member who is present, and not of the role none if there is another, gets the role for good (`promote`), or nobody is host until somebody comes who may (`none`)',
    shaped(choice(...SUCCESSIONS)),
    'promote',
  ),
  host_ms: preset(
    'how long a host may be away before the next takes its place, in ms; in code `Infinity`: as long as its seat is kept',
    or(Number.POSITIVE_INFINITY, lasting),
    HOST_MS,
  ),
  linger_ms: preset(
    'how long a room outlives its last member, in ms; in code `Infinity`: for good',
    or(Number.POSITIVE_INFINITY, lasting),
    LINGER_MS,
  ),
  seats: preset(
    'whose a seat is: of its `player`, whose next session takes it over; or of each `session`, so that a player may have several',
    shaped(choice('player', 'session')),
    'player',
  ),
  seat_ms: preset(
    'how long the seat of a player outlives its session, which ends some time after its connection (`limits.resume_ms`), in ms (0: it ends with it); what is said meanwhile is not kept for it; a player keeps `limits.seats` of these',
    lasting,
    0,
  ),
  gather_ms: preset(
    'how long what is said to all members may wait, in ms (0: until the end of the event loop’s turn), so that more of it is written together: later by up to that, in order, and at half the cost where much is said',
    ms(MOST_GATHER_MS),
    0,
  ),
  tick_hz: preset(
    `how many steps a second the time of its rooms has, for \`onTick\` and for what members see of their state (${LEAST_HZ} to ${MOST_HZ})`,
    shaped(float64({ min: LEAST_HZ, max: MOST_HZ })),
    20,
  ),
  state: option(
    'what its rooms know, as members see it: `defineState({ … })`, or in JSON `{ "tables": [ … ] }`, as `state.schema` tells them',
    stateKind,
  ),
} as const

/** The same kind, without what its options say against each other. */
export function consistent<T extends RoomOptions>({ expected, check }: Kind<T>): Kind<T> {
  const contradiction = (value: unknown, place: string) => {
    const { seats, seat_ms = 0 } = value as RoomOptions
    if (seats !== 'session' || seat_ms === 0) return undefined
    return `${below(place, 'seat_ms')}: expected 0 where seats is session: such a seat ends with its session, got ${seat_ms}`
  }
  return { expected, check: (value, place) => check(value, place) ?? contradiction(value, place) }
}

export type RoomOptions = OptionsOf<typeof ROOM_OPTIONS>
