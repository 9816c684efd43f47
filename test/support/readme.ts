import { readFileSync } from 'node:fs'

/** What a newcomer walks along: each block of code in these is run. */
export const GUIDES = [
  ...['README.md', 'godot-client/README.md', 'web-client/README.md'],
  ...['server/README.md', 'server/OPERATING.md', '.github/CONTRIBUTING.md'],
] as const

/** A block of code of a guide. */
export interface Block {
  /** Its section, language and place among those of that language there: `Channels ts 1`. */
  readonly name: string
  readonly language: string
  readonly code: string
}

/** Every block of code, in order; sections of the same name, in whichever document, are refused. */
export function readBlocks(paths: readonly string[] = GUIDES): readonly Block[] {
  const counts = new Map<string, number>()
  const sections = new Set<string>()
  return paths.flatMap((path) => {
    let section = 'Estragon'
    const blocks: Block[] = []
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
    for (const [, heading, language = '', code = ''] of text.matchAll(PARTS)) {
      if (heading !== undefined) {
        if (sections.has(heading)) throw new Error(`${path}: "${heading}" is a section already`)
        sections.add(heading)
        section = heading
      } else {
        const kind = `${section} ${language}`
        counts.set(kind, (counts.get(kind) ?? 0) + 1)
        blocks.push({ name: `${kind} ${counts.get(kind)}`, language, code })
      }
    }
    return blocks
  })
}

const PARTS = /^## ([^\n]*)$|^```(\w+)\n(.*?)^```$/gms

/** The blocks of one section of both add-ons' READMEs, by their engines: `godot4: Rooms gdscript 1`. */
export const readAddOnBlocks = (section: string): readonly Block[] =>
  ['godot4', 'godot3'].flatMap((engine) =>
    readBlocks([`godot-client/${engine}/addons/estragon/README.md`])
      .filter(({ name }) => name.startsWith(`${section} `))
      .map((block) => ({ ...block, name: `${engine}: ${block.name}` })),
  )
