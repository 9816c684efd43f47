import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import t, { type Test } from 'tap'
import { SCOPES } from '../protocol/players.ts'
import { newSecret, readSecret } from '../server/core/store/secrets.ts'
import type { AccessKey } from '../server/core/store/store.ts'
import { createDirectStore } from '../server/store/direct.ts'
import { createWorld } from '../server/world.ts'
import type { Any, RawClient } from './support/client.ts'
import { ending, listening } from './support/estragon.ts'
import { world } from './support/world.ts'

const { log, random } = createWorld()
/** How long a revoked key may go on. */
const REVOKED_MS = 1_000

t.test('a key is made, shown once, listed without its secret, and revoked', async (t) => {
  const data = ['--data', join(folderOf(t), 'game.db')]

  const made = await ending(
    t,
    keys('create', '--scopes', 'read:players', '--name', 'shop', ...data),
  )
  const [key = ''] = made.output
  const { id } = readSecret(key)
  const listed = await ending(t, keys('list', ...data))
  const revoked = await ending(t, keys('revoke', id, ...data))
  const after = await ending(t, keys('list', ...data))

  t.match(made, { code: 0, output: [/^[\w-]{16}\.[\w-]{32}$/], errors: [/only this once/] })
  t.match(listed, {
    code: 0,
    output: [/^\S{16} {2}valid {4}\d{4}-\d\d-\d\d {2}read:players {2}shop$/],
  })
  t.ok(listed.output.join().startsWith(id))
  t.notOk(listed.output.join().includes(key.slice(id.length + 1)))
  t.match(revoked, { code: 0, output: [`revoked ${id}`], errors: [/within a second/] })
  t.match(after, { code: 0, output: [/ revoked /], errors: ['1 access keys'] })
})

t.test('an id that begins with a dash is revoked like any other', async (t) => {
  const file = join(folderOf(t), 'game.db')
  const id = '-dash-and-dashes'
  await keep(file, { id, hash: 'h' })

  t.match(await ending(t, keys('revoke', `${id}.its-secret`, '--data', file)), {
    ...{ code: 0, output: [`revoked ${id}`] },
  })
})

t.test('what keys cannot do is one line on stderr and exit code 1', async (t) => {
  const folder = folderOf(t)
  const data = ['--data', join(folder, 'game.db')]

  for (const [words, complaint] of [
    [['create', ...data], /--scopes: expected some of read:players, .*; see --help/],
    [['create', '--scopes', 'read:mail', ...data], /--scopes: .*got "read:mail"/],
    [['create', '--scopes', 'read:players', '--name', 'a\nb', ...data], /--name: expected at most/],
    [['create', '--scopes', 'read:players', '--data', ':memory:'], /--data: expected a file/],
    [['create', '--scopes', 'read:players', '--data', folder], /it is a folder/],
    [['list', ...data], /game\.db: there is no such file/],
    [['revoke', ...data], /expected the id of one key/],
    [['revoke', 'a', 'b', ...data], /expected the id of one key/],
    [['revoke', 'a', ...data], /there is no such file/],
    [['forget'], /keys forget: expected keys create, keys list or keys revoke/],
    [['list', '--nope'], /--nope/],
  ] as const) {
    const { code, output, errors } = await ending(t, keys(...words))
    t.match({ code, output, errors }, { code: 1, output: [], errors: [complaint] })
    t.equal(errors.length, 1)
  }
  t.strictSame(readdirSync(folder), [], 'no file was made')
})

t.test('--help says what each command takes', async (t) => {
  for (const [words, text] of [
    [[], /keys create --scopes LIST.*keys list.*keys revoke ID/s],
    [['--help'], /keys create/],
    [
      ['create', '--help'],
      /--scopes LIST .*read:players,write:players,.*--data FILE .*ESTRAGON_DATA/s,
    ],
    [['list', '--help'], /usage: estragon keys list/],
    [['revoke', '--help'], /usage: estragon keys revoke ID/],
  ] as const) {
    const { code, output, errors } = await ending(t, keys(...words))
    t.match({ code, errors }, { code: 0, errors: [] })
    t.match(output.join('\n'), text)
  }
})

t.test('a key revoked by another process ends its connections, and no others', async (t) => {
  const file = join(folderOf(t), 'game.db')
  const [good, bad] = [await accessKey(file), await accessKey(file)]
  const server = await listening(t, ['-p', '0', '--data', file])
  const [mallory, away, ada, guest] = await Promise.all([
    admitted(file, bad, server.client),
    admitted(file, bad, server.client),
    admitted(file, good, server.client),
    server.client(),
  ])
  await introduce(away)
  away.drop()
  await server.logs('Client disconnected')

  const revoked = await ending(t, keys('revoke', bad.id, '--data', file))
  const closed = await mallory.closed

  t.equal(revoked.code, 0)
  t.match(closed, { code: 4102, reason: 'access key revoked' })
  for (const { welcome } of [mallory, away]) {
    const back = await server.client()
    const claim = { token: welcome.token, attempt: 1, sent: 0, received: 0, forgotten: 0 }
    t.match((await back.ask('session.resume', claim)).data, {
      ...{ resumed: false, kept: false, reason: 'UNKNOWN' },
    })
  }
  t.match(await ada.ask('player.get'), { type: 'player.get' })
  t.match(await guest.ask('player.identify'), { type: 'player.identify' })
  const late = await server.client()
  const ticket = await ticketOf(file, bad)
  t.match((await late.ask('player.identify', { ticket })).data, { code: 'INVALID_TICKET' })
  await server.stop('SIGTERM')
})

t.test('--require-ticket admits only who brings one', async (t) => {
  const file = join(folderOf(t), 'game.db')
  const key = await accessKey(file)
  const config = join(file, '../game.json')
  writeFileSync(config, '{"limits":{"identify_ms":1000}}')
  const data = ['--data', file, '--config', config]
  const server = await listening(t, ['-p', '0', '--require-ticket', ...data])
  const stranger = await server.client()
  const ada = await admitted(file, key, server.client)

  t.match(await stranger.ask('room.list'), { type: 'error', data: { code: 'TICKET_REQUIRED' } })
  t.match(await stranger.ask('player.identify'), { data: { code: 'TICKET_REQUIRED' } })
  t.match(await ada.ask('room.list'), { type: 'room.list' })
  t.match(await stranger.closed, { code: 4104 })
  await server.stop('SIGTERM')
})

t.test('--dev prints a key for this run, which another run and production end', async (t) => {
  const file = join(folderOf(t), 'game.db')
  const first = await developing(t, file)
  const second = await developing(t, file)
  const both = await found(file, first, second)

  const server = await listening(t, ['-p', '0', '--data', file])
  await server.stop('SIGTERM')

  t.match(both, [null, { name: 'development', scopes: SCOPES }])
  t.notMatch(server.said(), 'access key', 'production prints none')
  t.strictSame(await found(file, second), [null])
})

t.test('the key of --dev is in no line of the log', async (t) => {
  const server = await listening(t, ['-p', '0', '--dev', '--log', 'trace'])
  const line = await server.logs('access key')
  await server.client()
  await server.logs('Client connected')
  await server.stop('SIGTERM')

  t.match(line, /^development access key, for this run: development\.[\w-]{32}$/)
  const secret = line.split('.').at(-1) ?? ''
  t.equal(server.said().split(secret).length, 2, 'it is said once')
})

t.test('no secret is in the log, nor in clear in the database', async (t) => {
  const file = join(folderOf(t), 'game.db')
  const { output } = await ending(t, keys('create', '--scopes', SCOPES.join(), '--data', file))
  const [key = ''] = output
  const kept = { ...readSecret(key), scopes: SCOPES }
  const server = await listening(t, ['-p', '0', '--data', file, '--log', 'trace', '--dev'])
  const development = (await server.logs('access key')).split(' ').at(-1) ?? ''
  const tickets = [await ticketOf(file, kept), await ticketOf(file, kept)]
  const token = await tokenOf(file)

  const ada = await server.client()
  const { data: known } = await ada.ask('player.identify', { ticket: tickets[0] })
  await ada.ask('player.identify', { ticket: tickets[1] })
  const bob = await server.client()
  const { data: guest } = await bob.ask('player.identify', { name: 'Bob' })
  const eve = await server.client()
  const aliased = await eve.ask('player.identify', { alias: 1, token })
  for (const client of [ada, bob, eve]) {
    await client.ask('player.identify', { guest_key: guest.guest_key })
    await client.ask('player.identify', { ticket: tickets[0] })
    await client.ask('player.identify', { alias: 1, token: `${token}x` })
    await client.ask('player.identify', { nonsense: key })
    client.send(`{"type":"player.identify","data":{"ticket":"${tickets[1]}"`)
    await client.settled()
  }
  const handed = await api(server.port, key)
  await introduce(bob)
  bob.drop()
  const back = await server.client()
  const claim = { token: bob.welcome.token, attempt: 1, sent: 0, received: 0, forgotten: 0 }
  await back.ask('session.resume', claim)
  await ending(t, keys('revoke', kept.id, '--data', file))
  await server.logs('access key revoked')
  await server.stop('SIGTERM')

  t.match(aliased, { type: 'player.identify', data: { alias: { id: 1 } } })
  const secrets = {
    ...{ key, development, token, 'a session token': bob.welcome.token },
    ...{ 'the first ticket': tickets[0], 'the second ticket': tickets[1] },
    ...{ 'a ticket of the API': handed.ticket, 'a token of the API': handed.token },
    ...{ 'a guest key': guest.guest_key, 'another guest key': known.guest_key },
    ...{ 'the token of the last connection': back.welcome.token },
  }
  const logged = server.program.lines.items.filter((line) => line.startsWith('{')).join('\n')
  t.match(logged, bob.welcome.session, 'what happened is logged')
  const stored = [...rowsOf(file), ...rawOf(file)]
  t.ok(
    stored.some((bytes) => bytes.includes(kept.hash)),
    'hashes are stored',
  )
  for (const [name, secret] of Object.entries(secrets)) {
    const { id, hash } = readSecret(String(secret))
    const clear = String(secret).slice(String(secret).includes('.') ? id.length + 1 : 0)
    t.ok(clear.length >= 32, `${name} is a secret`)
    for (const [what, part] of Object.entries({ secret: clear, hash })) {
      t.notOk(logged.includes(part), `${name}: no ${what} in the log`)
      t.notOk(server.program.complaints.items.join().includes(part), `${name}: nor on stderr`)
    }
    t.notOk(
      stored.some((bytes) => bytes.includes(clear)),
      `${name}: not in clear in the database`,
    )
  }
})

t.test('in memory as well a revoked key ends its sessions within a second', async (t) => {
  const store = createDirectStore(log)
  t.teardown(() => store.close())
  const { clock, raw } = await world(t, { store })
  const { text, kept } = newSecret(random)
  const key = newSecret(random).kept
  await store.run('key.create', { ...key, name: '', scopes: SCOPES, created_at: 0 })
  const ticket = { key: key.id, scopes: SCOPES, dev: false, until: 2 ** 50 }
  await store.run('ticket.issue', { ...kept, ...ticket })
  const ada = await raw()
  t.match(await ada.ask('player.identify', { ticket: text }), { type: 'player.identify' })

  await store.run('key.revoke', { id: key.id, at: 1 })
  clock.advance(REVOKED_MS)

  t.match(await ada.closed, { code: 4102 })
})

function keys(...words: readonly string[]): readonly string[] {
  return ['keys', ...words]
}

type Client = () => Promise<RawClient>
type Key = Pick<AccessKey, 'id' | 'hash' | 'scopes'>

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'estragon-keys-'))
  t.teardown(() => {
    chmodSync(folder, 0o755)
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** Writes to the file of a server as another process would. */
async function withStore<T>(
  file: string,
  use: (store: ReturnType<typeof createDirectStore>) => Promise<T>,
): Promise<T> {
  const store = createDirectStore(log, file)
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

const keep = (file: string, kept: { id: string; hash: string }) =>
  withStore(file, (store) =>
    store.run('key.create', { ...kept, name: '', scopes: SCOPES, created_at: Date.now() }),
  )

async function accessKey(file: string): Promise<Key> {
  const { kept } = newSecret(random)
  await keep(file, kept)
  return { ...kept, scopes: SCOPES }
}

async function ticketOf(file: string, { id: key, scopes }: Key): Promise<string> {
  const { text, kept } = newSecret(random)
  const until = Date.now() + 300_000
  const ticket = { ...kept, key, scopes, dev: false, until }
  await withStore(file, (store) => store.run('ticket.issue', ticket))
  return text
}

/** A token of alias 1, which is made with its player. */
function tokenOf(file: string): Promise<string> {
  const { text, kept } = newSecret(random)
  const create = { player: 'aliased', name: 'Ann', dev: false }
  return withStore(file, async (store) => {
    const asked = { service: 'steam', identifier: '1', at: Date.now(), create }
    const alias = await store.run('alias.find', asked)
    const until = Date.now() + 300_000
    await store.run('token.issue', { alias: alias?.id ?? 0, hash: kept.hash, until })
    return text
  })
}

const found = (file: string, ...texts: readonly string[]) =>
  withStore(file, (store) =>
    Promise.all(texts.map((text) => store.run('key.find', readSecret(text)))),
  )

async function admitted(file: string, key: Key, open: Client): Promise<RawClient> {
  const ticket = await ticketOf(file, key)
  const client = await open()
  const { type } = await client.ask('player.identify', { ticket })
  if (type !== 'player.identify') throw new Error('expected a ticket to admit')
  return client
}

/** As a library does, whose session outlives its connection. */
async function introduce(client: RawClient): Promise<void> {
  await client.ask('session.hello', { receive_bytes: 65_535 })
}

async function developing(t: Test, file: string): Promise<string> {
  const server = await listening(t, ['-p', '0', '--data', file, '--dev'])
  const line = await server.logs('access key')
  await server.stop('SIGTERM')
  return line.split(' ').at(-1) ?? ''
}

/** What the HTTP API hands out for a key; what it refuses is asked for as well. */
async function api(port: number, key: string): Promise<{ ticket: string; token: string }> {
  const call = async (path: string, bearer: string, body = {}): Promise<Any> => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
    const asked = { method: 'POST', headers, body: JSON.stringify(body) }
    return (await fetch(`http://127.0.0.1:${port}/v1/${path}`, asked)).json()
  }
  await call('socket-tickets', `${key}x`)
  await call('socket-tickets', key, { nonsense: key })
  const { ticket } = await call('socket-tickets', key)
  const who = { service: 'steam', identifier: 'from the API' }
  const { token } = await call('players/identify', key, who)
  return { ticket, token }
}

function rowsOf(file: string): string[] {
  const database = new Database(file)
  const names = database.prepare("select name from sqlite_master where type = 'table'").all()
  const rows = (names as { name: string }[]).map(({ name }) =>
    JSON.stringify(database.prepare(`select * from "${name}"`).all()),
  )
  database.close()
  return rows
}

/** What is on the disk, beside the file too. */
const rawOf = (file: string): string[] =>
  ['', '-wal', '-shm']
    .map((suffix) => `${file}${suffix}`)
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'latin1'))
