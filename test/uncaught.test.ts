import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { listening } from './support/estragon.ts'
import { startProgram } from './support/program.ts'

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
