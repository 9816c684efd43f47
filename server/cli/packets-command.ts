import { writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { GENERATIONS, type Generation, packetsScript } from '../../protocol/generate/packets.ts'
import type { PacketSet } from '../../protocol/packet.ts'
import type { Printed } from './commands.ts'
import { helpOf, UsageError } from './settings.ts'

const USAGE = 'estragon packets FILE [options]'
const OPTIONS = {
  godot: { type: 'string', value: '4|3', doc: 'the generation of Godot it is for (4)' },
  out: { type: 'string', value: 'FILE', doc: 'where to write it (standard output)' },
  name: { type: 'string', value: 'NAME', doc: 'what the class is called (GamePackets)' },
  help: { type: 'boolean', doc: 'say this' },
} as const
const ABOUT = [
  'Writes the packets of a game for Godot: a typed class for each, and the table that',
  'Network.packets.use takes. FILE is an ES module (compiled JavaScript) that exports what',
  'definePackets or acceptPackets returns, as `packets` or by default; the web client imports it.',
]

/** Runs `estragon packets …`; throws an Error that says what is wrong. */
export async function runPackets(args: readonly string[]): Promise<Printed> {
  const { values, positionals } = parseArgs({
    args: [...args],
    ...{ options: OPTIONS, strict: true, allowPositionals: true },
  })
  if (values.help) return { text: helpOf(USAGE, OPTIONS, ABOUT) }
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0)
    throw new UsageError('packets: expected one file, a module that exports the packets')
  const [generation, name] = [generationOf(values.godot), nameOf(values.name)]
  const packets = await readPackets(file)
  const text = packetsScript(packets, generation, name)
  if (values.out === undefined) return { text: text.trimEnd() }
  await writeFile(values.out, text)
  const count = packets.types.length
  return { text: '', remark: `${values.out}: ${count} packets of ${basename(file)}` }
}

async function readPackets(file: string): Promise<PacketSet> {
  const { default: own, packets } = await load(file)
  const found = [packets, (own as { packets?: unknown } | undefined)?.packets, own].find(isPackets)
  if (found) return found
  throw new Error(`${file}: expected \`packets\`, made by definePackets, among its exports`)
}

/** What a module of the game's exports; throws an Error that names the file. */
export async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(resolve(file)).href)
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`)
  }
}

function isPackets(value: unknown): value is PacketSet {
  if (typeof value !== 'object' || value === null) return false
  const { hash, types } = value as Partial<PacketSet>
  return typeof hash === 'string' && Array.isArray(types)
}

/** The generation of Godot that an option says. */
export function generationOf(said = '4'): Generation {
  const generation = GENERATIONS.find((one) => one === said)
  if (generation) return generation
  throw new UsageError(`--godot: expected ${GENERATIONS.join(' or ')}, got "${said}"`)
}

/** The name of a class that an option says. */
export function nameOf(name = 'GamePackets'): string {
  if (/^[A-Z][A-Za-z0-9]{0,63}$/.test(name)) return name
  throw new UsageError('--name: expected letters and digits, the first a capital')
}
