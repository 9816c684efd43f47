import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { environment, startProgram } from './support/program.ts'
import { installed, TSC } from './support/tarball.ts'

const run = promisify(execFile)
const TYPES = ['@types/node@20', '@types/ws@8']

/** A game server as a stranger would write it, in the words of the README. */
const GAME = `
import { createRequire } from 'node:module'
import { acceptPackets, createServer, definePackets, defineRoom } from 'estragon'
import { createBackend } from 'estragon/backend'
import { connect } from 'estragon/client'
import WebSocket from 'ws'

const about = createRequire(import.meta.url)('estragon/package.json')
const duel = defineRoom({
  capacity: 2,
  namespaces: ['duel'],
  onCreate: () => ({ turns: 0 }),
  onMessage: ({ own }, { args }) => ({ args: [...args, ++own.turns] }),
})
const shared = definePackets({ Add: { data: { a: 'uint8', b: 'uint8' } } })
const packets = acceptPackets(shared, { Add: { respond: ({ a, b }) => a + b } })
const options = { rooms: { duel }, packets, plaza: false, dev: true }
const server = await createServer({ port: 0, host: '127.0.0.1', ...options })
const url = \`ws://127.0.0.1:\${server.port}\`
const ada = await connect(url, { WebSocket, packets: shared })
const bob = await connect(url, { WebSocket })
const room = await ada.rooms.joinOrCreate('duel', { name: 'Ada' })
await bob.rooms.join(room.code)
const heard = new Promise((resolve) => bob.events.on('duel.move', (args) => resolve(args)))
const { args } = await ada.events.emit('duel.move', ['e4'])
const backend = createBackend({ url: \`\${url}/ws\`, quiet: true })
const notified = new Promise((resolve) => ada.notifications.on('notified', resolve))
await backend.ready()
await backend.notifyAll({ news: 'all is well' })
backend.close()
const sum = await ada.packets.ask(new shared.Add({ a: 2, b: 3 }))
console.log(
  JSON.stringify({
    ...{ kind: room.kind, args, heard: await heard, notified: await notified, sum },
    package: about.name,
  }),
)
ada.close()
bob.close()
await server.close()
`

const MISTAKES = `
import { acceptPackets, createServer, definePackets, defineRoom } from 'estragon'

// @ts-expect-error: a capacity is a number
defineRoom({ capacity: 'two' })
// @ts-expect-error: what is its own has turns, not moves
defineRoom({ onCreate: () => ({ turns: 0 }), onLeave: ({ own }) => own.moves })
const packets = definePackets({ Add: { data: { a: 'uint8', list: ['string', 'bool'] } }, Slap: {} })
new packets.Slap()
new packets.Add({ a: 1, list: ['x', true, false] })
// @ts-expect-error: a is a number
new packets.Add({ a: 'one', list: ['x'] })
// @ts-expect-error: what follows the first is a bool
new packets.Add({ a: 1, list: ['x', 'y'] })
// @ts-expect-error: there is no such type
definePackets({ Add: { data: 'uint7' } })
// @ts-expect-error: there is no such packet
acceptPackets(packets, { Sub: {} })
// @ts-expect-error: its data has no b
acceptPackets(packets, { Add: { respond: ({ b }) => b } })
// @ts-expect-error: there is no such role
defineRoom({ permissions: { kick: 'king' } })
void createServer({ port: 0 }).then((server) => server.close())
`

t.test(
  'the package installs in an empty project, starts, and is imported with its types',
  async (t) => {
    const project = await installed(t, ['ws', ...TYPES])
    await writeFile(join(project, 'game.ts'), GAME)
    await writeFile(join(project, 'mistakes.ts'), MISTAKES)
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify(STRICT))

    const problems = await printed(process.execPath, [TSC, '-p', project], project)
    const said = await printed(process.execPath, ['game.js'], project)
    const shipped = await readdir(join(project, 'node_modules/estragon'))

    t.equal(problems, '')
    t.strictSame(JSON.parse(said), {
      ...{ kind: 'duel', args: ['e4', 1], heard: ['e4', 1] },
      ...{ notified: { news: 'all is well' }, sum: 5, package: 'estragon' },
    })
    t.strictSame(shipped.sort(), [
      ...['LICENSE', 'README.md', 'dist', 'godot-client', 'package.json', 'protocol'],
      ...['server', 'test', 'web-client'],
    ])
    await startsAndServes(t, project)
  },
)

const STRICT = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
  },
}
/** What a program prints, whether or not it succeeds. */
const printed = (command: string, args: readonly string[], cwd: string): Promise<string> =>
  run(command, args, { cwd, env: environment() }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  )

async function startsAndServes(t: Test, cwd: string): Promise<void> {
  const args = ['estragon', '-p', '0', '-h', '127.0.0.1', '--log', 'silent']
  const server = startProgram(t, 'npx', args, { cwd })
  const line = await server.lines.until((one) => one.startsWith('server listening'), 'a line')
  const page = await fetch(`http://127.0.0.1:${line.split(':').at(-1)}/`)
  t.equal(page.status, 200)
  t.match(await page.text(), /<title>/)
}
