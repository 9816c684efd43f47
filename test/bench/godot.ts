import { join } from 'node:path'
import { direct } from '../support/director.ts'
import { findEngine, type GodotName, runScript } from '../support/engines.ts'
import '../support/import.ts'
import { alone, type Figure, type Workload } from './figures.ts'

const ENGINES: readonly (readonly [GodotName, 'godot3' | 'godot4'])[] = [
  ['godot4', 'godot4'],
  ['godot3', 'godot3'],
  ['godot32', 'godot3'],
]
const CLIENTS = join(import.meta.dirname, '../../godot-client')

/** Microseconds of the frames of one run. */
interface Cost {
  readonly median: number
  readonly p99: number
  readonly total: number
}

/** What the add-ons cost a frame of the game, idle and at 1,000 messages a second. */
export const godot: Workload = {
  name: 'godot',
  async run() {
    const figures: Figure[] = []
    for (const [engine, project] of ENGINES) {
      const path = findEngine(engine)
      if (path) figures.push(...(await measure(engine, path, project)))
      else console.log(`  ${engine} is not installed; left out`)
    }
    return figures
  },
}

async function measure(engine: GodotName, path: string, project: string): Promise<Figure[]> {
  const endings: (() => unknown)[] = []
  const t = { teardown: (ending: () => unknown) => void endings.unshift(ending) }
  try {
    const places = await direct(t, 1)
    const { tap, failure } = await runScript(t, engine, path, {
      project: join(CLIENTS, project),
      script: 'res://test/bench.gd',
      env: { ESTRAGON_STAGE: JSON.stringify(places) },
    })
    const line = tap.split('\n').find((text) => text.startsWith('{"'))
    if (failure || !line) throw new Error(`${engine}: ${failure ?? tap}`)
    const { idle, busy, messages } = JSON.parse(line) as Record<'idle' | 'busy', Cost> & {
      readonly messages: number
    }
    return [
      alone(`${engine}: a frame, idle`, 'µs', [idle.median]),
      alone(`${engine}: a frame at 1,000 messages/s`, 'µs', [busy.median]),
      alone(`${engine}: one message of these`, 'µs', [(busy.total - idle.total) / messages]),
    ]
  } finally {
    for (const ending of endings) await ending()
  }
}
