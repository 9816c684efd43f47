import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { LAG } from '../protocol/lag.ts'
import { boundsOf, LIMITS, type LimitName, RATES, type RateClass } from '../protocol/limits.ts'
import { MIN_RECEIVE_BYTES } from '../protocol/session.ts'
import { readConfig } from '../server/cli/config.ts'
import { LINES, readSettings } from '../server/cli/settings.ts'
import { HOOKS } from '../server/game/definition.ts'
import { ROOM_OPTIONS } from '../server/game/options.ts'
import { PLAZA_OPTIONS } from '../server/game/plaza.ts'
import { QUEUE_OPTIONS } from '../server/game/queue.ts'
import { type Option, option, preset, shaped } from '../server/option.ts'
import { CONFIG_OPTIONS, SERVER_OPTIONS } from '../server/options.ts'
import { createHub, createServer, defineRoom } from '../server/server.ts'
import { EXPECTED_HOST } from '../server/transport/host.ts'
import { EXPECTED_ORIGINS } from '../server/transport/origins.ts'
import { limit, rate } from '../server/values.ts'
import { selfMade } from './support/certificate.ts'
import { stage } from './support/stage.ts'

async function folder(t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'estragon-options-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}

interface Wrong {
  readonly options: Readonly<Record<string, unknown>>
  /** What follows the place. */
  readonly complaint: string
  /** The place, where it is below the option. */
  readonly place?: string
  /** The same on the command line: the option, and its text. */
  readonly words?: readonly [name: string, text: string]
}

const FUNCTION = () => {}
const room = (duel: unknown) => ({ rooms: { duel } })

const WRONG: readonly Wrong[] = [
  ...[-1, 65_536, 1.5].map((port) => ({
    options: { port },
    complaint: `expected a number from 0 to 65535, got ${port}`,
    words: ['--port', `${port}`] as const,
  })),
  {
    options: { port: 'http' },
    complaint: 'expected a number from 0 to 65535, got "http"',
    words: ['--port', 'http'],
  },
  {
    options: { origins: ['https://a.example', 'a.example/'] },
    complaint: `expected ${EXPECTED_ORIGINS}, got "a.example/"`,
    words: ['--origins', 'https://a.example,a.example/'],
  },
  {
    options: { origins: 'https://a.example' },
    complaint: `expected ${EXPECTED_ORIGINS}, got "https://a.example"`,
  },
  {
    options: { backendSecret: '12345678' },
    complaint: 'expected a bcrypt hash such as $2b$12$…, of a cost from 4 to 16, or its hex form',
    words: ['--backend-secret', '12345678'],
  },
  {
    options: { dev: true, lag: 80 },
    complaint: 'expected some of delay, jitter, cut, stall, seed, got 80',
  },
  {
    options: { dev: true, lag: { delay: -1 } },
    place: 'lag.delay',
    complaint: 'expected a whole number from 0 to 10000, got -1',
    words: ['--lag', 'delay=-1'],
  },
  {
    options: { dev: true, lag: { cut: 2 } },
    place: 'lag.cut',
    complaint: 'expected a finite number from 0 to 1, got 2',
    words: ['--lag', 'delay=80,cut=2'],
  },
  {
    options: { dev: true, lag: { dealy: 80 } },
    place: 'lag.dealy',
    complaint: 'unknown; did you mean delay?',
    words: ['--lag', 'dealy=80'],
  },
  { options: { host: 7 }, complaint: `expected ${EXPECTED_HOST}, got 7` },
  {
    options: { host: 'http://localhost' },
    complaint: `expected ${EXPECTED_HOST}, got "http://localhost"`,
    words: ['--host', 'http://localhost'],
  },
  { options: { isolation: 1 }, complaint: 'expected true or false, got 1' },
  { options: { data: '' }, complaint: 'expected text of 1 to 4096 characters, got ""' },
  { options: { page: null }, complaint: 'expected text of 1 to 4096 characters, got null' },
  { options: { tls: {} }, place: 'tls.cert', complaint: 'expected PEM as text' },
  {
    options: { tls: { cert: 'secret', key: 'secret' } },
    place: 'tls.cert',
    complaint: 'expected a certificate in PEM, without a passphrase',
  },
  { options: { trustProxy: 'yes' }, complaint: 'expected true or false, got "yes"' },
  { options: { requireTicket: 1 }, complaint: 'expected true or false, got 1' },
  { options: { greeting: [] }, complaint: 'expected true or false, got an array' },
  { options: { dev: 'true' }, complaint: 'expected true or false, got "true"' },
  { options: { onRequest: {} }, complaint: 'expected a function, got an object' },
  { options: { bus: {} }, complaint: 'expected a bus, got an object' },
  { options: { node: '' }, complaint: 'expected text of 1 to 64 characters, got ""' },
  {
    options: { intercom: { position: 3 } },
    place: 'intercom.position',
    complaint: 'expected a function, got 3',
  },
  { options: { log: 'info' }, complaint: 'expected a logger such as pino, got "info"' },
  { options: { world: FUNCTION }, complaint: 'expected a World, got a function' },
  { options: { store: './data.db' }, complaint: 'expected a store, got "./data.db"' },
  {
    options: { packets: { Slap: {} } },
    complaint: 'expected what definePackets or acceptPackets returns, of a module, got an object',
  },
  { options: { plaza: 'no' }, complaint: 'expected an object, or false, or true, got "no"' },
  {
    options: { plaza: { round_s: 0 } },
    place: 'plaza.round_s',
    complaint: 'expected a whole number from 1 to 3600, got 0',
  },
  {
    options: { limits: { rooms: '8' } },
    place: 'limits.rooms',
    complaint: 'expected a whole number from 0 to 4294967295 (rooms), got "8"',
  },
  {
    options: { limits: { resume_ms: 2 ** 32 } },
    place: 'limits.resume_ms',
    complaint: 'expected a whole number from 0 to 4294967295 (ms), got 4294967296',
  },
  {
    options: { limits: { room: 8 } },
    place: 'limits.room',
    complaint: 'unknown; did you mean rooms?',
  },
  { options: { rates: true }, complaint: 'expected an object, or false, got true' },
  {
    options: { rates: { event: { per_second: 0, burst: 1 } } },
    place: 'rates.event.per_second',
    complaint: 'expected a finite number from 0.001 to 1000000, got 0',
  },
  {
    options: { rates: { event: { per_second: 1 } } },
    place: 'rates.event.burst',
    complaint: 'expected a whole number from 1 to 4294967295, got undefined',
  },
  { options: { rooms: [] }, complaint: 'expected an object, got an array' },
  { options: room(2), place: 'rooms.duel', complaint: 'expected an object, got 2' },
  {
    options: room({ capacity: 0 }),
    place: 'rooms.duel.capacity',
    complaint: 'expected a whole number from 1 to 4294967295, got 0',
  },
  {
    options: room({ linger_ms: 3_155_760_000_001 }),
    place: 'rooms.duel.linger_ms',
    complaint: 'expected a whole number from 0 to 3155760000000, or Infinity, got 3155760000001',
  },
  {
    options: room({ namespaces: ['duel', 'The Duel'] }),
    place: 'rooms.duel.namespaces[1]',
    complaint: 'expected text of 1 to 32 characters of a-z, 0-9, _ and -, got "The Duel"',
  },
  {
    options: room({ permissions: { kik: 'host' } }),
    place: 'rooms.duel.permissions.kik',
    complaint: 'unknown; did you mean kick?',
  },
  {
    options: room({ roles: { joiner: 'king' } }),
    place: 'rooms.duel.roles.joiner',
    complaint: 'expected one of "none", "player", "trusted", "assistant", "host", got "king"',
  },
  {
    options: room({ events: { 'duel.move': 3 } }),
    place: 'rooms.duel.events.duel.move',
    complaint: 'expected a shape, such as shape.text(), got 3',
  },
  {
    options: room({ onJoin: 'no' }),
    place: 'rooms.duel.onJoin',
    complaint: 'expected a function, got "no"',
  },
  {
    options: room({ onjoin: FUNCTION }),
    place: 'rooms.duel.onjoin',
    complaint: 'unknown; did you mean onJoin?',
  },
  {
    options: room({ gatherMs: 50 }),
    place: 'rooms.duel.gatherMs',
    complaint: 'unknown; did you mean gather_ms?',
  },
  {
    options: { rooms: { plaza: {} } },
    place: 'rooms.plaza',
    complaint: 'expected another name, or plaza: false',
  },
  { options: { prot: 1234 }, complaint: 'unknown; did you mean port?' },
  { options: { requireTickets: true }, complaint: 'unknown; did you mean requireTicket?' },
]

t.test('a wrong option is refused with the place, before anything is opened', async (t) => {
  const data = join(await folder(t), 'kept.db')
  for (const { options, place = Object.keys(options).at(-1), complaint } of WRONG) {
    const message = `${place}: ${complaint}`
    t.throws(() => createHub(options), { message }, `a hub: ${message}`)
    await t.rejects(createServer({ port: 0, data, ...options }), { message }, message)
  }
  t.notOk(existsSync(data), 'no file was made')
})

t.test('a configuration is refused with the same sentences', async (t) => {
  const path = await folder(t)
  const sayable = WRONG.filter(
    ({ options, place }) =>
      place !== 'rooms.plaza' &&
      Object.keys(options).every((name) => name in CONFIG_OPTIONS) &&
      !Object.values(options).some((value) =>
        Object.values({ ...(value as object) }).some(hasCode),
      ),
  )
  t.ok(sayable.length > 10)
  for (const [index, { options, place, complaint }] of sayable.entries()) {
    const file = join(path, `${index}.json`)
    await writeFile(file, JSON.stringify(options))
    const said = `${place ?? Object.keys(options)[0]}: ${complaint}`
    const { message } = await readConfig(file).then(
      () => new Error('read'),
      (error: Error) => error,
    )
    t.equal(message.replace(/^(.*\.json):1:\d+: /, '$1: '), `${file}: ${said}`)
  }
})

/** Whether there is a function in it, which JSON leaves out. */
const hasCode = (value: unknown): boolean =>
  typeof value === 'function' ||
  Object.values(typeof value === 'object' ? { ...value } : {}).some(hasCode)

t.test('the command line is refused with the same sentences', async (t) => {
  const sayable = WRONG.flatMap(({ words, ...wrong }) => (words ? [{ ...wrong, words }] : []))
  t.ok(sayable.length > 5)
  for (const { options, words, place, complaint } of sayable) {
    const option = place ?? Object.keys(options).at(-1) ?? ''
    const message = `${words[0]}${option.slice(`${option}.`.indexOf('.'))}: ${complaint}`
    const said = [`${words[0]}=${words[1]}`, '--dev']
    t.throws(() => readSettings(said, {}), { message }, message)
  }
})

t.test('what the environment says wrongly is named by its variable', async (t) => {
  const read = (env: Record<string, string>) => () => readSettings([], env)
  t.throws(read({ PORT: 'http' }), {
    message: 'PORT: expected a number from 0 to 65535, got "http"',
  })
  t.throws(read({ ESTRAGON_REQUIRE_TICKET: 'Yep' }), {
    message:
      'ESTRAGON_REQUIRE_TICKET: expected one of true, yes, on, 1, false, no, off, 0, got "Yep"',
  })
  t.match(read({ ESTRAGON_REQUIRE_TICKET: '1', ESTRAGON_GREETING: '0' })(), {
    options: { requireTicket: true, greeting: false },
  })
})

t.test('a switch is on by its word alone', (t) => {
  t.match(readSettings(['--isolation', '--trust-proxy'], {}), {
    options: { isolation: true, trustProxy: true },
  })
  t.end()
})

t.test('a network is made worse in development only', async (t) => {
  const why = 'as well: it makes the network worse on purpose'

  t.throws(() => readSettings(['--lag', 'delay=80'], {}), {
    message: `--lag: expected --dev ${why}`,
  })
  await t.rejects(createServer({ port: 0, lag: { delay: 80 } }), {
    message: `lag: expected dev ${why}`,
  })
  t.match(readSettings(['--dev', '--lag', 'delay=80,jitter=20,cut=0.01,stall=0.02,seed=7'], {}), {
    options: { dev: true, lag: { delay: 80, jitter: 20, cut: 0.01, stall: 0.02, seed: 7 } },
  })
})

t.test('no message shows a secret', async (t) => {
  const made = selfMade(t)
  for (const options of [
    { backendSecret: 'hunter2' },
    { tls: { cert: made?.cert ?? '', key: 'hunter2' } },
    { tls: { cert: 'hunter2', key: 'hunter2' } },
  ])
    await t.rejects(createServer({ port: 0, ...options }), { message: /^((?!hunter2).)*$/ })
})

t.test('every default is within its own bounds', async (t) => {
  const options: readonly (readonly [string, Option])[] = [
    ...Object.entries({ ...SERVER_OPTIONS, ...ROOM_OPTIONS, ...HOOKS }),
    ...Object.keys(LIMITS).map((name) => [name, limit(name as LimitName)] as const),
    ...Object.keys(RATES).map((name) => [name, rate(name as RateClass)] as const),
  ]
  const usual = options.filter(([, { default: value }]) => value !== undefined)
  t.ok(usual.length > 50)
  for (const [name, { check, default: value }] of usual)
    t.equal(check(value, name), undefined, name)
})

/** Every option with a number of the operator's, beside LIMITS and RATES, and where it stands. */
const OPERATORS: Readonly<Record<string, Option>> = {
  ...SERVER_OPTIONS,
  ...ROOM_OPTIONS,
  ...Object.fromEntries(
    Object.entries(LAG.kind === 'object' ? LAG.fields : {}).map(([name, schema]) => [
      `lag.${name}`,
      option(schema.doc ?? '', shaped(schema)),
    ]),
  ),
}

t.test('every number of an operator’s has bounds that it names, and its default is within', (t) => {
  const numbers = Object.entries(OPERATORS).filter(([, one]) => isOfNumbers(one))
  t.ok(numbers.length >= 11, `${numbers.map(([name]) => name)}`)
  for (const [name, one] of numbers) t.strictSame(unbounded(one), [], name)
  const wild = preset('', { expected: 'a number', check: () => undefined }, Number.NaN)
  t.equal(unbounded(wild).length, 6, 'one without any is noticed')
  t.end()
})

const isOfNumbers = ({ check }: Option) => [0, 1, 0.5].some((value) => !check(value, ''))

/** What is taken beyond its bounds, or not at them, or not as its default. */
function unbounded({ expected, check, default: usual }: Option): readonly unknown[] {
  const [, least = 'no least', most = 'no most'] = /from (\S+) to ([\d.]+)/.exec(expected) ?? []
  const forGood = expected.includes('or Infinity') ? [] : [Number.POSITIVE_INFINITY]
  const [min, max] = [Number(least), Number(most)]
  const beyond = [...forGood, -1e9, 1e300, Number.NaN, min - 1, max + 1]
  const within = [min, max, ...(usual === undefined ? [] : [usual])]
  return [
    ...beyond.filter((value) => check(value, '') === undefined),
    ...within.filter((value) => check(value, '') !== undefined),
  ]
}

t.test('every option is listed in the server’s guides, and a test makes use of it', (t) => {
  const readme = ['server/README.md', 'server/OPERATING.md']
    .map((path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'))
    .join('\n')
  const tests = TESTS.join('\n').replace(/const WRONG[\s\S]*?^\]/m, '')
  const listed = (name: string) => readme.includes(`| \`${name}\` |`)
  const used = (name: string) => new RegExp(`\\b${name}\\b:? ?[^'\`\\w]`).test(tests)
  const said = (name: string) => new RegExp(`\`--${name}[ \`]`).test(readme)
  const names = Object.keys({
    ...{ ...SERVER_OPTIONS, ...ROOM_OPTIONS, ...HOOKS },
    ...{ ...PLAZA_OPTIONS, ...QUEUE_OPTIONS },
  })

  t.strictSame(
    names.filter((name) => !listed(name)),
    [],
    'not in the guides',
  )
  t.strictSame(
    names.filter((name) => !used(name)),
    [],
    'in no test',
  )
  const lines = Object.keys(LINES)
  t.strictSame(
    lines.filter((name) => !said(name)),
    [],
    'words not in the guides',
  )
  t.strictSame(
    lines.filter((name) => !tests.includes(`--${name}`)),
    [],
    'words in no test',
  )
  t.notOk(
    [listed, used, said].some((holds) => holds('forbearance')),
    'one without is noticed',
  )
  t.end()
})

/** All tests, in their sources. */
const TESTS = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((file) => /^(?!bench).*\.ts$/.test(file))
  .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))

t.test('a limit is refused just outside its bounds, and not at them', async (t) => {
  for (const name of Object.keys(LIMITS) as LimitName[]) {
    const [least, most] = boundsOf(name)
    const { check } = limit(name)
    t.strictSame([check(least, ''), check(most, '')], [undefined, undefined], name)
    t.match([check(least - 1, name), check(most + 1, name)], [/expected/, /expected/], name)
  }
})

t.test('a limit with which nothing could work is refused', async (t) => {
  for (const [name, value] of [
    ['looks', 0],
    ['connections', 0],
    ['sessions', 0],
    ['receive_bytes', MIN_RECEIVE_BYTES - 1],
    ['data_bytes', 3],
    ['hook_ms', 0],
    ['storage_calls', 0],
    ['stall_ms', 0],
  ] as const)
    t.throws(() => createHub({ limits: { [name]: value } }), {
      message: new RegExp(`^limits\\.${name}: expected a whole number from .*, got ${value}$`),
    })
})

/** What each of them is there to forbid, where that is all of it. */
const FORBIDDEN: Readonly<Partial<Record<LimitName, string>>> = {
  rooms: 'TOO_MANY_ROOMS',
  rooms_total: 'TOO_MANY_ROOMS',
}

t.test(
  'whatever limit is at its least, who comes is let in, sits down and finds rooms',
  async (t) => {
    for (const name of Object.keys(LIMITS) as LimitName[]) {
      const { raw } = stage(t, { limits: { [name]: boundsOf(name)[0] }, rooms: { duel: {} } })
      const ada = await raw()
      const seat = await ada.ask('room.create', { kind: 'duel' })
      const listed = await ada.ask('room.list', { kind: 'duel' })

      t.match(seat.data.code ?? 'seated', FORBIDDEN[name] ?? 'seated', `${name}: a seat`)
      t.equal(listed.data.rooms?.length, FORBIDDEN[name] ? 0 : 1, `${name}: a list`)
      ada.close()
    }
  },
)

t.test('a room that lingers for good, and one with every option, is taken', async (t) => {
  const duel = defineRoom({
    ...{ capacity: 2, namespaces: ['duel'], listed: false, creatable: false },
    ...{ linger_ms: Number.POSITIVE_INFINITY, gather_ms: 1_000 },
    roles: { creator: 'host', joiner: 'trusted' },
    permissions: { kick: 'host' },
    onCreate: () => ({ turn: 1 }),
  })

  const hub = createHub({ plaza: false, rooms: { duel, plaza: {} } })

  t.match(hub.rooms.create('duel'), /^[A-Z2-9]{6}$/)
  hub.close()
})
