import { readFileSync } from 'node:fs'

const PATH = new URL('../../README.md', import.meta.url)

/** A block of code of the README. */
export interface Block {
  /** Its section, language and place among those of that language there: `Channels ts 1`. */
  readonly name: string
  readonly language: string
  readonly code: string
}

/** Every block of code, in order. */
export function readBlocks(): readonly Block[] {
  const counts = new Map<string, number>()
  let section = 'Estragon'
  const blocks: Block[] = []
  for (const [, heading, language = '', code = ''] of readFileSync(PATH, 'utf8').matchAll(PARTS)) {
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
