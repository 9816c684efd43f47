import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import ts from 'typescript'

const ROOT = new URL('../../', import.meta.url)

/** A file of the house, and what it imports: other files, and packages. */
export interface Room {
  readonly path: string
  readonly files: readonly string[]
  readonly packages: readonly string[]
}

/** The files under these folders whose names end so, by their paths from the root. */
export const filesIn = (folders: readonly string[], end: string): readonly string[] =>
  folders.flatMap((folder) =>
    readdirSync(new URL(folder, ROOT), { recursive: true })
      .map((path) => `${folder}/${String(path).replaceAll('\\', '/')}`)
      .filter((path) => path.endsWith(end) && !path.endsWith('.d.ts')),
  )

export const textOf = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')

export function roomOf(path: string, text = textOf(path)): Room {
  const specifiers = ts.preProcessFile(text, true, true).importedFiles.map((one) => one.fileName)
  return {
    path,
    files: specifiers
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => posix.join(posix.dirname(path), specifier)),
    packages: specifiers.filter((specifier) => !specifier.startsWith('.')),
  }
}

/** Files that import each other, directly or by way of others (Tarjan, 1972). */
export function circlesIn(rooms: readonly Room[]): readonly (readonly string[])[] {
  const imports = new Map(rooms.map(({ path, files }) => [path, files]))
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const circles: string[][] = []

  const visit = (path: string): void => {
    order.set(path, order.size)
    lowest.set(path, order.size - 1)
    open.push(path)
    for (const next of imports.get(path) ?? []) {
      if (!imports.has(next)) continue
      if (!order.has(next)) visit(next)
      if (open.includes(next)) lower(path, lowest.get(next))
    }
    if (lowest.get(path) !== order.get(path)) return
    const circle = open.splice(open.indexOf(path))
    if (circle.length > 1) circles.push(circle.sort())
  }
  const lower = (path: string, to = Number.POSITIVE_INFINITY) =>
    lowest.set(path, Math.min(lowest.get(path) ?? to, to))

  for (const { path } of rooms) if (!order.has(path)) visit(path)
  return circles
}
