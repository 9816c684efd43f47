import { parseArgs } from 'node:util'
import { readOrigins } from './transport/origins.ts'

/** What an option is, for `parseArgs` and for `--help`; `env` says the same from the environment. */
interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly env?: string
  readonly value?: string
  readonly doc: string
}

/** Where a command finds what the server keeps. */
export const DATA = {
  type: 'string',
  env: 'ESTRAGON_DATA',
  value: 'FILE',
  doc: 'what keeps players, keys and channels (estragon.db); :memory: keeps nothing',
} as const satisfies Option

/** Everything the command line takes. */
const OPTIONS = {
  port: { type: 'string', short: 'p', env: 'PORT', value: 'PORT', doc: 'port to listen on (1234)' },
  host: {
    type: 'string',
    short: 'h',
    env: 'HOST',
    value: 'HOST',
    doc: 'address to listen on (0.0.0.0)',
  },
  data: DATA,
  config: {
    type: 'string',
    env: 'ESTRAGON_CONFIG',
    value: 'FILE',
    doc: 'rooms, packets, limits and rates, from JSON or a compiled module',
  },
  'require-ticket': {
    type: 'boolean',
    env: 'ESTRAGON_REQUIRE_TICKET',
    doc: 'admit only who brings a ticket made with an access key',
  },
  origins: {
    type: 'string',
    env: 'ESTRAGON_ORIGINS',
    value: 'LIST',
    doc: 'whose pages may connect, such as https://a.example,https://b.example (all)',
  },
  cert: {
    type: 'string',
    env: 'ESTRAGON_CERT',
    value: 'FILE',
    doc: 'serve wss and https with this certificate (PEM)',
  },
  key: { type: 'string', env: 'ESTRAGON_KEY', value: 'FILE', doc: 'and this private key (PEM)' },
  'trust-proxy': {
    type: 'boolean',
    env: 'ESTRAGON_TRUST_PROXY',
    doc: 'behind a proxy: believe its X-Forwarded-For',
  },
  'backend-secret': {
    type: 'string',
    env: 'SOCKET_AUTH',
    value: 'HASH',
    doc: 'admit backends by the secret of this bcrypt hash, plain or in hex (none)',
  },
  greeting: {
    type: 'boolean',
    env: 'ESTRAGON_GREETING',
    doc: 'greet as the article does, before the welcome',
  },
  dev: {
    type: 'boolean',
    env: 'ESTRAGON_DEV',
    doc: 'development: checks what production trusts, prints an access key',
  },
  log: {
    type: 'string',
    env: 'ESTRAGON_LOG',
    value: 'LEVEL',
    doc: 'trace, debug, info, warn, error or silent (info)',
  },
  help: { type: 'boolean', doc: 'say this' },
  version: { type: 'boolean', doc: 'say which version this is' },
} as const satisfies Readonly<Record<string, Option>>

export interface Settings {
  readonly port: number
  readonly host: string
  readonly data: string
  readonly config: string | undefined
  readonly requireTicket: boolean
  readonly origins: readonly string[] | undefined
  /** The files of both. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined
  readonly trustProxy: boolean
  readonly backendSecret: string | undefined
  readonly greeting: boolean
  readonly dev: boolean
  readonly log: string
}

/** The command line is wrong: `--help` says how it should be. */
export class UsageError extends Error {}

/** What to run with, or what to print instead. */
export function readSettings(
  args: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
): Settings | 'help' | 'version' {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true })
  if (values.help) return 'help'
  if (values.version) return 'version'
  const said = (name: Said) => values[name] ?? (env[OPTIONS[name].env] || undefined)
  const set = (name: Switch) => values[name] ?? ['1', 'true'].includes(env[OPTIONS[name].env] ?? '')
  return {
    port: readPort(said('port')),
    host: said('host') ?? '0.0.0.0',
    data: said('data') ?? DEFAULT_DATA,
    config: said('config'),
    requireTicket: set('require-ticket'),
    origins: readAllowed(said('origins')),
    tls: readTls(said('cert'), said('key')),
    trustProxy: set('trust-proxy'),
    backendSecret: said('backend-secret'),
    greeting: set('greeting'),
    dev: set('dev'),
    log: readLevel(said('log')),
  }
}

type Switch = 'require-ticket' | 'trust-proxy' | 'greeting' | 'dev'
type Said = Exclude<keyof typeof OPTIONS, Switch | 'help' | 'version'>

export const DEFAULT_DATA = 'estragon.db'
const DEFAULT_PORT = 1234
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent']

export const help = (): string =>
  helpOf('estragon [options]', OPTIONS, [
    'commands, each with a --help of its own:',
    '',
    '  estragon keys create   make an access key, for whom the HTTP API trusts',
    '  estragon keys list     say which there are',
    '  estragon keys revoke   end one, and the connections it let in',
    '  estragon secret        make a secret for backends, and its hash',
    '  estragon packets FILE  write the packets of a game for Godot',
  ])

/** What there is to say of a command. */
export function helpOf(
  usage: string,
  options: Readonly<Record<string, Option>>,
  more: readonly string[] = [],
): string {
  const lines = Object.entries(options).map(([name, { short, value, env, doc }]) => {
    const names = `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`
    return `  ${names.padEnd(26)} ${doc}${env ? ` [${env}]` : ''}`
  })
  const after = more.length > 0 ? ['', ...more] : []
  return [`estragon: ${ABOUT}`, '', `usage: ${usage}`, '', ...lines, ...after].join('\n')
}

const ABOUT = 'a game networking server for Godot and the web'

function readPort(text = `${DEFAULT_PORT}`): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new UsageError(`--port: expected a number from 0 to 65535, got "${text}"`)
}

function readLevel(level = 'info'): string {
  if (LEVELS.includes(level)) return level
  throw new UsageError(`--log: expected one of ${LEVELS.join(', ')}, got "${level}"`)
}

function readAllowed(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined
  try {
    return [...readOrigins(text)]
  } catch (error) {
    throw new UsageError(`--origins: ${(error as Error).message}`)
  }
}

function readTls(cert: string | undefined, key: string | undefined): Settings['tls'] {
  if (cert === undefined && key === undefined) return undefined
  if (cert !== undefined && key !== undefined) return { cert, key }
  throw new UsageError(
    `--cert and --key: expected both, got only --${cert === undefined ? 'key' : 'cert'}`,
  )
}
