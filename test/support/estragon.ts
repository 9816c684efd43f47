import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { type Test, t } from 'tap'
import type { WebSocketConstructor } from '../../web-client/link.ts'
import { openRaw, type RawClient } from './client.ts'
import { type Ending, type Program, startProgram } from './program.ts'
import { NodeSocket } from './world.ts'

const ROOT = new URL('../../', import.meta.url)
/** The command line, from its source. */
export const NODE = [process.execPath, '--import', 'ts-node/import', 'server/main.ts']
/** The same, built: it starts in a tenth of the time, and without tap's hooks in NODE_OPTIONS. */
export const BUILT = ['env', '-u', 'NODE_OPTIONS', process.execPath, build()]
/** A stop takes no longer, whatever the clients do. */

export interface Settings {
  readonly env?: Readonly<Record<string, string>>
  /** What runs it, where it is not node alone. */
  readonly command?: readonly string[]
}

/** The server’s process, from the command line. */
export type Estragon = Awaited<ReturnType<typeof listening>>

/** The command line with these words after it; the first line says the process's own id. */
export function start(
  t: Pick<Test, 'teardown'>,
  words: readonly string[],
  { env = {}, command = BUILT }: Settings = {},
): Program {
  const shell = ['-c', 'echo $$; exec "$@"', 'sh', ...command, ...words]
  return startProgram(t, 'sh', shell, { cwd: ROOT.pathname, env: { ...CLEAN, ...env } })
}

/** No setting of the machine's gets in, and no file is left in the checkout. */
const CLEAN = {
  ...{ PORT: undefined, HOST: undefined, npm_lifecycle_event: undefined },
  ...{ ESTRAGON_LOG: undefined, ESTRAGON_DEV: undefined, ESTRAGON_CONFIG: undefined },
  ...{ ESTRAGON_ORIGINS: undefined, ESTRAGON_CERT: undefined, ESTRAGON_KEY: undefined },
  ...{ ESTRAGON_REQUIRE_TICKET: undefined, ESTRAGON_TRUST_PROXY: undefined },
  ...{ ESTRAGON_PAGE: undefined, ESTRAGON_ISOLATION: undefined, ESTRAGON_GREETING: undefined },
  SOCKET_AUTH: undefined,
  ESTRAGON_DATA: ':memory:',
}

/** Runs it to its end. */
export async function ending(
  t: Pick<Test, 'teardown'>,
  words: readonly string[],
  settings?: Settings,
) {
  const { lines, complaints, ended } = start(t, words, settings)
  const { code } = await ended
  return { code, output: lines.items.slice(1), errors: complaints.items }
}

/** Starts it and waits for the line that says where it listens. */
export async function listening(t: Test, words: readonly string[], settings?: Settings) {
  const program = start(t, words, settings)
  const raw = await program.lines.until((one) => LISTENING.test(one), 'where it listens')
  const line = raw.trimEnd()
  const [, host = '', port = ''] = LISTENING.exec(line) ?? []
  const pid = Number(program.lines.items[0])
  const kill = (signal: NodeJS.Signals) => void process.kill(pid, signal)
  return {
    program,
    pid,
    line,
    host,
    port: Number(port),
    kill,
    /** A client, dropped with the test. */
    async client(
      Socket: WebSocketConstructor = NodeSocket,
      url = `ws://127.0.0.1:${port}`,
    ): Promise<RawClient> {
      const client = await openRaw(Socket, url)
      t.teardown(client.drop)
      return client
    },
    logs: (what: string) => program.lines.until((one) => one.includes(what), what),
    /** Everything it has said so far. */
    said: () => [...program.lines.items, ...program.complaints.items].join('\n'),
    /** Sends a signal; resolves with how the process ended. */
    stop(signal: NodeJS.Signals): Promise<Ending> {
      kill(signal)
      return program.ended
    },
  }
}

const LISTENING = /^server listening on (\S+):(\d+)\s*$/

/** Runs something as nobody in particular, whom rights bind as they do not bind root. */
export function asAnyone(): readonly string[] | undefined {
  if (process.getuid?.() !== 0) return BUILT
  const command = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...BUILT]
  const [program = '', ...args] = [...command, '--version']
  return spawnSync(program, args, { cwd: ROOT.pathname }).status === 0 ? command : undefined
}

/** Builds beside the packages it needs; it goes with the test. */
function build(): string {
  const cache = fileURLToPath(new URL('node_modules/.cache/', ROOT))
  mkdirSync(cache, { recursive: true })
  const outdir = mkdtempSync(`${cache}estragon-`)
  t.teardown(() => rmSync(outdir, { recursive: true, force: true }))
  chmodSync(outdir, 0o755)
  writeFileSync(`${outdir}/package.json`, '{"type":"module"}')
  const entryPoints = {
    main: fileURLToPath(new URL('server/main.ts', ROOT)),
    worker: fileURLToPath(new URL('server/store/worker.ts', ROOT)),
  }
  const format = { platform: 'node', format: 'esm', target: 'node20' } as const
  buildSync({ entryPoints, outdir, bundle: true, packages: 'external', ...format })
  return `${outdir}/main.js`
}
