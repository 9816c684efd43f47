import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttp } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { LIMITS } from '../protocol/limits.ts'
import { readConfig } from '../server/cli/config.ts'
import { readSettings } from '../server/cli/settings.ts'
import { ROOM_OPTIONS } from '../server/game/options.ts'
import { SERVER_OPTIONS } from '../server/options.ts'
import { createHub, createServer } from '../server/server.ts'

/** What no option takes, and what only some do; each as JavaScript and JSON would say it. */
const VALUES: readonly unknown[] = [
  ...[Number.NaN, -1, 1e99, 0.5, Number.POSITIVE_INFINITY, 2 ** 53, '', 'x', 'x'.repeat(5_000)],
  ...[[], [[]], {}, { x: 1 }, null, true, Symbol('x'), 10n, new Date(0), Object.create(null)],
  ...[JSON.parse('{"__proto__":{"x":1}}'), JSON.parse('{"constructor":{"prototype":1}}')],
  ...[Object.create({ cert: 'x', key: 'x' }), new Map([['x', 1]]), () => {}, class {}],
]

const NAMES = [...Object.keys(SERVER_OPTIONS), 'kinds', 'endpoints', 'handlers', 'routes']

/** Options, each wrong in one place or right by luck. */
function* guesses(): Generator<Readonly<Record<string, unknown>>> {
  for (const value of VALUES) {
    for (const name of [...NAMES, 'x', '__proto__', 'constructor']) yield { [name]: value }
    for (const name of [...Object.keys(LIMITS), '__proto__', 'toString'])
      yield { limits: { [name]: value } }
    for (const name of ['event', '__proto__', 'valueOf']) yield { rates: { [name]: value } }
    for (const name of ['per_second', 'burst', 'x'])
      yield { rates: { event: { per_second: 1, burst: 1, [name]: value } } }
    for (const name of [...Object.keys(ROOM_OPTIONS), 'onJoin', '__proto__', 'x'])
      yield { rooms: { duel: { [name]: value } } }
    for (const name of ['delay', 'jitter', 'cut', 'stall', 'seed', 'x'])
      yield { dev: true, lag: { [name]: value } }
    for (const name of ['cert', 'key', 'x']) yield { tls: { cert: 'x', key: 'x', [name]: value } }
  }
}

/** One sentence that begins with a place. */
const SENTENCE = /^[\w./-]+(\[\d+\]|\.[^:]{0,60})*(: name)?: (expected|unknown)[^\n]{1,4200}$/

t.test('whatever an option is, a hub opens or a sentence names the place', async (t) => {
  let refused = 0
  for (const options of guesses()) {
    try {
      createHub(options).close()
    } catch (error) {
      refused++
      const { message } = error as Error
      if (!SENTENCE.test(message)) t.fail(`${message} ${Object.keys(options)}`)
    }
  }
  t.ok(refused > 1_500, `${refused} refused`)
})

t.test('a seat of each session that should outlive its session is refused', (t) => {
  const duel = { seats: 'session', seat_ms: 60_000 } as const
  const message =
    'rooms.duel.seat_ms: expected 0 where seats is session: such a seat ends with its session, got 60000'

  t.throws(() => createHub({ rooms: { duel } }), { message })
  createHub({ rooms: { duel: { ...duel, seat_ms: 0 } } }).close()
  t.end()
})

t.test('a server that is refused has made no file and kept no port', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'estragon-wrong-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  let refused = 0
  for (const options of guesses()) {
    const data = join(folder, `${refused}.db`)
    const all = { host: '127.0.0.1', port, data, ...options }
    try {
      createHub(options).close()
    } catch {
      if (refused++ % 10 > 0) continue
      await t.rejects(createServer(all), { message: SENTENCE })
      if (existsSync(data)) t.fail(`a file was made with ${Object.keys(options)}`)
    }
  }
  await t.resolves(listens(port), 'the port is free')
})

t.test('a configuration in JSON is read or refused in one sentence', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'estragon-wrong-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'game.json')
  const texts = ['', '[]', 'null', '1', '"x"', '{"__proto__":{"x":1}}', '{"constructor":1}', '{]']
  for (const options of guesses()) {
    if (Object.values(options).some((value) => typeof value === 'bigint')) continue
    try {
      const text = JSON.stringify(options)
      if (Math.abs(hash(text)) % 8 === 0) texts.push(text)
    } catch {} // JSON cannot say it.
  }
  for (const text of new Set(texts)) {
    await writeFile(path, text)
    try {
      await readConfig(path)
    } catch (error) {
      const { message } = error as Error
      const [, said = ''] = message.split(path)
      if (!/expected|unknown/.test(said) || said.includes('\n')) t.fail(`${text}: ${message}`)
    }
  }
})

t.test('whatever is said on the command line or around it, a sentence answers', async (t) => {
  const words = ['', 'x', '-1', 'NaN', '1e99', '[]', '{}', 'null', '__proto__', 'delay', '=', ',']
  const options = ['port', 'host', 'data', 'origins', 'lag', 'backend-secret', 'log', 'config']
  const variables = ['PORT', 'ESTRAGON_LOG', 'ESTRAGON_ORIGINS', 'ESTRAGON_REQUIRE_TICKET']
  const tries: (() => unknown)[] = words.flatMap((word) => [
    ...options.map((name) => () => readSettings([`--${name}=${word}`, '--dev'], {})),
    ...variables.map((name) => () => readSettings([], { [name]: word })),
    () => readSettings([word], {}),
    () => readSettings([`--${word}`], {}),
    () => readSettings(['--lag', `${word}=1,delay=${word}`, '--dev'], {}),
  ])
  for (const run of tries) {
    try {
      run()
    } catch (error) {
      const { message } = error as Error
      if (error instanceof TypeError && !('code' in error)) t.fail(`${error.stack}`)
      if (message === '') t.fail(`${error}`)
    }
  }
  t.ok(tries.length > 150)
})

const hash = (text: string) => [...text].reduce((sum, one) => (sum * 31 + one.charCodeAt(0)) | 0, 7)

async function freePort(): Promise<number> {
  const http = createHttp()
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as { port: number }
  await new Promise<void>((resolve) => void http.close(() => resolve()))
  return port
}

async function listens(port: number): Promise<void> {
  const http = createHttp()
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, '127.0.0.1', resolve)
  })
  await new Promise<void>((resolve) => void http.close(() => resolve()))
}
