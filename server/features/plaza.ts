import { PLAZA, plazaEvents, plazaMember, type plaza as plazaTable } from '../../protocol/plaza.ts'
import { check, type Json } from '../../protocol/schema.ts'
import type { HandlersOf } from '../core/dispatch/dispatch.ts'
import { LINGER_MS, type RoomHooks } from '../core/room/kind.ts'
import type { Member } from '../core/room/member.ts'
import type { Room, RoomKind } from '../core/room/room.ts'
import type { Resolve } from '../core/room/seated.ts'
import type { Ticks } from '../core/state/tick.ts'
import { push } from '../core/wire/frame.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'

export interface PlazaOptions {
  readonly world: World
  readonly ticks: Ticks
  readonly resolve: Resolve
}

type Row = readonly [number: number, x: number, y: number]

/** Where everybody stands in one plaza. */
interface Ground {
  readonly rows: Map<number, Row>
  moved: boolean
}

/** The plaza: a room kind to walk about in. */
export function createPlaza({ world, ticks, resolve }: PlazaOptions) {
  const tick = ticks.of('plaza', 1_000 / PLAZA.tick_ms)
  const grounds = new WeakMap<Room, Ground>()

  const kind: RoomKind = {
    name: 'plaza',
    capacity: PLAZA.capacity,
    namespaces: ['plaza'],
    events: plazaEvents,
    linger_ms: LINGER_MS,
    open,
  }

  const handlers: HandlersOf<(typeof plazaTable)['messages']> = {
    'plaza.move'(context, { x, y }) {
      const { room, member } = resolve(context)
      const ground = grounds.get(room)
      if (!ground)
        throw new Refusal(
          'UNSUPPORTED',
          `plaza.move: ${room.code} is of the kind ${room.kind.name}`,
        )
      place(ground, member, x, y)
    },
  }

  function open(room: Room): RoomHooks {
    const ground: Ground = { rows: new Map(), moved: false }
    grounds.set(room, ground)
    const rowsNow = () =>
      push(
        'plaza.rows',
        { time: world.now(), rows: [...ground.rows.values()] },
        { room: room.code },
      )
    const cancel = tick.add(() => {
      if (!ground.moved) return
      ground.moved = false
      room.broadcast(rowsNow())
    })
    return {
      onJoin: ({ data }) => memberData(data, 'room.join.data'),
      onDescribe: (_member, { data }) =>
        data === undefined ? undefined : { data: memberData(data, 'room.describe.data') },
      onJoined(member) {
        place(ground, member, startAt(PLAZA.width), startAt(PLAZA.height))
        member.receiver.send(rowsNow())
      },
      onLeft(member) {
        ground.rows.delete(member.number)
      },
      onRestored: (member) => member.receiver.send(rowsNow()),
      onDispose: cancel,
    }
  }

  /** Somewhere in the middle half. */
  function startAt(extent: number): number {
    return extent / 4 + world.random.below(extent / 2)
  }

  return { kind, handlers }
}

function memberData(data: Json | undefined, place: string): Json {
  const problem = data == null ? undefined : check(plazaMember(), data, place)
  if (problem) throw new Refusal('INVALID_MESSAGE_DATA', problem)
  return data ?? {}
}

/** Tenths of a unit are fine enough, and shorter on the wire. */
function place(ground: Ground, { number }: Member, x: number, y: number): void {
  ground.rows.set(number, [number, Math.round(x * 10) / 10, Math.round(y * 10) / 10])
  ground.moved = true
}
