import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openRaw } from './support/client.ts'
import { BUILT, listening, start } from './support/estragon.ts'
import { startProgram } from './support/program.ts'
import { until } from './support/promise.ts'
import { NodeSocket } from './support/world.ts'

/** What a game began and nobody holds, by the name of the event that begins it. */
const LOOSE = `
  timeout: () => setTimeout(() => { throw new Error('boom timeout') }),
  interval: () => { const timer = setInterval(() => { clearInterval(timer); throw new Error('boom interval') }, 1) },
  immediate: () => setImmediate(() => { throw new Error('boom immediate') }),
  tick: () => process.nextTick(() => { throw new Error('boom tick') }),
  later: () => void setTimeout(async () => { throw new Error('boom later') }),
  promise: () => void Promise.reject(new Error('boom promise')),
  text: () => void Promise.reject('boom text'),
  proxy: () => void Promise.reject(new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 1 } })),
  ask: (room, { from }) => void room.ask(from, 'x.nobody').then(() => {}),
  request: (room, { from }) => void room.request(from, { name: 'Nope', data: {} }).then(() => {}),
  socket: () => void import('node:net').then(({ connect }) => connect(1, '127.0.0.1')),
`
const NAMES = [...LOOSE.matchAll(/^ {2}(\w+):/gm)].map(([, name = '']) => name)

function gameOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'estragon-loose-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'game.mjs')
  writeFileSync(
    file,
    `const loose = {${LOOSE}
  micro: () => queueMicrotask(() => { throw new Error('boom micro') }),
}
export const rooms = {
  bad: { namespaces: ['x'], onEvent: (room, said) => void loose[said.name.slice(2)](room, said) },
}
setTimeout(() => { throw new Error('boom module') }, 1_000)
`,
  )
  return file
}

t.test(
  'what a game began and nobody holds is logged with its room, and ends nothing',
  async (t) => {
    const server = await listening(t, ['-p', '0', '--log', 'error', '--config', gameOf(t)])
    const ada = await server.client()
    const eve = await server.client()
    await eve.ask('room.create', { kind: 'plaza' })
    const { code } = (await ada.ask('room.create', { kind: 'bad' })).data.room

    for (const name of NAMES) {
      const before = server.program.lines.items.length
      await ada.ask('event.emit', { name: `x.${name}`, args: [] }, { to: 'server' })
      if (name === 'ask') {
        const { id } = await ada.next('query')
        ada.send({ type: 'error', re: id, data: { code: 'UNREGISTERED_HANDLER', message: 'no' } })
      }
      const line = await server.program.lines.until(
        (one) => one.startsWith('{') && server.program.lines.items.indexOf(one) >= before,
        name,
      )
      t.match(JSON.parse(line), { level: 50, room: code, kind: 'bad', incident: String }, name)
    }
    await ada.ask('event.emit', { name: 'x.micro', args: [] }, { to: 'server' })
    const micro = await server.logs('boom micro')
    const module = await server.logs('boom module')

    t.match(JSON.parse(micro), { level: 50, msg: 'nobody caught it', incident: String })
    t.match(JSON.parse(module), { level: 50, msg: 'nobody caught it', incident: String })
    t.match(await eve.ask('room.list'), { type: 'room.list' })
    t.match(await ada.ask('room.leave'), { type: 'room.leave' })
    t.match(await server.stop('SIGTERM'), { code: 0 })
  },
)

t.test('a process with a closed server ends by itself, though a question was open', async (t) => {
  const program = startProgram(
    t,
    process.execPath,
    ['--import', 'ts-node/import', 'test/support/closing.ts'],
    { cwd: new URL('../', import.meta.url).pathname },
  )

  t.match(await program.ended, { code: 0, signal: null })
  t.strictSame(program.lines.items, ['TARGET_LEFT', 'closed'])
})

t.test('out of file descriptors the server says so, goes on, and recovers', async (t) => {
  if (!canLimit(t)) return
  const folder = mkdtempSync(join(tmpdir(), 'estragon-page-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'a.txt'), 'a page')
  const server = await listening(t, ['-p', '0', '--log', 'warn', '--page', folder])
  const ada = await server.client()
  await ada.ask('room.create', { kind: 'plaza' })
  const open = () => readdirSync(`/proc/${server.pid}/fd`).length
  const kept = await dial(t, server.port)
  const before = await kept('/a.txt')

  limit(server.pid, 'nofile', open() + 2)
  const crowd = await Promise.all(Array.from({ length: 20 }, () => dial(t, server.port)))
  const line = JSON.parse(await server.logs('out of file descriptors'))
  const page = await kept('/a.txt')
  const wave = await ada.ask('event.emit', { name: 'plaza.wave', args: [] })
  limit(server.pid, 'nofile', open() + 100)
  await server.logs('file descriptors again')

  t.match(before, /^HTTP.1.1 200 .*a page$/s)
  t.equal(crowd.length, 20)
  t.match(line, { level: 50, code: 'EMFILE' })
  t.match(page, /^HTTP.1.1 503 .*retry-after: 5/s)
  t.match(wave, { type: 'event.emit' })
  t.match(await kept('/a.txt'), /a page$/)
  t.match(await (await server.client()).ask('ping'), { type: 'ping' })
  t.match(await server.stop('SIGTERM'), { code: 0 })
})

t.test('a log that cannot be written ends nothing, and goes on where there is room', async (t) => {
  if (!canLimit(t)) return
  const folder = mkdtempSync(join(tmpdir(), 'estragon-log-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'log')
  const logged = () => readFileSync(file, 'utf8')
  const command = ['sh', '-c', `exec "$@" >> ${file}`, 'sh', ...BUILT]
  const program = start(t, ['-p', '0', '--log', 'info'], { command })
  const pid = Number(await program.lines.until(Boolean, 'its id'))
  await until(() => existsSync(file) && /Network: /.test(logged()), 'it listens')
  const url = `ws://127.0.0.1:${/listening on \S+:(\d+)/.exec(logged())?.[1]}`
  const visit = async () => {
    const client = await openRaw(NodeSocket, url)
    await client.ask('ping')
    client.close()
    await client.closed
    return client.welcome.session
  }
  await visit()

  limit(pid, 'fsize', statSync(file).size + 100)
  const meanwhile = [await visit(), await visit(), await visit()]
  const complaint = await program.complaints.until(Boolean, 'a complaint')
  limit(pid, 'fsize', 'unlimited')
  const after = await visit()
  await until(() => logged().includes(after), 'it logs again')
  process.kill(pid, 'SIGTERM')

  t.equal(new Set(meanwhile).size, 3, 'it served')
  t.equal(complaint, 'estragon: the log cannot be written (EFBIG)')
  t.notMatch(logged(), /nobody caught it/, 'no log of what the log has')
  t.match(await program.ended, { code: 0 })
})

/** Whether a running process can be given less than it wants. */
function canLimit(t: Test): boolean {
  const can = spawnSync('prlimit', ['--version']).status === 0
  if (!can) t.pass('prlimit (util-linux) is not installed', { skip: true })
  return can
}

function limit(pid: number, what: 'nofile' | 'fsize', most: number | 'unlimited'): void {
  const { status, stderr } = spawnSync('prlimit', [`--pid=${pid}`, `--${what}=${most}:`])
  if (status !== 0) throw new Error(`prlimit: ${stderr}`)
}

/** A connection that asks for one path after another; what it is answered, or `closed`. */
async function dial(t: Test, port: number): Promise<(path: string) => Promise<string>> {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  return (path) => {
    const answer = new Promise<string>((resolve) => {
      let text = ''
      const take = (chunk: Buffer) => {
        text += chunk
        const [head = '', body = ''] = text.split('\r\n\r\n')
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
        if (body.length < length || Number.isNaN(length)) return
        socket.off('data', take)
        resolve(text)
      }
      socket.on('data', take)
      socket.once('close', () => resolve('closed'))
    })
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
    return answer
  }
}
