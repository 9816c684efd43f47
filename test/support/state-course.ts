import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  angle,
  choice,
  defineState,
  fixed,
  quaternion,
  ref,
  single,
  table,
  vec2,
  vec3,
} from '../../web-client/client.ts'
import type { Any } from './client.ts'
import { createRandom } from './clock.ts'
import { type Rows, type Scripted, STEP_MS, scripted } from './state-frames.ts'

/** A room with every type of field in it. */
export const ARENA = defineState({
  things: table(
    {
      flag: 'bool',
      small: 'int8',
      big: 'uint32',
      at: fixed(-2000, 2000, 0.25),
      turn: angle(10),
      place: vec2(-1000, 1000, 0.5),
      space: vec3(-10, 10, 0.5),
      way: quaternion(10),
      word: choice('red', 'green', 'blue'),
      other: ref('things'),
      float: 'float64',
      name: 'string',
      any: 'json',
    },
    { write: 'owner' },
  ),
  coins: table({ at: vec2(-1000, 1000, 0.5), left: 'uint8' }, { write: 'host' }),
  round: single({ phase: choice('waiting', 'playing'), ends: 'uint32' }),
})

/** One frame, or a tick in several, and what is heard and seen of it. */
export interface CourseStep {
  readonly now: number
  readonly frames: readonly string[]
  /** What the tables told, such as `things added 3`. */
  readonly heard: readonly string[]
  /** Whether the client asked for a reset. */
  readonly asks: boolean
  /** All rows, by table and slot; only now and then. */
  readonly rows?: Rows
}

/** What became of a room in so many ticks, as the server says and as it has it. */
export interface Course {
  readonly server: Scripted
  readonly steps: readonly CourseStep[]
  /** Where the client had other rows than the room, or told what there was not. */
  readonly wrong: readonly string[]
}

type Random = ReturnType<typeof createRandom>
type Model = Map<string, Map<number, Any>>

/** Some ticks of a busy room: adds, changes, removals, silence, resets, frames that are missing. */
export function course(seed: number, ticks: number): Course {
  const random = createRandom(seed)
  const server = scripted(ARENA)
  const heard: string[] = []
  for (const name of ['things', 'coins', 'round']) listen(server, name, heard)
  server.schema()
  const model: Model = new Map(['things', 'coins', 'round'].map((name) => [name, new Map()]))
  model.get('round')?.set(0, { phase: 'waiting', ends: 0 })
  const [steps, wrong]: [CourseStep[], string[]] = [[], []]
  const frames: string[] = []
  const deliver = server.deliver
  server.deliver = (some) => {
    frames.push(...some.map((one) => Buffer.from(one).toString('hex')))
    deliver(some)
  }
  let isLost = true
  for (let tick = 1, last = 0; tick <= ticks; tick++) {
    server.clock.advance(STEP_MS)
    // Of the ticks without a change the first is told of.
    const isQuiet = random.below(10) === 0
    if (isQuiet && (isLost || last < tick - 1)) continue
    const before = copyOf(model)
    const expected = isQuiet ? { news: {}, heard: [] } : step(random, model)
    const asked = server.asked.length
    frames.length = heard.length = 0
    if (isLost || random.below(40) === 0) {
      server.snapshot(tick, rowsOf(model), random.below(3) === 0 ? 600 : undefined)
      if (isLost)
        wrong.push(...unlike('after a reset', heard.length > 0 || steps.length === 0, true))
      isLost = false
    } else if (random.below(50) === 0) {
      // A frame that is missing: the next one does not follow.
      restore(model, before)
      server.deliver([Uint8Array.of(0x90, 7, ...varuint(tick + 1), 0)])
      isLost = true
    } else {
      server.tell(tick, expected.news, tick - last, random.below(5) === 0)
      wrong.push(...unlike(`tick ${tick}`, [...heard].sort(), [...expected.heard].sort()))
    }
    if (!isLost) last = tick
    const asks = server.asked.length > asked
    if (asks !== isLost) wrong.push(`tick ${tick}: asked for a reset: ${asks}`)
    const rows = tick % 7 === 0 ? rowsOf(model) : undefined
    if (rows) wrong.push(...unlike(`tick ${tick}`, seen(server), rows))
    const now = server.clock.now()
    steps.push({
      now,
      frames: [...frames],
      heard: [...heard].sort(),
      asks,
      ...(rows && { rows }),
    })
  }
  return { server, steps, wrong }
}

/** Writes such a course for engines to go through; its path. */
export function courseFile(folder: string, seed: number, ticks: number): string {
  const { steps } = course(seed, ticks)
  const { hash, schema } = ARENA
  const said = { number: 7, tick_hz: 1_000 / STEP_MS, hash, tables: schema.tables }
  const path = join(folder, 'course.json')
  writeFileSync(path, JSON.stringify({ seed, schema: said, steps }))
  return path
}

/** Changes what the room has; what is to be said of it, and what is to be heard, in order. */
function step(random: Random, model: Model) {
  const [added, changed]: [Any, Any] = [{}, {}]
  const [removed, left]: [Any, Any] = [{}, {}]
  const heard: string[] = []
  for (const [name, rows] of model) {
    const events = { removed: [] as string[], added: [] as string[], changed: [] as string[] }
    if (name !== 'round') {
      for (const slot of [...rows.keys()].sort((one, other) => one - other))
        if (random.below(25) === 0) {
          rows.delete(slot)
          const isLeft = random.below(2) === 0
          const gone = isLeft ? left : removed
          gone[name] = [...(gone[name] ?? []), slot]
          events.removed.push(
            ...(isLeft ? [`${name} left ${slot}`] : []),
            `${name} removed ${slot}`,
          )
        }
      for (let n = random.below(3); n > 0 && rows.size < 30; n--) {
        const slot = random.below(40)
        if (rows.has(slot) || added[name]?.[slot]) continue
        added[name] = { ...added[name], [slot]: someValue(random, name) }
      }
      for (const slot of Object.keys(added[name] ?? {}).map(Number)) {
        events.added.push(`${name} added ${slot}`)
      }
    }
    for (const [slot, row] of [...rows].sort(([one], [other]) => one - other)) {
      if (random.below(2) === 0) continue
      const next = someValue(random, name)
      const fields = Object.keys(next).filter((field) => field !== 'owner' && random.below(3) === 0)
      const news = Object.fromEntries(fields.map((field) => [field, next[field]]))
      const others = fields.filter(
        (field) => JSON.stringify(row[field]) !== JSON.stringify(next[field]),
      )
      if (others.length === 0) continue
      changed[name] = { ...changed[name], [slot]: news }
      rows.set(slot, { ...row, ...news })
      events.changed.push(`${name} changed ${slot} ${others}`)
    }
    for (const [slot, row] of Object.entries(added[name] ?? {})) rows.set(Number(slot), row)
    heard.push(...events.removed, ...events.added, ...events.changed)
  }
  return { news: { added, changed, removed, left }, heard }
}

/** A row of this table by chance, of values that the wire has exactly. */
function someValue(random: Random, name: string): Any {
  const half = (most: number) => (random.below(4 * most + 1) - 2 * most) / 2
  if (name === 'coins') return { at: { x: half(1_000), y: half(1_000) }, left: random.below(256) }
  if (name === 'round')
    return { phase: random.pick(['waiting', 'playing']), ends: random.below(2 ** 32) }
  return {
    owner: random.below(4),
    flag: random.below(2) === 1,
    small: random.below(256) - 128,
    big: random.below(2 ** 32),
    at: half(2_000),
    turn: (random.below(1_024) - 512) / (512 / Math.PI),
    place: { x: half(1_000), y: half(1_000) },
    space: { x: half(10), y: half(10), z: half(10) },
    way: random.pick([
      { x: 0, y: 0, z: 0, w: 1 },
      { x: 0, y: 1, z: 0, w: 0 },
      { x: 0, y: 0, z: -1, w: 0 },
    ]),
    word: random.pick(['red', 'green', 'blue']),
    other: random.below(41) - 1,
    float: random.float(),
    name: random.pick(['', 'Ada', 'Zoë', 'a longer name than the others']),
    any: random.pick([null, 3, { deep: [1, 'two'] }]),
  }
}

function listen({ tables }: Scripted, name: string, heard: string[]): void {
  for (const event of ['added', 'removed', 'left', 'changed'])
    tables[name].on(event, ({ slot }: Any, fields?: readonly string[]) =>
      heard.push(`${name} ${event} ${slot}${fields ? ` ${fields}` : ''}`),
    )
}

/** What the client has, as plain objects. */
const seen = ({ tables }: Scripted): Rows =>
  Object.fromEntries(
    ['things', 'coins', 'round'].map((name) => [
      name,
      Object.fromEntries(
        [...tables[name]].map((row: Any) => {
          const fields = Object.keys(someValue(createRandom(1), name))
          return [row.slot, Object.fromEntries(fields.map((field) => [field, row[field]]))]
        }),
      ),
    ]),
  )

const rowsOf = (model: Model): Rows =>
  Object.fromEntries([...model].map(([name, rows]) => [name, Object.fromEntries(rows)]))

const copyOf = (model: Model): Model =>
  new Map([...model].map(([name, rows]) => [name, new Map(rows)]))

function restore(model: Model, before: Model): void {
  for (const [name, rows] of before) model.set(name, rows)
}

const unlike = (place: string, found: unknown, wanted: unknown): string[] => {
  const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)]
  return one === other ? [] : [`${place}: ${one}, expected ${other}`]
}

function varuint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varuint(value >>> 7)]
}
