import { X509Certificate } from 'node:crypto'
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { createServer } from '../server/server.ts'
import { connect } from '../web-client/client.ts'
import type { WebSocketConstructor } from '../web-client/link.ts'
import { expired, type SelfMade, selfMade } from './support/certificate.ts'
import { createClock, createTestWorld } from './support/clock.ts'
import { needEngine, startGodot } from './support/engines.ts'
import { ending, listening } from './support/estragon.ts'
import { startProgram } from './support/program.ts'

t.test('wss and https with --cert and --key, for whom the certificate is trusted', async (t) => {
  const made = selfMade(t)
  if (!made) return
  const server = await secured(t, made)
  const url = `wss://localhost:${server.port}`

  const ada = await connect(url, { WebSocket: trusting(made.cert) })
  const healthz = await get(`https://localhost:${server.port}/healthz`, made.cert)
  const identified = await ada.players.identify({ name: 'Ada' })
  ada.close()

  t.match(identified, { player: { name: 'Ada' } })
  t.equal(healthz, 'OK')
  await t.rejects(connect(url, { WebSocket: trusting() }), { code: 'CONNECT_FAILED' })
  await t.rejects(connect(url.replace('wss', 'ws'), { WebSocket: trusting() }), {
    code: 'CONNECT_FAILED',
  })
  await server.stop('SIGTERM')
})

for (const name of ['godot4', 'godot3'] as const)
  t.test(`wss from ${name}: trusted is connected, untrusted is CONNECT_FAILED`, async (t) => {
    const path = needEngine(t, name)
    const made = selfMade(t)
    if (path === undefined || !made) return
    const server = await secured(t, made)
    const project = fileURLToPath(new URL(`../godot-client/${name}`, import.meta.url))

    const godot = startGodot(t, name, path, {
      project,
      script: fileURLToPath(new URL(`tls/${name}.gd`, import.meta.url)),
      env: { URL: `wss://localhost:${server.port}`, CERTIFICATE: made.certFile },
    })
    await godot.ended

    const said = godot.lines.items.filter((line) => line.includes('trusted: '))
    t.strictSame(said, ['trusted: connected', 'untrusted: CONNECT_FAILED'])
    t.notMatch([...godot.lines.items, ...godot.complaints.items].join('\n'), 'SCRIPT ERROR')
    await server.stop('SIGTERM')
  })

t.test('a certificate or key that will not do is one line and exit code 1', async (t) => {
  const [made, other] = [selfMade(t), selfMade(t)]
  if (!made || !other) return
  const { certFile: cert, keyFile: key } = made

  for (const [words, complaint] of [
    [['--cert', cert], /--cert and --key: expected both, got only --cert; see --help/],
    [['--key', key], /expected both, got only --key/],
    [['--cert', '/nowhere.pem', '--key', key], /--cert: \/nowhere\.pem: cannot be read \(ENOENT\)/],
    [['--cert', cert, '--key', '/nowhere.pem'], /--key: \/nowhere\.pem: cannot be read/],
    [['--cert', key, '--key', key], /--cert: .*: expected a certificate in PEM/],
    [['--cert', cert, '--key', cert], /--key: .*: expected a private key in PEM/],
    [['--cert', cert, '--key', other.keyFile], /--key: .*: expected the key of the certificate in/],
  ] as const) {
    const { code, output, errors } = await ending(t, ['-p', '0', ...words])
    t.match({ code, output, errors }, { code: 1, output: [], errors: [complaint] })
    t.equal(errors.length, 1)
  }
})

t.test('a certificate that clients refuse for its dates is told of, now and later', async (t) => {
  const [made, old] = [selfMade(t), expired(t)]
  if (!made || !old) return
  const { validFrom, validTo } = new X509Certificate(made.cert)
  const key = readFileSync(made.keyFile, 'utf8')
  const HOUR_MS = 3_600_000
  const said = async (cert: string, at: number, hours: number) => {
    const clock = createClock(0)
    const world = { ...createTestWorld(clock), date: () => at + clock.now() }
    const server = await createServer({ host: '127.0.0.1', port: 0, world, tls: { cert, key } })
    clock.advance(hours * HOUR_MS)
    await server.close()
    clock.advance(24 * HOUR_MS)
    return world.lines.flatMap(({ level, complaint }) => (complaint ? [[level, complaint]] : []))
  }
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)]
  const late = [50, `the certificate of CN=localhost expired on ${validTo}`]
  const early = [50, `the certificate of CN=localhost is not valid before ${validFrom}`]

  t.strictSame(await said(made.cert, from, 2), [])
  t.strictSame(await said(made.cert, from - 1.5 * HOUR_MS, 5), [early, early])
  t.strictSame(await said(made.cert, to - 1.5 * HOUR_MS, 1), [])
  t.strictSame(await said(made.cert, to - 1.5 * HOUR_MS, 3), [late, late])
  t.strictSame(await said(made.cert, to + 1, 0), [late])
  const chain = `${made.cert}\n${old.cert}`
  t.match(await said(chain, from, 0), [[50, / expired on Feb {2}1 .* 2020 /]], 'of its chain')
})

t.test('started with a certificate that has expired the server says so, and serves', async (t) => {
  const made = expired(t)
  if (!made) return
  const server = await secured(t, made)
  const complaint = await server.program.complaints.until(Boolean, 'a complaint')
  const line = JSON.parse(await server.logs('clients refuse the certificate'))

  t.match(
    complaint,
    `estragon: --cert: ${made.certFile}: the certificate of CN=localhost expired on`,
  )
  t.match(line, { level: 50, complaint: /expired/ })
  await server.stop('SIGTERM')
})

t.test(
  '--origins admits the pages it lists, and who is no page; others are told 403',
  async (t) => {
    const list = 'https://play.example.org,http://localhost:8080'
    const server = await listening(t, ['-p', '0', '--origins', list])
    const open = (origin?: string) => answerTo(server.port, origin ? { origin } : {})

    t.equal(await open(), 'open')
    t.equal(await open('https://play.example.org'), 'open')
    t.equal(await open('HTTPS://PLAY.EXAMPLE.ORG'), 'open')
    t.equal(await open('http://localhost:8080'), 'open')
    for (const origin of ['https://evil.example', 'http://play.example.org', 'null', 'x'])
      t.equal(await open(origin), '403', origin)
    t.match(JSON.parse(await server.logs('origin refused')), { origin: 'https://evil.example' })
    await server.stop('SIGTERM')
  },
)

t.test('--origins that are none are one line and exit code 1', async (t) => {
  for (const [list, wrong] of [
    ['play.example.org', 'play.example.org'],
    ['https://play.example.org/game', 'https://play.example.org/game'],
    ['https://a.example,*', '\\*'],
  ] as const) {
    const { code, errors } = await ending(t, ['-p', '0', '--origins', list])
    const complaint = new RegExp(`--origins: expected origins such as .*, got "${wrong}"; see`)
    t.match({ code, errors }, { code: 1, errors: [complaint] })
  }
})

t.test('S1 a forged X-Forwarded-For changes nothing, unless a proxy is trusted', async (t) => {
  for (const [trustProxy, expected] of [
    [false, ['open', '4105']],
    [true, ['open', 'open']],
  ] as const) {
    const server = await createServer({
      ...{ port: 0, host: '127.0.0.1', limits: { connections: 1, unproven: 0 }, trustProxy },
    })
    t.teardown(() => server.close())
    const open = (address: string) =>
      answerTo(server.port, { 'x-forwarded-for': `198.51.100.9, ${address}` }, t)

    t.strictSame([await open('203.0.113.1'), await open('203.0.113.2')], expected)
    t.equal(await open('203.0.113.2'), '4105', 'the limit holds for each address')
    t.equal(await open('no address'), trustProxy ? 'open' : '4105', 'the proxy itself')
  }
})

t.test('behind nginx, which ends TLS, everybody is known by an address of their own', async (t) => {
  const nginx = findNginx(t)
  const made = nginx && selfMade(t)
  if (!nginx || !made) return
  const config = '{"limits":{"connections":1}}'
  const folder = folderOf(t)
  writeFileSync(join(folder, 'game.json'), config)
  const words = ['-h', '127.0.0.1', '-p', '0', '--config', join(folder, 'game.json')]
  const server = await listening(t, [...words, '--trust-proxy'])
  const port = await freePort()
  startNginx(t, nginx, folder, { port, upstream: server.port, ...made })
  await serving(port, made.cert)
  const url = `wss://localhost:${port}`
  const from = (localAddress: string) => trusting(made.cert, { localAddress })

  const ada = await connect(url, { WebSocket: from('127.0.0.2') })
  const bob = await connect(url, { WebSocket: from('127.0.0.3') })
  const forged = { localAddress: '127.0.0.2', headers: { 'x-forwarded-for': '203.0.113.7' } }
  t.teardown(ada.close)
  t.teardown(bob.close)
  const again = connect(url, { WebSocket: trusting(made.cert, forged) })
  await t.rejects(again, { code: 'REFUSED', message: /4105|too many/ })
  await ada.rooms.joinOrCreate('plaza', { name: 'Ada' })
  await bob.rooms.joinOrCreate('plaza', { name: 'Bob' })
  const heard = new Promise((resolve) => bob.events.on('plaza.wave', resolve))
  await ada.events.emit('plaza.wave')

  t.strictSame(await heard, [])
  for (const address of ['127.0.0.2', '127.0.0.3'])
    t.match(JSON.parse(await server.logs(`"address":"${address}"`)), { msg: 'Client connected' })
  await server.stop('SIGTERM')
})

function secured(t: Test, { certFile, keyFile }: SelfMade) {
  return listening(t, ['-h', 'localhost', '-p', '0', '--cert', certFile, '--key', keyFile])
}

interface Dialling {
  readonly localAddress?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A WebSocket that trusts this certificate and those the system does. */
function trusting(ca?: string, options: Dialling = {}): WebSocketConstructor {
  return class extends WebSocket {
    constructor(url: string) {
      super(url, { ...(ca && { ca }), ...options })
    }
  } as unknown as WebSocketConstructor // ws as the standard WebSocket it is
}

const get = (url: string, ca: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { ca }, (response) => {
      let text = ''
      response.on('data', (part) => {
        text += part
      })
      response.on('end', () => resolve(text))
    })
    asked.on('error', reject)
    asked.end()
  })

/** How a server answers an upgrade: open, the HTTP status, or the close code that follows. */
function answerTo(
  port: number,
  headers: Readonly<Record<string, string>>,
  keep?: Test,
): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers })
  keep?.teardown(() => socket.terminate())
  return new Promise((resolve) => {
    socket.on('error', (error) => resolve(/\d{3}/.exec(error.message)?.[0] ?? error.message))
    socket.on('close', (code) => resolve(`${code}`))
    socket.on('message', () => {
      resolve('open')
      if (!keep) socket.close()
    })
  })
}

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'estragon-proxy-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function findNginx(t: Test): string | undefined {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folders = (process.env.PATH ?? '').split(delimiter).concat('/usr/sbin')
  const paths = [...folders, join(cache, 'estragon/nginx/usr/sbin')].map((one) => `${one}/nginx`)
  const found = process.env.NGINX || paths.find(isProgram)
  if (found) return found
  const absent = 'nginx is not installed. Debian: bash test/support/install.sh; elsewhere set NGINX'
  if (process.env.CI === 'true') t.fail(absent)
  else t.pass(absent, { skip: true })
  return undefined
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

interface Place {
  readonly port: number
  readonly upstream: number
  readonly certFile: string
  readonly keyFile: string
}

/** nginx with the configuration that the README shows, at other places. */
function startNginx(t: Test, path: string, folder: string, place: Place): void {
  const shown = readFileSync(new URL('proxy/nginx.conf', import.meta.url), 'utf8')
  const config = [
    ['listen 443 ssl', `listen 127.0.0.1:${place.port} ssl`],
    ['127.0.0.1:1234;', `127.0.0.1:${place.upstream};`],
    ['/etc/ssl/play.example.org.pem', place.certFile],
    ['/etc/ssl/play.example.org.key', place.keyFile],
    ['play.example.org', 'localhost'],
  ].reduce((text, [here = '', there = '']) => {
    t.equal(text.split(here).length, 2, `${here} is said once`)
    return text.replace(here, there)
  }, `${shown}`)
  const file = join(folder, 'nginx.conf')
  const aside = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((what) => `${what}_temp_path ${folder}/${what};`)
    .join(' ')
  writeFileSync(file, config.replace('http {', `http { access_log off; ${aside}`))
  const words = `daemon off; master_process off; pid ${folder}/pid; error_log stderr;`
  startProgram(t, path, ['-p', folder, '-c', file, '-e', 'stderr', '-g', words])
}

/** Resolves once what listens there answers. */
async function serving(port: number, ca: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      if ((await get(`https://localhost:${port}/healthz`, ca)) === 'OK') return
      throw new Error('expected OK')
    } catch (error) {
      if (tries === 200) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function freePort(): Promise<number> {
  const server = await createServer({ port: 0, host: '127.0.0.1' })
  await server.close()
  return server.port
}
