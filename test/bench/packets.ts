import { join } from 'node:path'
import { definePackets } from '../../protocol/packet-set.ts'
import { findEngine, type GodotName, runScript } from '../support/engines.ts'
import '../support/import.ts'
import { alone, bounded, type Figure, spreadOf, type Workload } from './figures.ts'

const ENGINES: readonly (readonly [GodotName, 'godot3' | 'godot4'])[] = [
  ['godot4', 'godot4'],
  ['godot3', 'godot3'],
  ['godot32', 'godot3'],
]
const CLIENTS = join(import.meta.dirname, '../../godot-client')

const PACKETS = definePackets({ Position: { data: { x: 'float32', y: 'float32', z: 'float32' } } })
const DATA = { x: 512.25, y: 384.5, z: -1.5703125 }
const PACKET = ['Position', DATA] as const
const TEXT = JSON.stringify({ type: 'packet', data: { name: 'Position', data: DATA } })

/** How many times what the engine takes to parse it JSON of a server with the same tables may take. */
const MOST_AGREED: Readonly<Record<GodotName, number>> = { godot4: 6.7, godot3: 4.6, godot32: 4.6 }

/**
 * Nanoseconds of one call each; `receive`: parsed and checked, as the packet is; `agreed`: no more
 * than is needed of a server with the same tables.
 */
interface Costs {
  readonly pack: number
  readonly stringify: number
  readonly unpack: number
  readonly parse: number
  readonly receive: number
}

interface EngineCosts extends Costs {
  readonly agreed: number
}

/** A position of three numbers as a packet and as the JSON that says the same: size and time. */
export const packets: Workload = {
  name: 'packets',
  async run(quick) {
    const bytes = PACKETS.frame({}, PACKET).length
    const figures = [
      atMost(against('a position: size', 'bytes', bytes, TEXT.length), 1 / 3),
      ...figuresOf('node', inNode(quick ? 100_000 : 1_000_000)),
    ]
    for (const [engine, project] of ENGINES) {
      const path = findEngine(engine)
      if (path) {
        const costs = await inEngine(engine, path, project)
        figures.push(...figuresOf(engine, costs), agreedOf(engine, costs))
      } else console.log(`  ${engine} is not installed; left out`)
    }
    return figures
  },
}

function figuresOf(where: string, { pack, stringify, unpack, parse, receive }: Costs): Figure[] {
  const decode = against(`${where}: decode, checked`, 'ns', unpack, receive)
  return [
    against(`${where}: encode`, 'ns', pack, stringify),
    where === 'node' ? decode : atMost(decode, 1),
    against(`${where}: decode, against JSON unchecked`, 'ns', unpack, parse),
  ]
}

function agreedOf(engine: GodotName, { agreed, parse }: EngineCosts): Figure {
  const most = MOST_AGREED[engine]
  const ratio = spreadOf([agreed / parse])
  const figure = {
    ...alone(`${engine}: read JSON of a server with the same tables`, 'ns', [agreed]),
    also: [{ name: 'parse alone', value: spreadOf([parse]), ratio }],
  }
  return bounded(figure, `at most ${most} of parsing alone`, ratio.median <= most)
}

function against(name: string, unit: string, packet: number, json: number): Figure {
  const ratio = spreadOf([packet / json])
  return {
    ...alone(name, unit, [packet]),
    also: [{ name: 'JSON', value: spreadOf([json]), ratio }],
  }
}

function atMost(figure: Figure, most: number): Figure {
  const ratio = figure.also?.[0]?.ratio?.median ?? Number.NaN
  return bounded(figure, `at most ${most === 1 ? '1' : '1/3'} of JSON`, ratio <= most)
}

function inNode(times: number): Costs {
  const frame = PACKETS.frame({}, PACKET)
  const message = JSON.parse(TEXT)
  const time = (run: () => unknown) => {
    const costs = Array.from({ length: 5 }, () => {
      const began = performance.now()
      for (let index = 0; index < times; index++) run()
      return ((performance.now() - began) * 1e6) / times
    })
    return spreadOf(costs).median
  }
  return {
    pack: time(() => PACKETS.frame({}, PACKET)),
    stringify: time(() => JSON.stringify(message)),
    unpack: time(() => PACKETS.open(frame)),
    parse: time(() => JSON.parse(TEXT)),
    receive: time(() => {
      const { name, data } = JSON.parse(TEXT).data
      return PACKETS.fromJson(name, data)
    }),
  }
}

async function inEngine(engine: GodotName, path: string, project: string): Promise<EngineCosts> {
  const types = PACKETS.types.map(({ name, isBundle: is_bundle, schema }) => ({
    ...{ name, schema, is_bundle },
  }))
  const about = { hash: PACKETS.hash, types, packet: PACKET, text: TEXT }
  const endings: (() => unknown)[] = []
  const t = { teardown: (ending: () => unknown) => void endings.unshift(ending) }
  try {
    const { tap, failure } = await runScript(t, engine, path, {
      project: join(CLIENTS, project),
      script: 'res://test/packing_bench.gd',
      env: { ESTRAGON_PACKETS: JSON.stringify(about) },
    })
    const line = tap.split('\n').find((text) => text.startsWith('{"'))
    if (failure || !line) throw new Error(`${engine}: ${failure ?? tap}`)
    return JSON.parse(line) as EngineCosts
  } finally {
    for (const ending of endings) await ending()
  }
}
