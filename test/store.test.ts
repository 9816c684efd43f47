import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import Database from 'libsql'
import pino from 'pino'
import t, { type Test } from 'tap'
import { LIMITS } from '../protocol/limits.ts'
import type { Store } from '../server/core/store/store.ts'
import { openDatabase } from '../server/store/database.ts'
import { createDirectStore } from '../server/store/direct.ts'
import { MIGRATIONS } from '../server/store/migrations.ts'
import { openStore } from '../server/store/store.ts'
import { createWorld } from '../server/world.ts'
import { storeContract } from './contracts/store.ts'
import { createClock } from './support/clock.ts'
import { asAnyone, BUILT, ending, listening } from './support/estragon.ts'
import { createFeed } from './support/feed.ts'
import { until } from './support/promise.ts'
import { service } from './support/service.ts'

const world = createWorld()

storeContract(t, 'direct', async (t) => closing(t, createDirectStore(world.log)))
storeContract(t, 'direct (in a file)', async (t) =>
  closing(t, createDirectStore(world.log, join(folderOf(t), 'a.db'))),
)
storeContract(t, 'worker', async (t) =>
  closing(t, await openStore(join(folderOf(t), 'a.db'), world)),
)

t.test('what was kept is there again, in the one file', async (t) => {
  const file = join(folderOf(t), 'a.db')
  const store = await openStore(file, world)
  await store.run('guest.create', GUEST)
  await store.close()
  const alone = join(folderOf(t), 'copy.db')
  writeFileSync(alone, readFileSync(file))

  const again = closing(t, await openStore(alone, world))

  t.match(await again.run('player.get', { id: 'ada' }), { name: 'Ada' })
})

t.test('a file of an older version is brought up to date, step by step', async (t) => {
  const file = join(folderOf(t), 'a.db')
  const steps = [...MIGRATIONS, 'create table pets (name text) strict', 'drop table pets']
  openDatabase(file).close()

  openDatabase(file, steps.slice(0, -1)).close()
  const sql = openDatabase(file, steps)

  t.match(sql.get('pragma user_version'), { user_version: steps.length })
  t.strictSame(sql.all("select name from sqlite_master where name = 'pets'"), [])
  sql.close()
})

t.test('a step that fails leaves the file as it was', async (t) => {
  const file = join(folderOf(t), 'a.db')
  openDatabase(file).close()
  const before = readFileSync(file)

  t.throws(() => openDatabase(file, [...MIGRATIONS, 'create table a (b); create nonsense']))

  t.ok(before.equals(readFileSync(file)))
  openDatabase(file).close()
})

for (const [what, make, complaint] of [
  ['a newer version', newer, /written by a newer Estragon \(version 99 .*; this one knows \d+\)/],
  ['another program', foreign, /the database of another program\. Nothing was changed; choose/],
  ['no database', diary, /damaged, or no database .* Nothing was changed/],
  ['a damaged database', damaged, /damaged, or no database .* Nothing was changed; restore a copy/],
  ['half a database', halved, /damaged, or no database .* Nothing was changed/],
] as const)
  t.test(`a file of ${what} is named, and left as it is`, async (t) => {
    const file = join(folderOf(t), 'game.db')
    make(file)
    const before = readFileSync(file)

    t.throws(() => openDatabase(file), { message: complaint })
    t.throws(() => openDatabase(file), { message: new RegExp(`^${file}: `) })

    t.ok(before.equals(readFileSync(file)))
  })

t.test('what a server that was killed left behind does not make it another’s', async (t) => {
  const folder = folderOf(t)
  const sql = openDatabase(join(folder, 'a.db'))
  sql.run('insert into access_keys values (?, ?, ?, ?, 1, null)', 'a', 'b', 'c', 'd')
  for (const suffix of ['', '-wal'])
    writeFileSync(join(folder, `b.db${suffix}`), readFileSync(join(folder, `a.db${suffix}`)))
  sql.close()

  const again = openDatabase(join(folder, 'b.db'))

  t.match(again.all('select id from access_keys'), [{ id: 'a' }])
  again.close()
})

t.test('a folder, or a file in none, is no place for it', async (t) => {
  const folder = folderOf(t)

  t.throws(() => openDatabase(folder), { message: /: it is a folder\. Choose another file/ })
  t.throws(() => openDatabase(join(folder, 'none', 'a.db')), {
    message: `${join(folder, 'none', 'a.db')}: there is no folder ${join(folder, 'none')}. Make it`,
  })
  t.strictSame(readdirSync(folder), [])
})

for (const [what, make, complaint] of [
  ['a file that is damaged', damaged, /damaged, or no database/],
  ['a read-only file', readOnly, /it cannot be written \(E.*rights/],
  ['a read-only folder', readOnlyFolder, /its folder cannot be written \(E.*rights/],
] as const)
  t.test(`started on ${what} the server says so and ends`, async (t) => {
    const command = make === damaged ? BUILT : asAnyone()
    if (!command) return void t.pass('root, and nobody else may read this checkout', { skip: true })
    const folder = folderOf(t)
    chmodSync(folder, 0o777)
    const file = join(folder, 'game.db')
    make(file)
    const before = readFileSync(file)

    const { code, output, errors } = await ending(t, ['-p', '0', '--data', file], { command })

    t.match({ code, output, errors }, { code: 1, output: [], errors: [complaint] })
    t.strictSame([output.length, errors.length], [0, 1], errors.join('\n'))
    t.ok(errors[0]?.startsWith(`estragon: ${file}: `), `${errors[0]}`)
    t.ok(before.equals(readFileSync(file)))
  })

t.test('two processes share one file', async (t) => {
  const file = join(folderOf(t), 'a.db')
  const servers = await Promise.all(
    [1, 2].map(() => listening(t, ['-p', '0', '--data', file, '--log', 'error'])),
  )
  const clients = await Promise.all(servers.map((server) => server.client()))
  const [first, ...others] = clients
  const { data: me } = await mustBe(first?.ask('player.identify', { name: 'Ada' }))

  const all = await Promise.all(
    others.map((other) => other.ask('player.identify', { guest_key: me.guest_key })),
  )
  const { data: made } = await mustBe(first?.ask('channel.create', { name: 'news' }))
  const said = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      clients[index % 2]?.ask('channel.send', { channel: made.channel.id, message: index }),
    ),
  )

  t.match(
    all.map(({ data }) => data.player.id),
    [me.player.id],
  )
  const offsets = said.map((one) => one?.data.offset).sort((a, b) => a - b)
  t.strictSame(
    offsets,
    offsets.map((_, index) => index + 1),
  )
  for (const server of servers) await server.stop('SIGTERM')
})

t.test('while the disk is full what needs it fails, and the rest goes on', async (t) => {
  if (spawnSync('prlimit', ['--version']).status !== 0)
    return void t.pass('prlimit (util-linux) is not installed', { skip: true })
  const file = join(folderOf(t), 'a.db')
  const server = await listening(t, ['-p', '0', '--data', file])
  const [ada, bob] = [await server.client(), await server.client()]
  const { data: me } = await ada.ask('player.identify')
  await bob.ask('player.identify')
  await ada.ask('room.join_or_create', { kind: 'plaza' })
  await bob.ask('room.join_or_create', { kind: 'plaza' })
  const { data: made } = await ada.ask('channel.create', { name: 'news' })
  const say = (message: string) => ada.ask('channel.send', { channel: made.channel.id, message })
  const kept = async (): Promise<string[]> => {
    const { data } = await ada.ask('channel.history', { channel: made.channel.id })
    return data.messages.map((one: { message: string }) => one.message)
  }
  const acknowledged = ['before']
  await say('before')

  // No file of the server's grows any more, as on a full disk.
  limit(t, server.pid, 100_000)
  let refused: unknown
  for (let index = 0; index < 30 && !refused; index++) {
    const message = `${index} ${'x'.repeat(8_000)}`
    const answer = await say(message)
    if (answer.type === 'error') refused = answer.data
    else acknowledged.push(message)
  }
  const wave = await ada.ask('event.emit', { name: 'plaza.wave', args: [] })
  const failed = await say(`again ${'x'.repeat(8_000)}`)
  const meanwhile = await kept()
  const back = await (await server.client()).ask('player.identify', { guest_key: me.guest_key })
  limit(t, server.pid, 'unlimited')
  await say('after')

  t.match(refused, { code: 'STORAGE_FAILED', status: 503, retry_ms: 5_000 })
  t.match(failed.data, { code: 'STORAGE_FAILED' })
  t.match(wave, { type: 'event.emit', data: {} })
  t.match(await bob.next('event'), { data: { name: 'plaza.wave' } })
  t.strictSame(meanwhile, acknowledged, 'what is kept can be read')
  t.match(back, { data: { player: { id: me.player.id } } }, 'who is known may come')
  t.strictSame(await kept(), [...acknowledged, 'after'])
  const line = JSON.parse(await server.logs('storage failed'))
  t.match(line, { operation: 'channel.append', failed: /the disk is full.*Make room/ })
  await server.stop('SIGTERM')
})

for (const [what, kilobytes] of [
  ['full', 0],
  ['almost full', 20],
] as const)
  t.test(`a start on a disk that is ${what} says so and ends`, async (t) => {
    const { folder, room } = await fullDisk(t, kilobytes)
    if (!folder) return void t.pass('nothing may be mounted here', { skip: true })
    const file = join(folder, 'game.db')

    const { code, output, errors } = await ending(t, ['-p', '0', '--data', file])
    room()
    const server = await listening(t, ['-p', '0', '--data', file])

    t.match(
      { code, output, errors },
      { code: 1, output: [], errors: [/the disk is full.*Make room/] },
    )
    t.strictSame([output.length, errors.length], [0, 1], errors.join('\n'))
    t.ok(errors[0]?.startsWith(`estragon: ${file}: `), `${errors[0]}`)
    await server.stop('SIGTERM')
  })

t.test('a storage thread that dies is begun again, and says what became of its work', async (t) => {
  const lines = createFeed<string>('log')
  const log = pino({ level: 'trace' }, { write: lines.push })
  const threads = workersOf(t)
  const clock = createClock()
  const file = join(folderOf(t), 'a.db')
  const store = closing(t, await openStore(file, { ...world, ...clock, log }))
  await store.run('guest.create', GUEST)
  clock.advance(1_000)
  const holder = new Database(file)
  holder.exec('begin immediate')

  const [changed, looked] = [rename(store, 'Eve'), store.run('player.get', { id: 'ada' })]
  await Promise.all([threads[0]?.terminate(), t.rejects(changed, { code: 'OUTCOME_UNKNOWN' })])
  const later = rename(store, 'Bob')
  const wasDown = store.isDown
  holder.exec('rollback')

  t.notOk(wasDown)
  t.match(await looked, { name: /^(Ada|Bob)$/ })
  t.match(await later, { name: 'Bob' })
  t.equal(threads.length, 2)
  t.match(
    lines.items.map((line) => JSON.parse(line)),
    [
      { level: 50, msg: 'storage thread died', failed: String, unknown: 1 },
      { level: 40, msg: 'storage thread begun again' },
    ],
  )
  holder.close()
})

t.test('while no storage thread can be begun the server’s health says so', async (t) => {
  const threads = workersOf(t)
  const folder = folderOf(t)
  const file = join(folder, 'a.db')
  const { clock, store, port, raw, lines } = await service(t, { file })
  const health = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`)
    return [answer.status, await answer.text()]
  }
  const ada = await raw()
  const { data: me } = await ada.ask('player.identify')
  const before = await health()
  clock.advance(1_000)
  renameSync(folder, `${folder}.away`)

  await threads[0]?.terminate()
  await until(() => store.isDown === true, 'it is down')
  const down = await health()
  const get = await ada.ask('player.get')
  const room = await ada.ask('room.create', { kind: 'plaza' })
  renameSync(`${folder}.away`, folder)
  clock.advance(1_000)
  await until(() => !store.isDown, 'it is up')

  t.strictSame(before, [200, 'OK'])
  t.strictSame(down, [503, 'STORAGE_FAILED'])
  t.match(get.data, { code: 'STORAGE_FAILED', status: 503, retry_ms: 1_000 })
  t.match(room, { type: 'room.create' })
  t.match(await ada.ask('player.get'), { data: { player: { id: me.player.id } } })
  t.strictSame(await health(), [200, 'OK'])
  t.match(
    lines.find(({ msg }) => msg === 'storage thread not begun again'),
    { level: 50, failed: /there is no folder/ },
  )
})

t.test('the event loop does not wait while another process holds the file', async (t) => {
  const file = join(folderOf(t), 'a.db')
  const store = closing(t, await openStore(file, world))
  await store.run('guest.create', GUEST)
  const holder = new Database(file)
  holder.exec('begin immediate')

  let isDone = false
  const renamed = store.run('player.rename', { id: 'ada', name: 'Eve', at: 2 }).then((value) => {
    isDone = true
    return value
  })
  // A loop that waited for the file would not take its first turn before the file is free, which
  // only this loop can bring about.
  for (let count = 0; count < 200; count++) await turn()
  const wasDone = isDone
  holder.exec('commit')

  t.notOk(wasDone, 'it waited for the file')
  t.match(await renamed, { name: 'Eve' })
  holder.close()
})

t.test('storage_calls: more than can wait is refused at once', async (t) => {
  const store = closing(t, await openStore(join(folderOf(t), 'a.db'), world))
  const most = LIMITS.storage_calls.value
  const all = { length: most + 10 }
  const asked = Array.from(all, () => store.run('player.get', { id: 'nobody' }))

  const outcomes = await Promise.allSettled(asked)

  const refused = outcomes.filter(({ status }) => status === 'rejected')
  t.equal(refused.length, 10)
  t.match(refused[0], { reason: { code: 'STORAGE_BUSY' } })
  t.equal(await store.run('player.get', { id: 'nobody' }), null, 'and later it is not')
})

t.test(
  'what many wait for is answered a few at a time, so that nobody waits for all',
  async (t) => {
    const store = closing(t, await openStore(join(folderOf(t), 'a.db'), world))
    let inTurn = 0
    let most = 0
    const asked = Array.from({ length: 500 }, (_, index) =>
      store.run('channel.list', { after: index, limit: 1 }).then(() => {
        inTurn++
        most = Math.max(most, inTurn)
      }),
    )
    const isDone = Promise.all(asked).then(() => true)

    while (!(await Promise.race([isDone, turn(false)]))) inTurn = 0

    t.ok(most > 1 && most <= 32, `${most} in a turn`)
  },
)

t.test('a failure is logged by the name of what failed', async (t) => {
  const lines = createFeed<string>('log')
  const log = pino({ level: 'trace' }, { write: lines.push })
  const store = closing(t, await openStore(join(folderOf(t), 'a.db'), { ...world, log }))
  await store.run('guest.create', GUEST)

  await t.rejects(store.run('guest.create', GUEST), { code: 'STORAGE_FAILED' })

  t.match(
    lines.items.map((line) => JSON.parse(line)),
    [{ level: 50, operation: 'guest.create', failed: /UNIQUE/, msg: 'storage failed' }],
  )
})

const GUEST = { id: 'g', hash: 'h', player: 'ada', name: 'Ada', dev: false, at: 1 }

function closing(t: Test, store: Store): Store {
  t.teardown(() => store.close())
  return store
}

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'estragon-store-'))
  t.teardown(() => {
    chmodSync(folder, 0o755)
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** A database of ours with something in it. */
function ours(file: string): string {
  const sql = openDatabase(file)
  const insert =
    'insert into access_keys (id, hash, name, scopes, created_at) values (?, ?, ?, ?, 1)'
  for (let index = 0; index < 500; index++) sql.run(insert, `${index}`, 'h', 'x'.repeat(200), '[]')
  sql.close()
  return file
}

function newer(file: string): void {
  const sql = openDatabase(file)
  sql.exec('pragma user_version = 99')
  sql.close()
}

function diary(file: string): void {
  writeFileSync(file, 'Dear diary, '.repeat(999))
}

function readOnly(file: string): void {
  chmodSync(ours(file), 0o400)
}

function foreign(file: string): void {
  const database = new Database(file)
  database.exec('create table diary (page text); pragma user_version = 1')
  database.close()
}

function damaged(file: string): void {
  const bytes = readFileSync(ours(file))
  bytes.fill(0x5a, bytes.length / 2)
  writeFileSync(file, bytes)
}

function halved(file: string): void {
  const bytes = readFileSync(ours(file))
  writeFileSync(file, bytes.subarray(0, bytes.length / 2))
}

function readOnlyFolder(file: string): void {
  ours(file)
  chmodSync(join(file, '..'), 0o555)
}

const rename = (store: Store, name: string) =>
  store.run('player.rename', { id: 'ada', name, at: 2 })

/** A disk of 400 kB with so many of them free, where this user may mount one; `room` makes room. */
async function fullDisk(t: Test, kilobytes: number) {
  const folder = folderOf(t)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', folder])
  if (status !== 0) return { room() {} }
  t.teardown(() => void spawnSync('umount', [folder]))
  const filling = join(folder, 'filling')
  writeFileSync(filling, Buffer.alloc((400 - kilobytes) * 1_024))
  return { folder, room: () => rmSync(filling) }
}

/** The threads that are begun during a test. */
function workersOf(t: Test): readonly Worker[] {
  const all: Worker[] = []
  const take = (worker: Worker) => void all.push(worker)
  process.on('worker', take)
  t.teardown(() => process.off('worker', take))
  return all
}

function limit(t: Test, pid: number, bytes: number | 'unlimited'): void {
  const { status, stderr } = spawnSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:`], {
    encoding: 'utf8',
  })
  t.equal(status, 0, stderr)
}

async function mustBe<T>(promise: Promise<T> | undefined): Promise<T> {
  if (!promise) throw new Error('expected a client')
  return promise
}
