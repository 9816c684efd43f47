import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { anchorsOf } from '../../protocol/generate/markdown.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FOLDERS = ['', '.github', 'protocol', 'server', 'web-client', 'godot-client'] as const
const ADD_ONS = ['godot4', 'godot3'].map((name) => `godot-client/${name}/addons/estragon`)
const CLASSES = ['godot4', 'godot3'].map((name) => `godot-client/${name}`)

/** Every document that people read, by its path from the root. */
export const DOCUMENTS: readonly string[] = [...FOLDERS, ...ADD_ONS, ...CLASSES].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
)

export const readDocument = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** The links of a document that lead nowhere: to no file, or to no heading of it. */
export function deadLinks(path: string, text = readDocument(path)): readonly string[] {
  const prose = text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^https?:/.test(target) && !leads(path, text, target))
}

function leads(path: string, text: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const at = file === '' ? path : normalize(join(dirname(path), file))
  if (!existsSync(join(ROOT, at))) return false
  if (anchor === undefined) return true
  return anchorsOf(at === path ? text : readDocument(at)).has(anchor)
}
