import { parseArgs } from 'node:util'
import { choice } from '../../protocol/schema.ts'
import { type Option, option, preset, shaped } from '../option.ts'
import { clashIn, SERVER_OPTIONS, type ServerOptions } from '../options.ts'

/** How an option is said on the command line, and by the environment. */
interface Line {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly env?: string
  readonly value?: string
  readonly doc: string
}

const lineOf = <const L extends Omit<Line, 'doc'>>(
  { doc, default: usual }: Option,
  line: L & { readonly usual?: string },
) => {
  const said = line.usual ?? (typeof usual === 'boolean' ? undefined : usual)
  return { ...line, doc: said === undefined ? doc : `${doc} (${said})` }
}

const { port, host, data, page, isolation, origins, trustProxy, requireTicket } = SERVER_OPTIONS
const { backendSecret, greeting, dev, lag } = SERVER_OPTIONS

export const DEFAULT_DATA = 'estragon.db'

/** Where a command finds what the server keeps. */
export const DATA = lineOf(
  option('file that keeps players, keys and channels; :memory: keeps nothing', data),
  { type: 'string', env: 'ESTRAGON_DATA', value: 'FILE', usual: DEFAULT_DATA },
)

/** What the command line takes of `createServer`'s options. */
const SHARED = {
  port: lineOf(port, { type: 'string', short: 'p', env: 'PORT', value: 'PORT' }),
  host: lineOf(host, { type: 'string', short: 'h', env: 'HOST', value: 'HOST' }),
  data: DATA,
  page: lineOf(page, { type: 'string', env: 'ESTRAGON_PAGE', value: 'DIR' }),
  isolation: lineOf(isolation, { type: 'boolean', env: 'ESTRAGON_ISOLATION' }),
  'require-ticket': lineOf(requireTicket, { type: 'boolean', env: 'ESTRAGON_REQUIRE_TICKET' }),
  origins: lineOf(origins, { type: 'string', env: 'ESTRAGON_ORIGINS', value: 'LIST' }),
  'trust-proxy': lineOf(trustProxy, { type: 'boolean', env: 'ESTRAGON_TRUST_PROXY' }),
  'backend-secret': lineOf(backendSecret, { type: 'string', env: 'SOCKET_AUTH', value: 'HASH' }),
  greeting: lineOf(greeting, { type: 'boolean', env: 'ESTRAGON_GREETING' }),
  dev: lineOf(dev, { type: 'boolean', env: 'ESTRAGON_DEV' }),
  lag: lineOf(lag, { type: 'string', env: 'ESTRAGON_LAG', value: 'LAG' }),
} as const

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
const level = preset(
  'how much the log says: trace, debug, info, warn, error or silent',
  shaped(choice(...LEVELS)),
  'info',
)

/** What is the command line's own. */
const OWN = {
  config: {
    ...{ type: 'string', env: 'ESTRAGON_CONFIG', value: 'FILE' },
    doc: 'rooms, queues, packets, plaza, open, limits and rates, from JSON or a compiled module',
  },
  cert: {
    ...{ type: 'string', env: 'ESTRAGON_CERT', value: 'FILE' },
    doc: 'serve wss and https with this certificate (PEM)',
  },
  key: {
    ...{ type: 'string', env: 'ESTRAGON_KEY', value: 'FILE' },
    doc: 'and this private key (PEM)',
  },
  log: lineOf(level, { type: 'string', env: 'ESTRAGON_LOG', value: 'LEVEL' }),
  help: { type: 'boolean', doc: 'say this' },
  version: { type: 'boolean', doc: 'say which version this is' },
} as const satisfies Readonly<Record<string, Line>>

/** Everything the command line takes. */
export const LINES = { ...SHARED, ...OWN } as const
type Name = keyof typeof LINES

/** What is said in text, as the value that it stands for; text that stands for none stays. */
const READ: Readonly<Partial<Record<Name, (text: string) => unknown>>> = {
  port: numberIn,
  origins: (text) => text.split(/[\s,]+/).filter(Boolean),
  lag: lagIn,
}

type Shared = Pick<
  ServerOptions,
  | 'page'
  | 'isolation'
  | 'origins'
  | 'requireTicket'
  | 'trustProxy'
  | 'backendSecret'
  | 'greeting'
  | 'dev'
  | 'lag'
>

export interface Settings {
  /** What `createServer` is told of it. */
  readonly options: Shared & { readonly port: number; readonly host: string }
  readonly data: string
  readonly config: string | undefined
  /** The files of both. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined
  readonly log: (typeof LEVELS)[number]
}

/** The command line is wrong: `--help` says how it should be. */
export class UsageError extends Error {}

/** What to run with, or what to print instead. */
export function readSettings(
  args: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
): Settings | 'help' | 'version' {
  const { values } = parseArgs({ args: [...args], options: LINES, strict: true })
  if (values.help) return 'help'
  if (values.version) return 'version'
  const options: Record<string, unknown> = { port: port.default, host: host.default }
  for (const name of Object.keys(SHARED) as (keyof typeof SHARED)[]) {
    const value = settled(name, SERVER_OPTIONS[optionOf(name)], values[name], env)
    if (value !== undefined) options[optionOf(name)] = value
  }
  refuse(clashIn(options, (name) => `--${name}`))
  const { data = DEFAULT_DATA, ...rest } = options
  const said = (name: 'config' | 'cert' | 'key') =>
    values[name]?.trim() ?? spoken(env, OWN[name].env)
  return {
    // Each was checked by its option, which has its type.
    options: rest as unknown as Settings['options'],
    data: data as string,
    config: said('config'),
    tls: readTls(said('cert'), said('key')),
    log: (settled('log', level, values.log, env) ?? level.default) as Settings['log'],
  }
}

/** What the words say, or else the environment; undefined where neither says anything. */
function settled(
  name: Exclude<Name, 'help' | 'version'>,
  option: Option,
  word: string | boolean | undefined,
  env: Readonly<NodeJS.ProcessEnv>,
): unknown {
  const line = LINES[name]
  const said = word ?? spoken(env, line.env)
  if (said === undefined || said === true) return said
  const text = `${said}`.trim()
  if (line.type === 'boolean') return switched(text, line.env)
  const found = READ[name]?.(text) ?? text
  refuse(option.check(found, word === undefined ? line.env : `--${name}`))
  return found
}

/**
 * What the environment says by a name, without the blanks around it (a byte order mark is one); undefined
 * where that is nothing.
 */
export const spoken = (env: Readonly<NodeJS.ProcessEnv>, name: string): string | undefined =>
  env[name]?.trim() || undefined

/** What the environment may say of a switch, in any case. */
const ON = ['true', 'yes', 'on', '1']
const OFF = ['false', 'no', 'off', '0']

function switched(text: string, place: string): boolean {
  const said = text.toLowerCase()
  if (ON.includes(said) || OFF.includes(said)) return ON.includes(said)
  const all = [...ON, ...OFF].join(', ')
  throw new UsageError(`${place}: expected one of ${all}, got ${JSON.stringify(text)}`)
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new UsageError(problem)
}

function numberIn(text: string): number | undefined {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

/** `delay=80,jitter=20` as an object. */
function lagIn(text: string): unknown {
  const pairs = text.split(',').map((pair) => pair.split('=').map((part) => part.trim()))
  if (pairs.some((pair) => pair.length !== 2)) return undefined
  return Object.fromEntries(pairs.map(([name, value = '']) => [name, numberIn(value) ?? value]))
}

/** `require-ticket` is `requireTicket` in code. */
const optionOf = (name: keyof typeof SHARED) =>
  name.replace(/-[a-z]/g, (dash) => dash.slice(1).toUpperCase()) as keyof typeof SERVER_OPTIONS

export const help = (): string =>
  helpOf('estragon [options]', LINES, [
    'commands, each with a --help of its own:',
    '',
    '  estragon keys create   make an access key, for whom the HTTP API trusts',
    '  estragon keys list     say which there are',
    '  estragon keys revoke   end one, and the connections it let in',
    '  estragon secret        make a secret for backends, and its hash',
    '  estragon packets FILE  write the packets of a game for Godot',
    '  estragon state FILE    write the tables of a room for Godot',
    '  estragon check-step FILE  try whether a step does the same in Godot',
  ])

/** What there is to say of a command. */
export function helpOf(
  usage: string,
  options: Readonly<Record<string, Line>>,
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

function readTls(cert: string | undefined, key: string | undefined): Settings['tls'] {
  if (cert === undefined && key === undefined) return undefined
  if (cert !== undefined && key !== undefined) return { cert, key }
  throw new UsageError(
    `--cert and --key: expected both, got only --${cert === undefined ? 'key' : 'cert'}`,
  )
}
