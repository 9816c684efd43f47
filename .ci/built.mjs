// Builds where the compiler is installed (`npm ci`), and before a start says what is missing.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const has = (path) => existsSync(new URL(`../${path}`, import.meta.url))
const canBuild = has('node_modules/typescript') && has('node_modules/esbuild')

if (process.argv[2] === 'prepare') {
  if (canBuild) {
    const build = spawnSync('npm run build', { cwd: root, shell: true, stdio: 'inherit' })
    process.exitCode = build.status ?? 1
  } else console.log('not built: the development packages are not installed')
} else if (!has('dist/server/main.js')) {
  console.error(
    'estragon is not built yet. Run `npm ci` (with its development packages), then start again.',
  )
  process.exitCode = 1
}
