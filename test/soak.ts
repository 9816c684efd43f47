// `npm run soak -- NAME [--seed N]`: a walk, chaos or kills of the tests at their full size.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const HERE = import.meta.dirname
const ROOT = join(HERE, '..')
/** Only what hangs takes longer. */
const LIMIT_S = 3_600

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' } },
})
const names = readdirSync(HERE)
  .filter((file) => file.endsWith('.test.ts'))
  .filter((file) => /\bsized\(/.test(readFileSync(join(HERE, file), 'utf8')))
  .map((file) => file.slice(0, -'.test.ts'.length))
const unknown = positionals.find((name) => !names.includes(name))
const seed = values.seed

if (positionals.length === 0 || unknown !== undefined) {
  console.error(`usage: npm run soak -- NAME [--seed N]; NAME: expected one of ${names.join(', ')}`)
  process.exitCode = 2
} else if (seed !== undefined && !/^\d{1,10}$/.test(seed)) {
  console.error(`--seed: expected a whole number, got "${seed}"`)
  process.exitCode = 2
} else {
  const files = positionals.map((name) => `test/${name}.test.ts`)
  const args = ['node_modules/tap/dist/esm/run.mjs', '--jobs=1', `--timeout=${LIMIT_S}`, ...files]
  const env = { ...process.env, ESTRAGON_SOAK: '1', ...(seed !== undefined && { SEED: seed }) }
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: 'inherit' })
  child.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
}
