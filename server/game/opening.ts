import {
  AS_MEMBERS_SAY,
  type Described,
  type Joining,
  type RoomHooks,
  type RoomMessage,
} from '../core/room/kind.ts'
import type { Member } from '../core/room/member.ts'
import type { Room, RoomKind } from '../core/room/room.ts'
import { createTimers } from '../core/room/timers.ts'
import { withState } from '../core/state/hooked.ts'
import type { Doing, Inputs } from '../core/state/inputs.ts'
import type { Known } from '../core/state/known.ts'
import type { Step, Tick } from '../core/state/tick.ts'
import type { Judge } from '../core/state/writes.ts'
import { HOOKS, type RoomDefinition, type Said } from './definition.ts'
import { ROOM_OPTIONS } from './options.ts'
import { openPast } from './past.ts'
import { registry } from './registered.ts'
import { type GameRoom, type House, openGame } from './room.ts'
import { historyOf, predicatesOf, type StateOption, tablesOf } from './state.ts'
import { openTables } from './tables.ts'

/** A definition as the server's own rooms understand it. */
export function kindOf(name: string, definition: RoomDefinition<unknown>, house: House): RoomKind {
  const {
    capacity = ROOM_OPTIONS.capacity.default,
    namespaces = ROOM_OPTIONS.namespaces.default,
    listed = ROOM_OPTIONS.listed.default,
    creatable = ROOM_OPTIONS.creatable.default,
    succession = ROOM_OPTIONS.succession.default,
    host_ms = ROOM_OPTIONS.host_ms.default,
    linger_ms = ROOM_OPTIONS.linger_ms.default,
    gather_ms = ROOM_OPTIONS.gather_ms.default,
    seats = ROOM_OPTIONS.seats.default,
    seat_ms = ROOM_OPTIONS.seat_ms.default,
    events,
    roles,
    permissions,
  } = definition
  let hasWarned = false
  const warnOfState = () => {
    if (!hasWarned) house.world.log.warn({ kind: name }, OF_STATE)
    hasWarned = true
  }
  return {
    ...{ name, capacity, namespaces, listed, creatable, succession, host_ms, linger_ms },
    ...{ seats, seat_ms },
    ...(events && { events }),
    ...(roles && { roles }),
    ...(permissions && { permissions }),
    gather_ms,
    open: (room) => openRoom(room, definition, house, warnOfState),
  }
}

const OF_STATE = 'room.state is room.own now; by the old name it works for one release'

function openRoom(
  room: Room,
  given: RoomDefinition<unknown>,
  house: House,
  warnOfState: () => void,
): RoomHooks {
  const { rooms, world, inside } = house
  const enter: Enter = (run) => inside.run(room, run)
  const definition = ownDoing(given, enter)
  const timers = createTimers(world, (run) => rooms.guard(room, () => enter(run)))
  const tick = tickOf(room.kind.name, given, house)
  // It was checked when the server began.
  const state = given.state as StateOption | undefined
  const opened = state && house.openState(room, knownOf(state, tick))
  const tables = opened && openTables(opened.state)
  const past = opened && tables && openPast(opened, tables)
  const { game, seatOf } = openGame(room, house, { timers, tables, past }, given, warnOfState)
  const own: GameRoom<unknown> = game
  try {
    game.own = definition.onCreate?.(game as GameRoom<undefined>)
    // Where it is a promise the room begins all the same.
    rooms.guard(room, () => game.own)
  } catch (error) {
    timers.close()
    throw error
  }
  const { onJoin, onMessage, onEvent, onPacket, onDescribe, onTick } = definition
  const inputs = opened?.inputs
  const stops = [...(inputs ? [tick.add(inputsOf(inputs))] : [])]
  if (onTick || opened) stops.push(tick.add(step))
  opened?.begin()
  const said = ({ from, ...rest }: RoomMessage): Said => ({ ...rest, from: seatOf(from) })
  const hooks: RoomHooks = {
    ...(!hasHooks(definition) && AS_MEMBERS_SAY),
    ...(onJoin && {
      onJoin: ({ session, player, name, data }: Joining) =>
        definition.onJoin?.(own, { session: session.id, player, name, data }),
    }),
    onJoined: (member) => definition.onJoined?.(own, seatOf(member)),
    onLeft: (member, reason) => definition.onLeave?.(own, seatOf(member), reason),
    onMatch: () => definition.onMatch?.(own),
    onAway: (member) => definition.onAway?.(own, seatOf(member)),
    onBack: (member) => definition.onBack?.(own, seatOf(member)),
    ...(onMessage && { onMessage: (message) => definition.onMessage?.(own, said(message)) }),
    ...(onEvent && { onEvent: (message) => definition.onEvent?.(own, said(message)) }),
    ...(onPacket && {
      onPacket: (packet, from) => definition.onPacket?.(own, packet, seatOf(from)),
    }),
    handlerOf: registry(definition, own, seatOf, enter),
    ...(onDescribe && {
      onDescribe: (member: Member, described: Described) =>
        definition.onDescribe?.(own, seatOf(member), described),
    }),
    onDispose() {
      timers.close()
      for (const stop of stops) stop()
      return definition.onDispose?.(own)
    },
  }
  return opened ? withState(hooks, opened) : hooks

  /** What the room knows, as its own logic judges who sees and writes it. */
  function knownOf(state: StateOption, tick: Tick): Known {
    const { tick_hz = ROOM_OPTIONS.tick_hz.default } = given
    const predicates = predicatesOf(state, (sees) => (row, member) => {
      let isSeen = false
      rooms.guard(room, () => {
        isSeen = enter(() => sees(row, seatOf(member)))
      })
      return isSeen
    })
    const judge: Judge = (wish) => definition.onWrite?.(own, { ...wish, from: seatOf(wish.from) })
    const history_ms = historyOf(state)
    return { ...tablesOf(state), tick, tick_hz, predicates, judge, history_ms }
  }

  /** Inputs are done before the room’s own step, and while it takes its time. */
  function inputsOf(inputs: Inputs): (now: Step) => void {
    const doing: Doing = {
      input: (member, row, input) =>
        void rooms.guard(room, () =>
          // It is typed by the kind's own definition alone.
          given.onInput?.(own, row as never, input as never, seatOf(member)),
        ),
      tooFast: (member, count, total) =>
        void rooms.guard(room, () =>
          given.onTooFast?.(own, seatOf(member), { inputs: count, total }),
        ),
    }
    return ({ number }) => {
      game.tick = number
      enter(() => inputs.run(number, doing))
    }
  }

  function step(now: Step): Promise<unknown> | undefined {
    game.tick = now.number
    return rooms.guard(room, () => onTick?.(own, now))
  }
}

const tickOf = (kind: string, { tick_hz }: RoomDefinition<unknown>, { ticks }: House) =>
  ticks.of(kind, tick_hz ?? ROOM_OPTIONS.tick_hz.default)

/** Whether a kind has logic of its own, which then says what its members are. */
const hasHooks = (definition: RoomDefinition<unknown>): boolean =>
  Object.keys(HOOKS).some((name) => definition[name as keyof typeof HOOKS] !== undefined)

/** Runs something as the room's own doing. */
type Enter = <T>(run: () => T) => T

/** The same definition, each of whose hooks is the room's own doing, with all that comes of it. */
function ownDoing(given: RoomDefinition<unknown>, enter: Enter): RoomDefinition<unknown> {
  const hooks: Record<string, unknown> = {}
  for (const name of Object.keys(HOOKS) as (keyof typeof HOOKS)[]) {
    const hook: unknown = given[name]
    if (typeof hook === 'function')
      hooks[name] = (...args: unknown[]) => enter(() => Reflect.apply(hook, given, args))
  }
  return { ...given, ...hooks }
}
