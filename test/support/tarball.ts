import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { buildPage } from '../../web-client/build.ts'
import { DOCUMENTS } from './documents.ts'
import { environment } from './program.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')

/** A folder that was empty, in which this package and some others are installed. */
export async function installed(t: Pick<Test, 'teardown'>, others: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'estragon-package-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const project = join(folder, 'project')
  await mkdir(project)
  const tarball = await packed(folder)
  await writeFile(join(project, 'package.json'), '{"type":"module","private":true}')
  await npm(project, 'install', ...NO_EXTRAS, tarball, ...others)
  return project
}

const NO_EXTRAS = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']

/** What the package is made of, beside what its lock file names. */
const SOURCES = ['package-lock.json', 'tsconfig.json']
const SOURCE_FOLDERS = ['protocol', 'server', 'web-client']
const CACHE = join(ROOT, 'node_modules/.cache/packed')

/** The package, made once of the same sources. */
async function packed(folder: string): Promise<string> {
  const kept = join(CACHE, `${await hashOfSources()}.tgz`)
  const isKept = await stat(kept).catch(() => undefined)
  if (isKept) return kept
  const made = await pack(folder)
  await mkdir(CACHE, { recursive: true })
  for (const old of await readdir(CACHE)) await rm(join(CACHE, old), { force: true })
  await copyFile(made, `${kept}.${process.pid}`)
  await rename(`${kept}.${process.pid}`, kept)
  return made
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha1')
  const lists = SOURCE_FOLDERS.map(async (name) =>
    (await readdir(join(ROOT, name), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  )
  const files = [
    ...[...SOURCES, ...(await shipped())].map((name) => join(ROOT, name)),
    ...(await Promise.all(lists)).flat(),
  ]
  for (const file of files.sort())
    hash
      .update(file)
      .update('\0')
      .update(await readFile(file))
  return hash.digest('hex')
}

/** The package as `npm pack` makes it, built beside the checkout so that no other test is disturbed. */
async function pack(folder: string): Promise<string> {
  const copy = join(folder, 'copy')
  for (const name of await shipped()) {
    await mkdir(dirname(join(copy, name)), { recursive: true })
    await copyFile(join(ROOT, name), join(copy, name))
  }
  const build = [TSC, '-p', join(ROOT, 'server/tsconfig.build.json')]
  const env = environment()
  await run(process.execPath, [...build, '--outDir', join(copy, 'dist')], { env })
  await buildPage(join(copy, 'dist/page'))
  await npm(copy, 'pack', '--ignore-scripts', '--pack-destination', folder)
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'))
  return join(folder, tarball ?? 'no tarball')
}

/** What is packed beside what is built. */
async function shipped(): Promise<readonly string[]> {
  const { files } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const lists = (files as string[])
    .filter((pattern) => pattern !== 'dist')
    .map((pattern) =>
      pattern.includes('*')
        ? DOCUMENTS.filter((path) => `${dirname(path)}/*.md` === pattern)
        : [pattern],
    )
  return ['package.json', 'README.md', 'LICENSE', ...lists.flat()]
}

const npm = (cwd: string, ...args: string[]) => run('npm', args, { cwd, env: environment() })
