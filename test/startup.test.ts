import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createBackend } from '../server/backend/client.ts'
import { runKeys } from '../server/cli/commands.ts'
import { readConfig } from '../server/cli/config.ts'
import { LINES, readSettings } from '../server/cli/settings.ts'
import { HOOKS } from '../server/game/definition.ts'
import { CONFIG_OPTIONS } from '../server/options.ts'
import { createServer, type ServerOptions } from '../server/server.ts'
import { selfMade } from './support/certificate.ts'
import { ending, listening } from './support/estragon.ts'

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'estragon-start-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const SWITCHES = Object.entries(LINES).flatMap(([name, line]) =>
  line.type === 'boolean' && 'env' in line ? [{ name, env: line.env }] : [],
)
const optionOf = (name: string) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase())

t.test('a switch in the environment is on or off as it says, and never silently off', async (t) => {
  t.ok(SWITCHES.length >= 5)
  for (const { name, env } of SWITCHES) {
    const read = (said: string) => () => readSettings([], { [env]: said })
    for (const on of ['1', 'true', 'True', 'TRUE', 'yes', 'Yes', 'on', ' ON\r\n', '\ufeffyes'])
      t.match(read(on)(), { options: { [optionOf(name)]: true } }, `${env}=${on}`)
    for (const off of ['0', 'false', 'False', 'no', 'NO', 'off', 'Off '])
      t.match(read(off)(), { options: { [optionOf(name)]: false } }, `${env}=${off}`)
    for (const empty of ['', ' ', '\ufeff'])
      t.notOk(optionOf(name) in (read(empty)() as { options: object }).options, `${env}=${empty}`)
    for (const what of ['y', 'enabled', '2', '"true"', 'nope', 'constructor'])
      t.throws(read(what), {
        message: `${env}: expected one of true, yes, on, 1, false, no, off, 0, got ${JSON.stringify(what)}`,
      })
  }
})

t.test('a variable that there is not is told of at the start', async (t) => {
  const env = { ESTRAGON_REQUIRE_TICKETS: 'true', ESTRAGON_PASSWORD: 'x', ESTRAGON_LOG: ' info ' }
  const of = {
    ESTRAGON_SERVICE_HOST: '10.0.0.1',
    ESTRAGON_PORT: 'tcp://10.0.0.1:80',
    ESTRAGON_X: '',
  }
  const server = await listening(t, ['-p', '0'], { env: { ...env, ...of } })

  await server.program.complaints.until((line) => line.includes('PASSWORD'), 'a complaint')
  t.match(server.program.complaints.items, [
    'estragon: ESTRAGON_REQUIRE_TICKETS: unknown; did you mean ESTRAGON_REQUIRE_TICKET?',
    /^estragon: ESTRAGON_PASSWORD: unknown; expected one of PORT, HOST, ESTRAGON_DATA, /,
  ])
  t.equal(server.program.complaints.items.length, 2)
  await server.stop('SIGTERM')
})

t.test('blanks and marks around a value are not part of it', async (t) => {
  const env = {
    PORT: ' 1234\r',
    HOST: '127.0.0.1 ',
    ESTRAGON_LOG: '\ufeffwarn',
    ESTRAGON_DATA: ' a.db ',
  }

  t.match(readSettings([], env), {
    options: { port: 1234, host: '127.0.0.1' },
    data: 'a.db',
    log: 'warn',
  })
  t.match(readSettings(['--port', ' 99 ', '--lag', 'delay=80, jitter = 20', '--dev'], {}), {
    options: { port: 99, lag: { delay: 80, jitter: 20 } },
  })
  t.throws(() => readSettings(['--host', ' '], {}), { message: /^--host: expected a name or an/ })
})

t.test('[::1] is listened on, and the line says so as an address does', async (t) => {
  const server = await listening(t, ['-h', '[::1]', '-p', '0'])

  t.equal(server.line, `server listening on [::1]:${server.port}`)
  t.equal((await fetch(`http://[::1]:${server.port}/healthz`)).status, 200)
  t.equal(await server.logs('Local: '), `Local: http://[::1]:${server.port}`)
})

t.test('a host that nobody knows, or that is none, is one clear line', async (t) => {
  for (const [host, complaint] of [
    [
      'nowhere.invalid',
      /^estragon: --host: nobody knows a host nowhere\.invalid; try 127\.0\.0\.1/,
    ],
    ['http://localhost', /--host: expected a name or an address, .*got "http:\/\/localhost"/],
    ['localhost:80', /--host: expected a name or an address, .*got "localhost:80"/],
    ['203.0.113.1', /--host: this machine has no address 203\.0\.113\.1/],
  ] as const) {
    const { code, output, errors } = await ending(t, ['-p', '0', '-h', host])
    t.match({ code, output, errors }, { code: 1, output: [], errors: [complaint] }, host)
  }
})

/* A start that fails. */

const failing: Readonly<Record<string, (t: Test) => Promise<ServerOptions>>> = {
  'whose port is taken': async (t) => {
    const holder = createTcp().listen(0, '127.0.0.1')
    t.teardown(() => holder.close())
    await once(holder, 'listening')
    return { port: (holder.address() as { port: number }).port }
  },
  'whose host nobody knows': async () => ({ host: 'nowhere.invalid', port: 0 }),
  'whose page is not there': async () => ({ port: 0, page: '/nowhere/at/all' }),
  'whose kinds of room clash': async () => ({ port: 0, rooms: { plaza: {} } }),
}

for (const [what, make] of Object.entries(failing))
  t.test(`a server ${what} leaves nothing open`, async (t) => {
    const data = join(folderOf(t), 'kept.db')
    const options = { host: '127.0.0.1', data, ...(await make(t)) }
    await createServer(options).catch(() => {})
    const before = process.getActiveResourcesInfo().sort()

    await t.rejects(createServer({ ...options, dev: true, lag: { delay: 1 } }))

    t.strictSame(process.getActiveResourcesInfo().sort(), before, 'no timer, port or thread')
    const { host: _, page: __, rooms: ___, ...rest } = options
    const second = await createServer({ ...rest, host: '127.0.0.1', port: 0 })
    await second.close()
  })

t.test('a key made in the wrong folder says that its file is new', async (t) => {
  const data = join(folderOf(t), 'other.db')
  const words = ['create', '--scopes', 'read:players', '--data', data]

  const first = await runKeys(words, {})
  const second = await runKeys(words, {})

  t.match(first.remark, `${data} was not there and is new`)
  t.match(first.remark, /if your server runs on another file, say --data FILE$/)
  t.match(second.remark, /^access key \S+: keep it, it is shown only this once$/)
})

t.test('a log that is no logger is refused, by the server and for a backend', async (t) => {
  for (const log of ['info', true, {}, { info: 'x' }, console.log, null]) {
    await t.rejects(createServer({ port: 0, log: log as never }), {
      message: /^log: expected a logger such as pino, got /,
    })
    t.throws(() => createBackend({ enabled: false, log: log as never }), {
      message: /^log: expected a logger such as pino$/,
    })
  }
})

/* The configuration. */

const config = (t: Test, name: string, content: string | Buffer) => {
  const path = join(folderOf(t), name)
  writeFileSync(path, content)
  return path
}

const HOOK_NAMES = Object.keys(HOOKS).join(', ')

for (const [what, content, place] of [
  ['nothing in it', '', '1:1: expected JSON: a value'],
  ['a comma too many', '{\n  "plaza": false,\n}', '3:1: expected JSON: a name in double quotes'],
  ['a comma too few', '{\n  "plaza": false\n  "rooms": {}\n}', '3:3: expected JSON: a comma or }'],
  ['single quotes', "{ 'plaza': false }", '1:3: expected JSON: a name in double quotes'],
  ['a comment', '{\n  // no plaza\n  "plaza": false }', '2:3: expected JSON: a name in'],
  ['True for true', '{"plaza":\n True}', '2:2: expected JSON: a value'],
  ['a number as none is written', '{"limits":{"rooms": 08}}', '1:21: expected JSON: a value'],
  ['no end', '{"rooms": {"duel": {"capacity": 2}', '1:35: expected JSON: a comma or }'],
  ['more than its end', '{"plaza": false} }', '1:18: expected JSON: the end of the file'],
  ['a list', ' []', '1:2: expected an object, got an array'],
  ['no object', '7', '1:1: expected an object, got 7'],
  [
    'no effect',
    '{\n}',
    `1:1: expected some of ${Object.keys(CONFIG_OPTIONS).join(', ')}, got none`,
  ],
  [
    'a wrong value',
    '{\n  "rooms": {\n    "duel": {\n      "capacity": 0\n    }\n  }\n}',
    '4:7: rooms.duel.capacity: expected a whole number from 1',
  ],
  [
    'a wrong one in a list',
    '{"rooms":{"duel":{"namespaces":["duel",\n"The Duel"]}}}',
    '2:1: rooms.duel.namespaces[1]: expected text of 1 to 32',
  ],
  [
    'a rate without its burst',
    '{"rates": {\n"event": {"per_second": 1}}}',
    '2:1: rates.event.burst: expected a whole number',
  ],
  [
    'an unknown field',
    '{"rooms": {"duel":\n{"chairs": 2}}}',
    `2:2: rooms.duel.chairs: unknown; expected one of capacity, `,
  ],
  ['a hook by another name', '{"rooms":{"duel":{"on": 2}}}', HOOK_NAMES],
] as const)
  t.test(`a configuration with ${what} is refused with file, line and column`, async (t) => {
    const path = config(t, 'game.json', content)
    const { message } = await readConfig(path).then(
      () => new Error('it was read'),
      (error: Error) => error,
    )
    t.ok(message.startsWith(`${path}:`), message)
    t.ok(message.includes(place), message)
  })

t.test('what editors of Windows put before a file is not part of it', async (t) => {
  const said = { plaza: false }
  const text = JSON.stringify(said)

  t.strictSame(await readConfig(config(t, 'a.json', `\ufeff${text}`)), said)
  await t.rejects(readConfig(config(t, 'b.json', Buffer.from(`\ufeff${text}`, 'utf16le'))), {
    message: /b\.json: expected JSON in UTF-8, got UTF-16; save it as UTF-8$/,
  })
  const made = selfMade(t)
  if (!made) return
  const cert = config(t, 'cert.pem', `\ufeff${made.cert}`)
  const key = config(t, 'key.pem', `\ufeff${readFileSync(made.keyFile, 'utf8')}`)
  const server = await listening(t, ['-h', 'localhost', '-p', '0', '--cert', cert, '--key', key])
  t.ok(server.port > 0)
})

t.test('a configuration that is not there, or no module, is refused in words', async (t) => {
  const nowhere = join(folderOf(t), 'nowhere')
  for (const [path, complaint] of [
    [`${nowhere}.json`, /nowhere\.json: there is no such file$/],
    [`${nowhere}.mjs`, /nowhere\.mjs: there is no such file$/],
    [config(t, 'b.mjs', '\nthrow new Error("no")'), /b\.mjs:2:\d+: no$/],
    [config(t, 'c.mjs', 'import "nobody-has-this"'), /c\.mjs: Cannot find package/],
    [config(t, 'd.mjs', 'export default []'), /d\.mjs: default: expected an object, got an array$/],
    [config(t, 'e.mjs', 'export default () => {}'), /e\.mjs: default: expected an object, got a f/],
    [config(t, 'f.mjs', 'const rooms = {}'), /f\.mjs: expected some of rooms, .* got none$/],
    [config(t, 'g.yaml', 'plaza: false'), /g\.yaml: expected JSON \(\.json\) or compiled Java/],
  ] as const)
    await t.rejects(readConfig(path), { message: complaint }, path)
})

t.test('a configuration whose code is wrong is one line with file and line', async (t) => {
  const path = config(t, 'a.mjs', 'export const rooms = {}\nexport const packets = {')

  const { code, output, errors } = await ending(t, ['-p', '0', '--config', path])

  t.match({ code, output }, { code: 1, output: [] })
  t.strictSame(errors, [`estragon: ${path}:2: Unexpected end of input`])
})
