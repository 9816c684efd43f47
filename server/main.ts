#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import pino from 'pino'
import pretty from 'pino-pretty'
import { readConfig } from './config.ts'
import { createServer, type GameServer } from './server.ts'

/** Everything the command line takes; `env` says the same from the environment. */
const OPTIONS = {
  port: { type: 'string', short: 'p', env: 'PORT', value: 'PORT', doc: 'port to listen on (1234)' },
  host: {
    type: 'string',
    short: 'h',
    env: 'HOST',
    value: 'HOST',
    doc: 'address to listen on (0.0.0.0)',
  },
  config: {
    type: 'string',
    env: 'ESTRAGON_CONFIG',
    value: 'FILE',
    doc: 'rooms, limits and rates, from JSON or a compiled module',
  },
  greeting: {
    type: 'boolean',
    env: 'ESTRAGON_GREETING',
    doc: 'greet as the article does, before the welcome',
  },
  dev: { type: 'boolean', env: 'ESTRAGON_DEV', doc: 'development: checks what production trusts' },
  log: {
    type: 'string',
    env: 'ESTRAGON_LOG',
    value: 'LEVEL',
    doc: 'trace, debug, info, warn, error or silent (info)',
  },
  help: { type: 'boolean', doc: 'say this' },
  version: { type: 'boolean', doc: 'say which version this is' },
} as const

interface Settings {
  readonly port: number
  readonly host: string
  readonly config: string | undefined
  readonly greeting: boolean
  readonly dev: boolean
  readonly log: string
}

const DEFAULT_PORT = 1234
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent']
/** A stop that takes longer than this is cut short. */
const STOP_MS = 4_500
const PARENT_CHECK_MS = 250

class UsageError extends Error {}

await run()

async function run(): Promise<void> {
  try {
    const settings = readSettings(process.argv.slice(2), process.env)
    if (typeof settings === 'string') {
      process.stdout.write(`${settings}\n`)
      return
    }
    await start(settings)
  } catch (error) {
    process.stderr.write(`estragon: ${explain(error)}\n`)
    process.exitCode = 1
  }
}

async function start(settings: Settings): Promise<void> {
  const { port, host, config, greeting, dev, log: level } = settings
  const configured = config === undefined ? {} : await readConfig(config)
  const log = process.stdout.isTTY
    ? pino({ level }, pretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }))
    : pino({ level })
  const server = await createServer({ ...configured, port, host, greeting, dev, log })
  stopOnSignal(server)
  process.stdout.write(`server listening on ${server.host}:${server.port}\n`)
  if (process.stdout.isTTY) process.stdout.write(`open http://${reachable(server)}/ in two tabs\n`)
}

/** The first signal says goodbye to everybody; the second ends at once. */
function stopOnSignal(server: GameServer): void {
  let isStopping = false
  const stop = () => {
    if (isStopping) process.exit(1)
    isStopping = true
    setTimeout(() => process.exit(1), STOP_MS).unref()
    void server.close().then(() => process.exit(0))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  if (process.env.npm_lifecycle_event) stopWithParent(stop)
}

/** npm leaves its child behind when it is killed; notice that the parent has changed. */
function stopWithParent(stop: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    stop()
  }, PARENT_CHECK_MS)
  timer.unref()
}

/** What to run with, or the text to print instead. */
function readSettings(args: string[], env: NodeJS.ProcessEnv): Settings | string {
  const { values } = parseArgs({ args, options: OPTIONS, strict: true })
  if (values.help) return help()
  if (values.version) return version()
  const said = (name: 'port' | 'host' | 'config' | 'log') =>
    values[name] ?? (env[OPTIONS[name].env] || undefined)
  const set = (name: 'greeting' | 'dev') =>
    values[name] ?? ['1', 'true'].includes(env[OPTIONS[name].env] ?? '')
  const log = said('log') ?? 'info'
  if (!LEVELS.includes(log))
    throw new UsageError(`--log: expected one of ${LEVELS.join(', ')}, got "${log}"`)
  return {
    port: readPort(said('port')),
    host: said('host') ?? '0.0.0.0',
    config: said('config'),
    greeting: set('greeting'),
    dev: set('dev'),
    log,
  }
}

function readPort(text = `${DEFAULT_PORT}`): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new UsageError(`--port: expected a number from 0 to 65535, got "${text}"`)
}

function explain(error: unknown): string {
  const { code, message, port, address } = error as NodeJS.ErrnoException & {
    port?: number
    address?: string
  }
  if (code === 'EADDRINUSE') return `port ${port} is in use; choose another with --port`
  if (code === 'EACCES') return `port ${port} needs more rights; choose one above 1023 with --port`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `--host: this machine has no address ${address ?? ''}; try 127.0.0.1 or 0.0.0.0`
  const isUsage = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS')
  return isUsage ? `${message.split('\n')[0]}; see --help` : message
}

function help(): string {
  const lines = Object.entries(OPTIONS).map(([name, option]) => {
    const short = 'short' in option ? `-${option.short}, ` : '    '
    const value = 'value' in option ? ` ${option.value}` : ''
    const env = 'env' in option ? ` [${option.env}]` : ''
    return `  ${`${short}--${name}${value}`.padEnd(22)} ${option.doc}${env}`
  })
  return [
    'estragon: a game networking server for Godot and the web',
    '',
    'usage: estragon [options]',
    '',
    ...lines,
  ].join('\n')
}

function version(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
        version: string
      }
      return version
    } catch {}
  }
  return 'unknown'
}

function reachable({ host, port }: GameServer): string {
  return `${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`
}
