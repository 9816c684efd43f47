import { join } from 'node:path'
import { angle, defineState, fixed, table } from '../../protocol/state.ts'
import { type Column, difference, quantise } from '../../protocol/state-columns.ts'
import { readStateFrame } from '../../protocol/state-frame.ts'
import { stateFrames } from '../../protocol/state-split.ts'
import { createRandom } from '../support/clock.ts'
import { findEngine, type GodotName, runScript } from '../support/engines.ts'
import '../support/import.ts'
import { alone, bounded, type Figure, type Workload } from './figures.ts'

const ENGINES: readonly (readonly [GodotName, 'godot3' | 'godot4', most: number])[] = [
  ['godot4', 'godot4', 50],
  ['godot3', 'godot3', 150],
  ['godot32', 'godot3', 150],
]
const CLIENTS = join(import.meta.dirname, '../../godot-client')
const [ROWS, FRAMES] = [100, 40]

const WALKING = defineState({
  walkers: table({ x: fixed(-2000, 2000, 0.01), y: fixed(-2000, 2000, 0.01), turn: angle(10) }),
})

/** What a frame costs in which 100 rows of three fields have moved: its size, and reading it. */
export const stateDecode: Workload = {
  name: 'state-decode',
  async run(quick) {
    const frames = walked()
    const bytes = frames.map(({ length }) => length)
    const figures: Figure[] = [
      alone('300 changes: size of a frame', 'bytes', bytes),
      alone('node: read', 'µs', inNode(frames, quick ? 2_000 : 20_000)),
    ]
    for (const [engine, project, most] of ENGINES) {
      const path = findEngine(engine)
      if (!path) console.log(`  ${engine} is not installed; left out`)
      else {
        const cost = await inEngine(engine, path, project, frames)
        const figure = alone(`${engine}: read`, 'µs', [cost])
        figures.push(bounded(figure, `at most ${most} µs`, cost <= most))
      }
    }
    return figures
  },
}

/** Frames of rows that all move: up to 10 a tick, round at 1,000, and turn by up to 10°. */
function walked(): Uint8Array[] {
  const random = createRandom(1)
  const columns = WALKING.columns.tables[0]?.columns ?? []
  const slots = Array.from({ length: ROWS }, (_, slot) => slot)
  const rows = { slots, n: ROWS, isAll: true }
  const values = columns.map(() => slots.map(() => random.float() * 1_000))
  return Array.from({ length: FRAMES }, (_, tick) => {
    const changes = columns.map((column, index) => ({
      ...{ column: index, rows },
      values: Int32Array.from(slots, (slot) => moved(column, values[index] ?? [], slot)),
    }))
    const head = { room: 7, tick: tick + 1, back: 1, isReset: false, isAbsolute: false }
    return stateFrames(head, WALKING.columns, [
      { op: 'update', table: 0, changes },
    ])[0] as Uint8Array
  })

  function moved(column: Column, all: number[], slot: number): number {
    const before = all[slot] as number
    const most = column.wraps ? (10 * Math.PI) / 180 : 10
    const after = (before + random.float() * most) % 1_000
    all[slot] = after
    return difference(column, quantise(column, before), quantise(column, after))
  }
}

function inNode(frames: readonly Uint8Array[], times: number): number[] {
  return Array.from({ length: 5 }, () => {
    const began = performance.now()
    for (let index = 0; index < times; index++)
      readStateFrame(frames[index % frames.length] as Uint8Array, WALKING.columns)
    return ((performance.now() - began) * 1_000) / times
  })
}

async function inEngine(
  engine: GodotName,
  path: string,
  project: string,
  frames: readonly Uint8Array[],
): Promise<number> {
  const told = frames.map((frame) => Buffer.from(frame).toString('hex'))
  const endings: (() => unknown)[] = []
  const t = { teardown: (ending: () => unknown) => void endings.unshift(ending) }
  try {
    const { tap, failure } = await runScript(t, engine, path, {
      project: join(CLIENTS, project),
      script: 'res://test/states_bench.gd',
      env: { ESTRAGON_FRAMES: JSON.stringify({ schema: WALKING.schema, frames: told }) },
    })
    const line = tap.split('\n').find((text) => text.startsWith('{"'))
    if (failure || !line) throw new Error(`${engine}: ${failure ?? tap}`)
    return (JSON.parse(line) as { decode: number }).decode
  } finally {
    for (const ending of endings) await ending()
  }
}
