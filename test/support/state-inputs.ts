import type { Test } from 'tap'
import { Writer } from '../../protocol/bytes.ts'
import { defineState, fixed, type RowOf, single, table } from '../../protocol/state.ts'
import { columnsOf, quantise } from '../../protocol/state-columns.ts'
import { writeStateUp } from '../../protocol/state-up.ts'
import { defineRoom, type HubOptions } from '../../server/server.ts'
import { create, type Mirrored, quiet, staging } from './state-stage.ts'

/** A field in which players walk, and are shot. */
export const arena = defineState(
  {
    players: table(
      { x: fixed(-2_000, 2_000, 0.01), y: fixed(-2_000, 2_000, 0.01), hits: 'uint8' },
      { rows: 'members', history_ms: 500 },
    ),
    shots: single({ fired: 'uint16', hit: 'uint16' }),
  },
  { inputs: { x: 'int8', y: fixed(-1, 1, 0.01), fire: 'bool' } },
)

export interface Walked {
  readonly x: number
  readonly y: number
  readonly fire: boolean
}

const SPEED = 200

/** What both sides do with an input. */
export function walk(
  player: Pick<RowOf<typeof arena, 'players'>, 'x' | 'y'>,
  { x, y }: Walked,
  seconds: number,
): void {
  player.x += x * SPEED * seconds
  player.y += y * SPEED * seconds
}

/** Says inputs, numbered from `first` on; they have been heard then. */
export async function say(
  { client, room }: Mirrored,
  first: number,
  inputs: readonly object[],
  more: { readonly have?: number; readonly behind?: number } = {},
): Promise<void> {
  const { number, schema, have } = room()
  const known = columnsOf(schema)
  const writer = new Writer()
  const values = known.inputs.map((column) =>
    Int32Array.from(inputs, (input) =>
      quantise(column, Number((input as Record<string, number | boolean>)[column.name] ?? 0)),
    ),
  )
  writeStateUp(writer, known, {
    ...{ room: number, have, ...more, inputs: { first, n: inputs.length, values } },
  })
  client.sendBytes(writer.taken())
  await quiet()
}

/** Two players in a room of the arena, whose steps come when the test says. */
export async function playing(t: Test, definition: object = {}, options: HubOptions = {}) {
  const done: { readonly member: number; readonly input: Walked; readonly tick: number }[] = []
  const excess: { readonly member: number; readonly inputs: number; readonly total: number }[] = []
  const field = defineRoom({
    state: arena,
    onInput(room, player, input, member) {
      done.push({ member: member.number, input, tick: room.tick })
      walk(player, input, room.step)
    },
    onTooFast: (_, { number }, more) => void excess.push({ member: number, ...more }),
    ...definition,
  })
  const here = staging(t, { rooms: { field }, ...options })
  const [ada, bob] = [await here.mirrored(), await here.mirrored()]
  const code = await create(ada.client, 'field')
  await bob.client.ask('room.join', { code })
  await here.tick()
  return {
    ...{ ...here, ada, bob, code, done, excess },
    /** The row of a member, as Bob is told. */
    row: (member: number) =>
      Object.values(bob.room().told('players')).find(({ owner }) => owner === member),
  }
}
