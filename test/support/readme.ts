import { readFileSync } from 'node:fs'

const README = 'README.md'

/** A block of code of the README. */
export interface Block {
  /** Its section, language and place among those of that language there: `Channels ts 1`. */
  readonly name: string
  readonly language: string
  readonly code: string
}

/** Every block of code, in order. */
export function readBlocks(path = README): readonly Block[] {
  const counts = new Map<string, number>()
  let section = 'Estragon'
  const blocks: Block[] = []
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  for (const [, heading, language = '', code = ''] of text.matchAll(PARTS)) {
    if (heading !== undefined) section = heading
    else {
      const kind = `${section} ${language}`
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
      blocks.push({ name: `${kind} ${counts.get(kind)}`, language, code })
    }
  }
  return blocks
}

const PARTS = /^## ([^\n]*)$|^```(\w+)\n(.*?)^```$/gms

/** The blocks of one section of both add-ons' READMEs, by their engines: `godot4: Rooms gdscript 1`. */
export const readAddOnBlocks = (section: string): readonly Block[] =>
  ['godot4', 'godot3'].flatMap((engine) =>
    readBlocks(`godot-client/${engine}/addons/estragon/README.md`)
      .filter(({ name }) => name.startsWith(`${section} `))
      .map((block) => ({ ...block, name: `${engine}: ${block.name}` })),
  )
