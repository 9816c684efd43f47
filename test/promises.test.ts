import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import ts from 'typescript'

const ROOT = new URL('../', import.meta.url)
const FOLDERS = ['test', 'godot-client/godot4/test', 'godot-client/godot3/test']
/** What a title fills in. */
const FILLED = '…'

interface Promised {
  readonly row: string
  readonly what: string
  readonly titles: readonly string[]
}

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(new URL(folder, ROOT), { recursive: true })
    .map((path) => `${folder}/${String(path).replaceAll('\\', '/')}`)
    .filter((path) => /\.(ts|gd)$/.test(path) && !path.includes('node_modules'))
    .map((path) => ({ path, text: readFileSync(new URL(path, ROOT), 'utf8') })),
)
const titles = new Set(sources.flatMap(({ path, text }) => titlesIn(path, text)))
const promises = promisesIn(readFileSync(new URL('promises.md', import.meta.url), 'utf8'))

t.test('each promise is shown by tests that there are', async (t) => {
  const unknown = promises.flatMap(({ row, titles: shownBy }) =>
    shownBy.filter((title) => !titles.has(title)).map((title) => `${row}: ${title}`),
  )

  t.strictSame(unknown, [])
})

t.test('each row is promised once, in its place, in words, and shown by something', async (t) => {
  const rows = promises.map(({ row }) => row)
  const empty = promises.filter((one) => one.what === '' || one.titles.includes(''))

  t.equal(new Set(rows).size, rows.length)
  t.strictSame(rows, [...rows].sort(inOrder))
  t.ok(rows.length >= SEED_ROWS, `${rows.length} rows`)
  t.strictSame(empty, [])
})

t.test('a title is a sentence, and the row it shows stands in promises.md alone', async (t) => {
  const numbered = [...titles].filter((title) => /^[SN]\d\.\d+ /.test(title))

  t.strictSame(numbered, [])
})

t.test('a title that no test has, or has no longer, is noticed', async (t) => {
  const [promised] = promisesIn('| N9.9 | a thing: it is seen | it is seen, over … · it is not |')
  const known = new Set(titlesIn('a.test.ts', 't.test(`it is seen, over $' + '{over}`, run)'))

  t.strictSame(
    promised?.titles.map((title) => known.has(title)),
    [true, false],
  )
})

/** The rows that the five documents ask for. */
const SEED_ROWS = 92

/** The documents’ rows before those that came later; each part and row as it is counted. */
function inOrder(one: string, other: string): number {
  const [placed, next] = [one, other].map((row) => row.replace('S', '0.').replace('N', '1.'))
  return (placed ?? '').localeCompare(next ?? '', 'en', { numeric: true })
}

function promisesIn(text: string): readonly Promised[] {
  return [...text.matchAll(/^\| ([SN]\d\.\d+) \| (.+) \| (.*) \|$/gm)].map(
    ([, row = '', what = '', shownBy = '']) => ({ row, what, titles: shownBy.split(' · ') }),
  )
}

/** Every text and every name of a method: a title is one of them. */
function titlesIn(path: string, text: string): readonly string[] {
  if (path.endsWith('.gd')) return [...text.matchAll(/"([^"\n]+)"/g)].map(([, title = '']) => title)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) found.push(node.text)
    if (ts.isTemplateExpression(node)) found.push(filled(node))
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest))
  return found
}

function filled({ head, templateSpans }: ts.TemplateExpression): string {
  return head.text + templateSpans.map(({ literal }) => FILLED + literal.text).join('')
}
