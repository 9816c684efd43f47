import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'

const DEMO = fileURLToPath(new URL('demo/', import.meta.url))
const PAGE = fileURLToPath(new URL('../dist/page/', import.meta.url))
const AS_THEY_ARE = ['index.html', 'favicon.svg']

/** Builds the demo into `folder`, from which the server serves it at `/`. */
export async function buildPage(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await build({
    absWorkingDir: DEMO,
    entryPoints: ['page.ts', 'page.css'],
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: '[name]',
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    logLevel: 'warning',
    plugins: [withoutSentences],
  })
  for (const name of AS_THEY_ARE) await copyFile(join(DEMO, name), join(folder, name))
}

/** The tables' sentences are for people who read LIMITS.md; those of errors are told to visitors. */
const withoutSentences: Plugin = {
  name: 'without sentences',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]protocol[\\/]\w+\.ts$/ }, async ({ path }) => {
      if (path.endsWith('errors.ts')) return undefined
      const source = await readFile(path, 'utf8')
      return { contents: source.replace(SENTENCES, "$1''"), loader: 'ts' }
    })
  },
}

/** `doc: '…'` and `about('…'`, in either quotes. */
const SENTENCES = /(\bdoc:\s*|\babout\(\s*)(?:'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)/g

/** What a visitor downloads: `page.js 12.3 kB compressed`. */
async function sizes(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).sort()
  return Promise.all(
    names.map(async (name) => {
      const { length } = gzipSync(await readFile(join(folder, name)))
      return `${name} ${(length / 1000).toFixed(1)} kB compressed`
    }),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPage(PAGE)
  for (const line of await sizes(PAGE)) console.log(line)
}
