import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'
import { getPriority } from 'node:os'
import { delimiter, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import t, { type Test } from 'tap'
import { BUILT, ending, listening, NODE } from './support/estragon.ts'
import { createFeed } from './support/feed.ts'

const ROOT = new URL('../', import.meta.url)
/** One that this process may use, as `taskset` writes it; none where there is no taskset. */
const ONE_PROCESSOR =
  spawnSync('taskset', ['-c', '-p', `${process.pid}`], { encoding: 'utf8' }).stdout?.match(
    /(\d+)[-,\d]*\s*$/,
  )?.[1] ?? ''

t.test('without options it is 0.0.0.0, and --help says which port', async (t) => {
  const help = await ending(t, ['--help'])
  const { host, port } = await listening(t, ['-p', '0'])

  t.match(help, { code: 0, errors: [] })
  t.match(help.output.join('\n'), /-p, --port PORT .*\(1234\).*\[PORT\]/)
  t.match(help.output.join('\n'), /-h, --host HOST .*\(0\.0\.0\.0\).*\[HOST\]/)
  t.equal(host, '0.0.0.0')
  await answers(t, port)
})

const free = freePorts()
for (const [title, run] of [
  ['-p N', (port) => ({ args: ['-p', port], host: '0.0.0.0' })],
  ['--port N', (port) => ({ args: ['--port', port], host: '0.0.0.0' })],
  ['-h localhost', (port) => ({ args: ['-h', 'localhost', '-p', port], host: '127.0.0.1' })],
  [
    '--host and --port',
    (port) => ({ args: ['--host', '127.0.0.1', '--port', port], host: '127.0.0.1' }),
  ],
  ['PORT and HOST', (PORT) => ({ args: [], env: { PORT, HOST: 'localhost' }, host: '127.0.0.1' })],
  ['-p over PORT', (port) => ({ args: ['-p', port], env: { PORT: '1' }, host: '0.0.0.0' })],
  [
    'empty PORT and HOST',
    (port) => ({ args: ['-p', port], env: { PORT: '', HOST: '' }, host: '0.0.0.0' }),
  ],
] as const satisfies readonly (readonly [string, (port: string) => Run])[])
  t.test(`${title}: the line that says where it listens matches`, async (t) => {
    const port = await free()
    const { args, env, host }: Run = run(`${port}`)

    const server = await listening(t, args, env && { env })

    t.equal(server.line, `server listening on ${host}:${port}`)
    await answers(t, port)
  })

t.test(
  'on one processor what is not the event loop comes behind it',
  { skip: !ONE_PROCESSOR && 'no taskset' },
  async (t) => {
    const nicenessOf = (pid: number) =>
      readdirSync(`/proc/${pid}/task`).map((thread) => [
        Number(thread) === pid ? 'loop' : 'other',
        Number(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(' ')[18]),
      ])
    const command = ['taskset', '-c', ONE_PROCESSOR, ...BUILT]

    const { pid } = await listening(t, ['-p', '0'], { command })

    const all = nicenessOf(pid)
    const own = getPriority()
    t.strictSame(
      all.filter(([who]) => who === 'loop'),
      [['loop', own]],
    )
    const behind = all.filter(([who, nice]) => who === 'other' && nice === own + 10)
    t.ok(behind.length >= 4, `${behind.length} threads of the engine are behind it`)
  },
)

t.test('--version says the version of the package', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'))

  t.match(await ending(t, ['--version'], { command: NODE }), {
    code: 0,
    output: [version],
    errors: [],
  })
})

t.test('a port in use is one line on stderr and exit code 1', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1')
  t.teardown(() => holder.close())
  await once(holder, 'listening')
  const { port } = holder.address() as AddressInfo

  const { code, output, errors } = await ending(t, ['-h', 'localhost', '-p', `${port}`])

  t.equal(code, 1)
  t.strictSame(output, [])
  t.strictSame(errors, [`estragon: port ${port} is in use; choose another with --port`])
})

for (const [args, complaint] of [
  [['-p', 'http'], /--port: expected a number from 0 to 65535, got "http"/],
  [['-p', '65536'], /--port: .*got 65536/],
  [['--port'], /--port/],
  [['-p', '-1'], /-p/],
  [['--nope'], /--nope/],
  [['extra'], /extra/],
  [['--log', 'loud'], /--log: expected one of "trace", .*got "loud"/],
  [['-p', '0', '-h', '203.0.113.1'], /--host: this machine has no address 203\.0\.113\.1/],
] as const)
  t.test(`${args.join(' ')} is one line on stderr and exit code 1`, async (t) => {
    const { code, output, errors } = await ending(t, args)

    t.equal(code, 1)
    t.strictSame(output, [])
    t.equal(errors.length, 1, errors.join('\n'))
    t.match(errors[0], /^estragon: /)
    t.match(errors[0], complaint)
  })

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  t.test(`${signal} says 4000 to every client, then the process ends`, async (t) => {
    const server = await listening(t, ['-p', '0'])
    const clients = await Promise.all([server.client(), server.client(), server.client()])

    const stopped = await server.stop(signal)

    t.match(stopped, { code: 0, signal: null })
    for (const { closed } of clients) t.match(await closed, { code: 4000, reason: /stopping/ })
  })

t.test('a stop does not wait for a client that never answers', async (t) => {
  const server = await listening(t, ['-p', '0'])
  const deaf = await openDeaf(t, server.port)
  const client = await server.client()

  const stopped = server.stop('SIGTERM')

  await deaf.toldToClose
  t.match(await client.closed, { code: 4000 })
  t.match(await stopped, { code: 0, signal: null })
})

t.test('a second signal ends the process at once', async (t) => {
  const server = await listening(t, ['-p', '0'])
  const deaf = await openDeaf(t, server.port)
  const stopped = server.stop('SIGINT')
  await deaf.toldToClose

  server.kill('SIGINT')

  t.match(await stopped, { code: 130 }, 'of the signal, rather than of the stop that took too long')
})

t.test('a server that npm started ends when npm is killed', async (t) => {
  const npm = ['sh', '-c', '"$@"; true', 'npm', ...NODE, '-p', '0']
  const server = await listening(t, [], { env: { npm_lifecycle_event: 'start' }, command: npm })
  const client = await server.client()
  const { pid } = JSON.parse(await server.logs('Client connected'))
  t.not(pid, server.pid, 'a shell stands for npm')
  let isOver = false
  t.teardown(() => isOver || process.kill(pid, 'SIGKILL'))

  await server.stop('SIGKILL') // ended once nobody holds its output any more
  isOver = true

  t.match(await client.closed, { code: 4000 })
})

t.test('the log is one JSON object a line where nobody watches', async (t) => {
  const server = await listening(t, ['-p', '0', '--log', 'trace'])
  const client = await server.client()
  await server.logs('Client connected')
  client.drop()
  await server.logs('Client disconnected')
  await server.stop('SIGTERM')

  const lines = server.program.lines.items.filter((line) => line.startsWith('{'))
  t.ok(lines.length >= 2)
  for (const line of lines) t.match(JSON.parse(line), { level: Number, time: Number, msg: String })
  t.strictSame(server.program.complaints.items, [])
})

t.test('--log silent says where it listens and nothing else', async (t) => {
  const server = await listening(t, ['-p', '0', '--log', 'silent'])
  const client = await server.client()
  client.drop()
  await server.stop('SIGTERM')

  t.strictSame(server.program.lines.items, [`${server.pid}`, server.line])
})

t.test('no token and no guest key is ever logged', async (t) => {
  const server = await listening(t, ['-p', '0', '--log', 'trace', '--dev'])
  const ada = await server.client()
  const { token } = ada.welcome
  const { data: guest } = await ada.ask('player.identify', { name: 'Ada' })
  await ada.ask('room.join_or_create', { kind: 'plaza' })
  await ada.ask('player.identify', { guest_key: 'a-key-of-nobody' })
  await ada.ask('no.such.message', { token, key: guest.guest_key })
  ada.send(`not JSON, with ${token} and ${guest.guest_key}`)
  await ada.settled()
  ada.drop()
  await server.logs('Client disconnected')

  const back = await server.client()
  const claim = { token, attempt: 1, sent: 5, received: 4, forgotten: 0 }
  t.match((await back.ask('session.resume', claim)).data, { session: ada.welcome.session })
  await back.ask('player.identify', { guest_key: guest.guest_key })
  await back.ask('session.resume', claim)
  const stranger = await server.client()
  await stranger.ask('session.resume', { ...claim, token: 'a-token-of-nobody' })
  await server.stop('SIGTERM')

  const said = [...server.program.lines.items, ...server.program.complaints.items].join('\n')
  t.match(said, ada.welcome.session, 'what happened is logged')
  for (const [name, secret] of Object.entries({
    token,
    key: guest.guest_key,
    'the token of the second connection': back.welcome.token,
    'the token of the third connection': stranger.welcome.token,
    'a key that is wrong': 'a-key-of-nobody',
    'a token that is wrong': 'a-token-of-nobody',
  })) {
    t.ok(secret.length > 10, name)
    t.notOk(said.includes(secret), `${name} is not in the log`)
  }
})

t.test('on a terminal the log is for people', async (t) => {
  if (!isInstalled('script'))
    return void t.pass('script (util-linux) is not installed', { skip: true })
  const typed = [...NODE, '-p', '0'].map((word) => `'${word}'`).join(' ')

  const server = await listening(t, [], { command: ['script', '-qec', typed, '/dev/null'] })
  await server.client()
  const line = await server.logs('Client connected')

  t.notMatch(line, /^\{/)
  t.match(stripVTControlCharacters(line), /^\[\d\d:\d\d:\d\d\] INFO: Client connected/)
  const local = await server.logs('Local: ')
  t.equal(local.trimEnd(), `Local: http://localhost:${server.port}`)
})

interface Run {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly host: string
}

async function answers(t: Test, port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/healthz`)
  t.equal(await response.text(), 'OK')
}

/** A client that completes the handshake and from then on only listens, the close unanswered. */
async function openDeaf(t: Test, port: number): Promise<{ toldToClose: Promise<unknown> }> {
  const socket: Socket = connectTcp(port, '127.0.0.1')
  const chunks = createFeed<Buffer>('deaf client')
  socket.on('data', chunks.push)
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  socket.write(HANDSHAKE)
  await chunks.until((chunk) => chunk.includes('"welcome"'), 'a welcome')
  const CLOSE_4000 = Buffer.from([0x0f, 0xa0])
  return { toldToClose: chunks.until((chunk) => chunk.includes(CLOSE_4000), 'a close with 4000') }
}

const HANDSHAKE = [
  'GET / HTTP/1.1',
  'host: 127.0.0.1',
  'connection: upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
  '\r\n',
].join('\r\n')

/** Free ports that no other program is given by chance: below those the system hands out. */
function freePorts(): () => Promise<number> {
  let next = 20_000 + (process.pid % 10_000)
  return async () => {
    for (;;) {
      const port = 20_000 + (next++ % 10_000)
      const probe = createServer()
      const taken = once(probe, 'error').then(() => true)
      const listening = once(probe, 'listening').then(() => false)
      probe.listen(port, '0.0.0.0')
      if (await Promise.race([taken, listening])) continue
      const closed = once(probe, 'close')
      probe.close()
      await closed
      return port
    }
  }
}

const isInstalled = (name: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)))
