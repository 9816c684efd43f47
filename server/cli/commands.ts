import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { hash } from '@node-rs/bcrypt'
import { SCOPES } from '../../protocol/players.ts'
import { readSecret } from '../core/store/secrets.ts'
import type { AccessKey, Store } from '../core/store/store.ts'
import { createKey, readScopes } from '../features/keys.ts'
import { IN_MEMORY, openStore } from '../store/store.ts'
import { createWorld, type World } from '../world.ts'
import { DATA, DEFAULT_DATA, helpOf, spoken, UsageError } from './settings.ts'

const HELP = { type: 'boolean', doc: 'say this' } as const
const MAX_NAME = 64

const CREATE = {
  scopes: { type: 'string', value: 'LIST', doc: `what it may do, some of ${SCOPES.join(',')}` },
  name: { type: 'string', value: 'NAME', doc: 'whose it is, for those who read the list' },
  data: DATA,
  help: HELP,
} as const
const LIST = { data: DATA, help: HELP } as const
const USAGES = {
  create: 'estragon keys create --scopes LIST [options]',
  list: 'estragon keys list [options]',
  revoke: 'estragon keys revoke ID [options]',
} as const

const SECRET_USAGE = 'estragon secret'

/** What a command prints: what it was asked for, and a remark beside it. */
export interface Printed {
  readonly text: string
  readonly remark?: string
}

/** Runs `estragon keys …`; throws an Error that says what is wrong. */
export async function runKeys(
  [verb, ...args]: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Printed> {
  if (verb === 'create') return create(args, env)
  if (verb === 'list') return list(args, env)
  if (verb === 'revoke') return revoke(args, env)
  const usages = Object.values(USAGES).join('\n       ')
  if (verb === undefined || verb === '--help') return { text: helpOf(usages, {}) }
  throw new UsageError(`keys ${verb}: expected keys create, keys list or keys revoke`)
}

/** Runs `estragon secret`: a new secret for backends, and the hash that the server is given. */
export async function runSecret(args: readonly string[]): Promise<Printed> {
  const { values } = parseArgs({ args: [...args], options: { help: HELP }, strict: true })
  if (values.help) return { text: helpOf(SECRET_USAGE, { help: HELP }) }
  const secret = createWorld().random.text(SECRET_BYTES)
  const hashed = await hash(secret, SECRET_COST)
  return {
    text: `secret ${secret}\nhash   ${hashed}`,
    remark:
      'the hash is for --backend-secret, the secret for the service: it is shown only this once',
  }
}

const SECRET_BYTES = 24
/** A secret of so much chance needs no slower one; it is looked at whenever a backend connects. */
const SECRET_COST = 10

/**
 * The key of who develops: with every scope, made anew at each start. Where it is not asked for, one
 * that an earlier start left ends.
 */
export async function developmentKey(
  store: Store,
  { random, date }: World,
  isWanted: boolean,
): Promise<string | undefined> {
  if (!isWanted) {
    await store.run('key.revoke', { id: DEVELOPMENT, at: date() })
    return undefined
  }
  const key = `${DEVELOPMENT}.${random.text(24)}`
  const kept = { ...readSecret(key), name: DEVELOPMENT, scopes: SCOPES, created_at: date() }
  await store.run('key.create', kept)
  return key
}

const DEVELOPMENT = 'development'

async function create(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Printed> {
  const { values } = parseArgs({ args: [...args], options: CREATE, strict: true })
  if (values.help) return { text: helpOf(USAGES.create, CREATE) }
  const scopes = scopesOf(values.scopes)
  const name = nameOf(values.name)
  const file = fileOf(values.data, env)
  const isNew = !existsSync(file)
  return withStore(file, async (store, world) => {
    const { key, id } = await createKey(store, world, name, scopes)
    const remark = `access key ${id}: keep it, it is shown only this once`
    return { text: key, remark: isNew ? `${remark}\n${madeAnew(file)}` : remark }
  })
}

async function list(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Printed> {
  const { values } = parseArgs({ args: [...args], options: LIST, strict: true })
  if (values.help) return { text: helpOf(USAGES.list, LIST) }
  return withStore(existing(fileOf(values.data, env)), async (store) => {
    const keys = await store.run('key.list', {})
    return { text: keys.map(lineOf).join('\n'), remark: `${keys.length} access keys` }
  })
}

const DASHED_ID = /^-[\w-]{15}(\.[\w-]+)?$/

async function revoke(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Printed> {
  // An id may begin with a dash, as an option does.
  const dashed = args.filter((word) => DASHED_ID.test(word))
  const { values, positionals } = parseArgs({
    args: args.filter((word) => !DASHED_ID.test(word)),
    ...{ options: LIST, strict: true, allowPositionals: true },
  })
  if (values.help) return { text: helpOf(USAGES.revoke, LIST) }
  const [said, ...more] = [...dashed, ...positionals]
  if (said === undefined || more.length > 0)
    throw new UsageError('keys revoke: expected the id of one key, as keys list shows it')
  // Who pastes the whole key means it as well.
  const { id } = readSecret(said)
  return withStore(existing(fileOf(values.data, env)), async (store, { date }) => {
    const isThere = await store.run('key.revoke', { id, at: date() })
    if (!isThere) throw new Error('keys revoke: there is no such key; see estragon keys list')
    return { text: `revoked ${id}`, remark: 'its connections end within a second' }
  })
}

async function withStore<T>(
  file: string,
  use: (store: Store, world: World) => Promise<T>,
): Promise<T> {
  const world = createWorld()
  const store = await openStore(file, world)
  try {
    return await use(store, world)
  } finally {
    await store.close()
  }
}

function fileOf(said: string | undefined, env: NodeJS.ProcessEnv): string {
  const file = said ?? spoken(env, DATA.env) ?? DEFAULT_DATA
  if (file === IN_MEMORY) throw new UsageError('--data: expected a file: memory keeps no key')
  return file
}

/** A server that runs on another file will not know the key. */
const madeAnew = (file: string) =>
  `${resolve(file)} was not there and is new: if your server runs on another file, say --data FILE`

function existing(file: string): string {
  if (existsSync(file)) return file
  throw new Error(`${file}: there is no such file; say with --data what the server runs on`)
}

function scopesOf(text = '') {
  try {
    return readScopes(text)
  } catch (error) {
    throw new UsageError(`--scopes: ${(error as Error).message}`)
  }
}

function nameOf(name = ''): string {
  if (name.length <= MAX_NAME && !/\p{C}/u.test(name)) return name
  throw new UsageError(`--name: expected at most ${MAX_NAME} characters, none of them for control`)
}

const lineOf = ({ id, name, scopes, created_at, revoked_at }: AccessKey): string =>
  [
    id.padEnd(16),
    revoked_at === null ? 'valid  ' : 'revoked',
    dayOf(created_at),
    scopes.join(','),
    name,
  ]
    .join('  ')
    .trimEnd()

const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)
