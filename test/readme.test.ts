import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import ts from 'typescript'
import { help } from '../server/cli/settings.ts'
import { LIST_NAMES, LISTING, listed, listsOf } from '../server/reference.ts'
import { createMemoryBus, createServer, defineRoom, Refusal, shape } from '../server/server.ts'
import { connect, type Network } from '../web-client/client.ts'
import type { Any } from './support/client.ts'
import { GUIDES } from './support/readme.ts'
import { type Service, service } from './support/service.ts'
import { NodeSocket, world } from './support/world.ts'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
/** All that a newcomer walks along, as one. */
const readme = GUIDES.map(read).join('\n')

t.test('the README’s guest comes back as the same guest', async (t) => {
  const scene = await service(t)
  const [first] = snippets('Signing in', 'ts')
  const localStorage = storage()
  const [before, after] = [await client(t, scene), await client(t, scene)]

  for (const network of [before, after]) await run(first, { network, localStorage })

  t.match(before.players.me, { name: 'Ada', guest: true })
  t.strictSame(after.players.me, before.players.me)
})

t.test('the README’s service gets a pass for its player, with which the game enters', async (t) => {
  const scene = await service(t, { requireTicket: true })
  const [, asking, updating] = snippets('Signing in', 'ts')
  const network = await client(t, scene)
  const called: string[] = []
  const there = (url: string, options: RequestInit) => {
    const { origin, pathname } = new URL(url)
    called.push(`${origin}${pathname}`)
    return fetch(`http://127.0.0.1:${scene.port}${pathname}`, options)
  }

  const { pass } = await run(asking, { ACCESS_KEY: scene.key, user: 'ada', fetch: there }, ['pass'])
  const { player } = await network.players.identify(pass)
  await network.players.update({ props: { hat: true } })
  const known = await run(updating, { network }, ['props', 'groups'])

  t.match(player, { guest: false })
  t.match(await scene.ask(`GET /v1/players/${player.id}`), {
    aliases: [{ service: 'username', identifier: 'ada' }],
  })
  t.strictSame(called, [
    'https://play.example.org/v1/players/identify',
    'https://play.example.org/v1/socket-tickets',
  ])
  t.strictSame(known, { props: { gold: 3 }, groups: [] })
})

t.test('the README’s channel is heard and read', async (t) => {
  const scene = await service(t)
  const [talking] = snippets('Channels', 'ts')
  const network = await client(t, scene)
  await network.players.identify({ name: 'Ada' })
  const said: unknown[] = []
  const console = { log: (...words: unknown[]) => void said.push(words) }

  const { messages } = await run(talking, { network, console }, ['messages'])

  t.strictSame(said, [['Ada', 'Let us go.']])
  t.match(messages, [{ name: 'Ada', message: 'Let us go.', offset: 1 }])
})

t.test('the README’s auction is held by the room itself', async (t) => {
  const [, defining = '', bidding] = snippets('Rooms with rules of their own', 'ts')
  const around = { defineRoom, Refusal, shape }
  const { auction } = await run(defining.replace(/^import .*$/m, ''), around, ['auction'])
  const { connect } = await world(t, { rooms: { auction } })
  const [network, other] = [await connect(), await connect()]
  const { code } = await network.rooms.create('auction')
  await other.rooms.join(code)
  const heard: unknown[] = []
  other.events.on('auction.best', (args) => void heard.push(args))

  const { bid, best } = await run(bidding, { network }, ['bid', 'best'])
  const low = other.functions.executeAsServer('auction.bid', [300])

  await t.rejects(low, { code: 'PERMISSION_DENIED', message: 'too little' })
  t.strictSame([bid, best], [300, 300])
  t.strictSame(heard, [[300, 1]])
})

t.test('the README’s nodes answer as it says', async (t) => {
  const [asking = ''] = snippets('Nodes that ask each other', 'ts')
  const around = { createMemoryBus, createServer }

  const { one, two, answers } = await run(asking, around, ['one', 'two', 'answers'])
  for (const server of [one, two]) await server.close()

  const [, promised = ''] = asking.match(/^\/\/ (\[.*\])$/m) ?? []
  t.strictSame(
    answers,
    await run(`const said = ${promised}`, {}, ['said']).then(({ said }) => said),
  )
})

t.test('what the README calls in Godot is there', (t) => {
  const blocks = snippets(undefined, 'gdscript')
  t.ok(blocks.length >= 4)
  for (const block of blocks) {
    const generation = block.includes('yield(') ? 'godot3' : 'godot4'
    for (const [, noun = '', name = ''] of block.matchAll(/Network\.([a-z]+)\.([a-z_]+)/g)) {
      const source = read(`godot-client/${generation}/addons/estragon/${noun}.gd`)
      t.match(source, new RegExp(`^(func|signal|var) ${name}\\b`, 'm'), `${noun}.${name}`)
    }
  }
  t.end()
})

t.test('the README’s nginx is the one that is run', (t) => {
  const [shown = ''] = snippets('From development to production', 'nginx')
  const indented = shown.replace(/^(?=.)/gm, '  ')

  t.ok(read('test/proxy/nginx.conf').includes(indented), indented)
  t.end()
})

t.test('the guides list every option as the tables have it', async (t) => {
  for (const path of LISTING)
    t.equal(listed(path, read(path)), read(path), `${path}: run \`npm run generate\``)
  const shifted = readme.replace('| `capacity` | `16` |', '| `capacity` | `17` |')
  t.strictSame(LISTING.flatMap((path) => listsOf(read(path))).sort(), LIST_NAMES.toSorted())
  t.not(shifted, readme)
  t.equal(listed('all', shifted), readme)
  t.throws(() => listed('one.md', '<!-- options: hats -->\n<!-- end of options -->'), {
    message: /^one\.md: expected one of room,.*got hats$/,
  })
})

t.test('the README at the top is short enough to be read', async (t) => {
  const lines = read('README.md').split('\n').length - 1
  t.ok(lines <= 180, `${lines} lines, of 180`)
})

t.test('the README has every option, and what says the same in the environment', (t) => {
  const options = help().match(/--[a-z-]+/g) ?? []
  const variables = help().match(/(?<=\[)[A-Z_]+(?=\])/g) ?? []
  t.ok(options.length > 10 && variables.length > 10)
  for (const name of [...options, ...variables]) t.ok(readme.includes(`\`${name}`), name)
  t.end()
})

t.test('the README has every option of connect, and the add-ons’ have every setting', (t) => {
  const source = ts.createSourceFile(
    'client.ts',
    read('web-client/client.ts'),
    ts.ScriptTarget.Latest,
  )
  const names = source.statements
    .filter(ts.isInterfaceDeclaration)
    .filter(({ name }) => name.text === 'ConnectOptions')
    .flatMap(({ members }) => members.map(({ name }) => name?.getText(source) ?? ''))
  t.ok(names.length > 10)
  for (const name of names) t.ok(readme.includes(`\n| \`${name}\` |`), name)
  for (const generation of ['godot4', 'godot3']) {
    const folder = `godot-client/${generation}/addons/estragon`
    const [plugin, own] = [read(`${folder}/plugin.gd`), read(`${folder}/README.md`)]
    const settings = [...plugin.matchAll(/"estragon\/(\w+)": /g)].map(([, name]) => name)
    t.ok(settings.length > 8)
    for (const name of settings) t.ok(own.includes(`\n| \`${name}\` |`), `${generation}: ${name}`)
  }
  t.end()
})

/** The code of a language in one section, or in all. */
function snippets(section: string | undefined, language: string): readonly string[] {
  const from = section === undefined ? 0 : readme.indexOf(`\n## ${section}\n`)
  if (from < 0) throw new Error(`README.md: expected a section ${section}`)
  const end = section === undefined ? -1 : readme.indexOf('\n## ', from + 1)
  const text = readme.slice(from, end < 0 ? undefined : end)
  const found = text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))
  return [...found].map(([, code = '']) => code)
}

/** Runs TypeScript with what it finds around it; gives back what it calls so. */
async function run(
  code: string | undefined,
  around: Readonly<Record<string, unknown>>,
  names: readonly string[] = [],
): Promise<Any> {
  if (code === undefined) throw new Error('README.md: expected more code in this section')
  const { outputText } = ts.transpileModule(
    `const run = async () => {\n${code}\nreturn { ${names} }\n}`,
    { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } },
  )
  const body = `${outputText}\nreturn run()`
  return new Function(...Object.keys(around), body)(...Object.values(around))
}

function storage() {
  const kept = new Map<string, string>()
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  }
}

async function client(t: Test, { port }: Service): Promise<Network> {
  const network = await connect(`ws://127.0.0.1:${port}`, { WebSocket: NodeSocket })
  t.teardown(network.close)
  return network
}
