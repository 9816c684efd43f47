import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { type Notation, schemaOf } from '../protocol/notation.ts'
import { definePackets } from '../protocol/packet-set.ts'
import { twinOf } from '../protocol/twin.ts'
import { createRandom, seedOf } from './support/clock.ts'
import { type GodotName, needEngine, startGodot } from './support/engines.ts'
import { packedBy, randomNotation, randomValue } from './support/schemapack.ts'

const ENGINES: readonly (readonly [GodotName, 'godot3' | 'godot4', mutants: number])[] = [
  ['godot32', 'godot3', 20_000],
  ['godot3', 'godot3', 100_000],
  ['godot4', 'godot4', 100_000],
]
const PATIENCE_MS = 240_000
/** Of a frame that is mutated, in bytes. */
const LARGEST = 400

for (const [engine, project, mutants] of ENGINES)
  t.test(`the codec of ${engine} is SchemaPack’s, and takes any bytes`, (t) =>
    replay(t, engine, project, mutants),
  )

/** Has the engine read and write what SchemaPack wrote, then read what was mutated. */
async function replay(t: Test, engine: GodotName, project: string, mutants: number) {
  const path = needEngine(t, engine)
  if (path === undefined) return
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const folder = mkdtempSync(join(tmpdir(), 'estragon-packing-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'packing.json')
  writeFileSync(file, JSON.stringify({ seed, mutants, ...cases(seed) }))

  const godot = startGodot(t, engine, path, {
    project: fileURLToPath(new URL(`../godot-client/${project}`, import.meta.url)),
    script: 'res://test/packing.gd',
    env: { ESTRAGON_PACKING: file },
  })
  const bound = setTimeout(() => void godot.close(), PATIENCE_MS) // awaited as `ended`
  const { code, signal } = await godot.ended
  clearTimeout(bound)

  t.equal(code, 0, `ended with ${signal ?? code}`)
  t.strictSame(complaints([...godot.lines.items, ...godot.complaints.items]), [])
  const tapStream = Readable.from([godot.lines.items.map((line) => `${line}\n`).join('')])
  await t.stdin('in the engine', { tapStream })
}

/** What an engine says of a failure; at its start, Godot 3.2 finds fault with the machine. */
const complaints = (lines: readonly string[]): string[] =>
  lines.filter(
    (line) =>
      /ERROR|WARNING/.test(line) && !/locale|get_language_code|make_dir_recursive/.test(line),
  )

function cases(seed: number) {
  const { below } = createRandom(seed)
  const packed = Array.from({ length: 1_000 }, () => {
    const notation = randomNotation(below)
    const value = randomValue(notation, below)
    const schema = schemaOf(notation, 'it')
    const json = twinOf(schema)?.toJson(value) ?? value
    return { schema, value: readable(json), hex: packedBy(notation, value).toString('hex') }
  })
  const frames = Array.from({ length: 100 }, () => framed(below))
  return { packed, frames }
}

/** A frame of a few hundred bytes at most, and the packets it is of. */
function framed(below: (below: number) => number): { types: object[]; hex: string } {
  const x = randomNotation(below) as Notation
  const packets = definePackets({ It: { data: { x, p: 'packer' } }, Slap: {} })
  const data = { x: randomValue(x, below), p: [{ a: 'é', b: [1.5, -3, 'x'.repeat(40)] }] }
  const bundle = ['Bundle', [['Slap'], ['Bundle', [['It', data]]], ['It', data]]] as const
  const frame = packets.frame({ id: below(1_000), room: 'K7QF2M', from: below(300) }, bundle)
  if (frame.length > LARGEST) return framed(below)
  const types = packets.types.map(({ name, isBundle: is_bundle, schema }) => ({
    ...{ name, schema, is_bundle },
  }))
  return { types, hex: Buffer.from(frame).toString('hex') }
}

/** Without the numbers whose exponents Godot's JSON reads with a warning; null is not compared. */
function readable(value: unknown): unknown {
  if (typeof value === 'number') {
    const size = Math.abs(value)
    return size > 1e30 || (size > 0 && size < 1e-30) ? null : value
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(readable)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, readable(one)]))
}
