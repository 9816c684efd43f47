import { readFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LIMITS, MOST_GATHER_MS, RATES } from '../protocol/limits.ts'
import { ACTIONS, role } from '../protocol/rooms.ts'
import {
  array,
  bool,
  check,
  type Fields,
  float64,
  integer,
  object,
  optional,
  record,
  type Schema,
  text,
} from '../protocol/schema.ts'
import type { HubOptions, RoomDefinition } from './server.ts'

/** What a configuration may say: what `createServer` takes of the same names. */
export type Config = Pick<HubOptions, 'rooms' | 'packets' | 'plaza' | 'limits' | 'rates'>

/** What a room's definition says beside its hooks, which only a module can have. */
const definition = object({
  capacity: optional(integer('uint16', { min: 1 })),
  namespaces: optional(array(text({ min: 1, max: 32, pattern: '[a-z0-9_-]+' }), 64)),
  listed: optional(bool()),
  creatable: optional(bool()),
  linger_ms: optional(integer('uint32')),
  gather_ms: optional(integer('uint16', { max: MOST_GATHER_MS })),
  roles: optional(object({ creator: optional(role()), joiner: optional(role()) })),
  permissions: optional(object(fieldsOf(ACTIONS, () => optional(role())))),
})

type Hook = Extract<keyof RoomDefinition<unknown>, `on${string}`>
const HOOKS: Readonly<Record<Hook, true>> = {
  ...{ onCreate: true, onJoin: true, onJoined: true, onLeave: true },
  ...{ onAway: true, onBack: true, onMessage: true, onDispose: true },
}

const rate = object({ per_second: float64({ min: 0 }), burst: integer('uint32', { min: 1 }) })

const config = object({
  rooms: optional(record()),
  plaza: optional(bool()),
  limits: optional(object(fieldsOf(Object.keys(LIMITS), () => optional(integer('uint32'))))),
  rates: optional(object(fieldsOf(Object.keys(RATES), () => optional(rate)))),
})

/**
 * Reads a configuration: JSON, or an ES module (compiled JavaScript) whose exports, or whose default
 * export, say the same and may have hooks. Throws an error that names the place and what was
 * expected there.
 */
export async function readConfig(file: string): Promise<Config> {
  const path = resolve(file)
  const said = extname(path) === '.json' ? await readJson(path, file) : await readModule(path)
  const { rooms = {}, packets, ...rest } = said
  refuse(file, check(config, rest, 'config'))
  if (typeof rooms !== 'object' || rooms === null || Array.isArray(rooms))
    refuse(file, 'config.rooms: expected an object of room definitions, by kind')
  for (const [kind, one] of Object.entries(rooms as Record<string, unknown>))
    refuse(file, problemOf(one, `config.rooms.${kind}`))
  if (packets !== undefined && typeof (packets as { hash?: unknown } | null)?.hash !== 'string')
    refuse(
      file,
      'config.packets: expected what definePackets or acceptPackets returns, of a module',
    )
  return said as Config
}

async function readJson(path: string, file: string): Promise<Record<string, unknown>> {
  const source = await readFile(path, 'utf8')
  try {
    return JSON.parse(source) as Record<string, unknown>
  } catch (error) {
    return refuse(file, `expected JSON: ${(error as Error).message}`)
  }
}

async function readModule(path: string): Promise<Record<string, unknown>> {
  const { default: own, ...named } = (await import(pathToFileURL(path).href)) as {
    readonly default?: Record<string, unknown>
  }
  return { ...named, ...own }
}

function problemOf(one: unknown, place: string): string | undefined {
  if (typeof one !== 'object' || one === null) return `${place}: expected a room definition`
  const said = { ...one } as Record<string, unknown>
  for (const hook of Object.keys(HOOKS) as Hook[]) {
    const value = said[hook]
    delete said[hook]
    if (value !== undefined && typeof value !== 'function')
      return `${place}.${hook}: expected a function`
  }
  delete said.events
  if (said.linger_ms === Number.POSITIVE_INFINITY) delete said.linger_ms
  return check(definition, said, place)
}

function refuse(file: string, problem: string): never
function refuse(file: string, problem: string | undefined): void
function refuse(file: string, problem: string | undefined): void {
  if (problem !== undefined) throw new Error(`${file}: ${problem}`)
}

function fieldsOf(names: readonly string[], schema: () => Schema): Fields {
  return Object.fromEntries(names.map((name) => [name, schema()]))
}
