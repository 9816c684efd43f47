import t from 'tap'
import { circlesIn, filesIn, type Room, roomOf, textOf } from './support/house.ts'

/** In core each folder knows only those before it. */
const CORE = [
  ...['wire', 'delivery', 'store', 'session', 'dispatch', 'room', 'relay', 'match'],
  ...['party', 'state', 'nodes', 'api'],
]

/** What may be imported that is not ours, by the longest folder or file that a path begins with. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'protocol/': [],
  'protocol/packer.ts': ['@msgpack/msgpack'],
  'protocol/packet-hash.ts': ['fast-json-stable-stringify'],
  'protocol/generate.ts': [
    ...['fast-json-stable-stringify', 'node:crypto', 'node:fs', 'node:process', 'node:url'],
  ],
  'server/world.ts': ['node:crypto', 'node:perf_hooks', 'pino'],
  'server/core/room/': ['fast-json-stable-stringify'],
  'server/core/match/': ['fast-json-stable-stringify'],
  'server/core/room/inside.ts': ['node:async_hooks'],
  'server/core/': ['@node-rs/bcrypt', 'node:async_hooks', 'node:buffer', 'node:crypto'],
  'server/game/': [],
  'server/features/': ['fast-json-stable-stringify', 'node:crypto'],
  'server/compat/': [],
  'server/bus/': [],
  'server/transport/': [
    ...['node:crypto', 'node:fs', 'node:http', 'node:net', 'node:os', 'node:path', 'node:stream'],
    ...['node:tls', 'ws'],
  ],
  'server/store/': ['libsql', 'node:crypto', 'node:fs', 'node:path', 'node:url'],
  'server/store/thread.ts': ['node:worker_threads'],
  'server/store/worker.ts': ['node:os', 'node:worker_threads'],
  'server/backend/': ['pino', 'ws'],
  'server/cli/': [
    ...['@node-rs/bcrypt', 'node:fs', 'node:fs/promises', 'node:path', 'node:url', 'node:util'],
  ],
  'server/cli/config.ts': ['node:child_process', 'node:fs/promises', 'node:path', 'node:url'],
  'server/cli/commands.ts': ['@node-rs/bcrypt', 'node:fs', 'node:path', 'node:util'],
  'server/cli/log.ts': ['pino', 'pino-pretty'],
  'server/cli/priority.ts': ['node:fs', 'node:os'],
  'server/cli/step-command.ts': [
    ...['node:child_process', 'node:fs/promises', 'node:os', 'node:path', 'node:util'],
  ],
  'server/cli/where.ts': ['uqr'],
  'server/hub.ts': [],
  'server/gate.ts': [],
  'server/unproven.ts': [],
  'server/rounds.ts': [],
  'server/option.ts': [],
  'server/values.ts': [],
  'server/options.ts': [],
  'server/reference.ts': ['node:fs', 'node:process', 'node:url'],
  'server/server.ts': ['node:fs', 'node:http', 'node:https', 'node:net', 'node:os', 'node:url'],
  'server/main.ts': ['node:fs'],
  'web-client/': [],
  'web-client/build.ts': [
    ...['esbuild', 'node:fs/promises', 'node:path', 'node:url', 'node:util', 'node:zlib'],
  ],
  'web-client/bots.ts': ['node:url', 'node:util', 'ws'],
}

/** What a file of the server keeps for itself, and may change: it would be every server's. */
const STATE =
  /^(?:export )?(?:(?:let|var) \w+|const \w+(?:: (?:Weak)?(?:Map|Set)\b[^=]*)? = new (?:(?:Weak)?(?:Map|Set)|Writer)\b)/gm

/** What asks the engine for time or chance. */
const WORLDLY =
  /\b(?:Time\.get_\w+|OS\.get_(?:ticks|unix|system_time|datetime)\w*|randf\w*|randi\w*|randomize|RandomNumberGenerator|create_timer)\b/g

/** The scripts that are Godot’s own multiplayer. */
const RELAY = /\/(relay|multiplayer_peer|migration)\w*\.gd$/

const room = (path: string, files: readonly string[], packages: readonly string[] = []): Room => ({
  path,
  files,
  packages,
})
const CIRCLE = [room('a.ts', ['b.ts', 'd.ts']), room('b.ts', ['c.ts']), room('c.ts', ['a.ts'])]
const BACKWARDS = room('server/core/wire/a.ts', ['server/core/room/b.ts', 'protocol/c.ts'])
const STRANGER = room('server/features/a.ts', [], ['ws', 'node:crypto'])

const rooms = filesIn(['protocol', 'server', 'web-client'], '.ts').map((path) => roomOf(path))

t.test('no two files know each other, nor by way of others', async (t) => {
  t.strictSame(circlesIn(rooms), [])
  t.strictSame(circlesIn(CIRCLE), [['a.ts', 'b.ts', 'c.ts']], 'one would be noticed')
})

t.test('a folder of the core knows only those before it', async (t) => {
  t.strictSame(rooms.flatMap(backwards), [])
  t.strictSame(backwards(BACKWARDS), ['server/core/wire/a.ts knows server/core/room/b.ts'])
})

t.test('a package is used in the folders that it is for', async (t) => {
  t.strictSame(rooms.flatMap(strangers), [])
  t.strictSame(strangers(STRANGER), ['server/features/a.ts uses ws'])
})

t.test('two servers of one process share nothing that changes', async (t) => {
  t.strictSame(
    filesIn(['server'], '.ts').flatMap((path) => stateIn(path, textOf(path))),
    [],
  )
  for (const kept of ['let pool', 'const known = new WeakMap', 'const all: Set<number> = new Set'])
    t.strictSame(stateIn('a.ts', `${kept}()`), [`a.ts: ${kept}`], 'one would be noticed')
  t.strictSame(stateIn('a.ts', 'const NONE: ReadonlySet<number> = new Set()'), [])
})

t.test('no two scripts of a relay know each other', async (t) => {
  for (const addon of ['godot4', 'godot3'])
    t.strictSame(circlesIn(scriptsOf(`godot-client/${addon}/addons/estragon`, RELAY)), [], addon)
  const knows = room('relay.gd', ['multiplayer_peer.gd'])
  t.strictSame(
    circlesIn([knows, room('multiplayer_peer.gd', ['relay.gd'])]),
    [['multiplayer_peer.gd', 'relay.gd']],
    'one would be noticed',
  )
})

t.test('the add-ons take time and chance from one place', async (t) => {
  const addons = ['godot4', 'godot3'].map((one) => `godot-client/${one}/addons/estragon`)
  const found = filesIn(addons, '.gd').flatMap((path) => worldlyIn(path, textOf(path)))

  t.strictSame(found, [])
  t.strictSame(worldlyIn('a.gd', 'var now := Time.get_ticks_msec() # now'), [
    'a.gd: Time.get_ticks_msec',
  ])
})

/** Scripts of an add-on, and which of its others each names by their class. */
function scriptsOf(folder: string, which: RegExp): readonly Room[] {
  const texts = new Map(
    filesIn([folder], '.gd').map((path) => [path, textOf(path).replaceAll(/#.*$/gm, '')]),
  )
  const owners = [...texts].flatMap(([path, text]) => {
    const name = /^class_name (\w+)/m.exec(text)?.[1]
    return name ? [{ name: new RegExp(`\\b${name}\\b`), path }] : []
  })
  return [...texts]
    .filter(([path]) => which.test(path))
    .map(([path, text]) => {
      const others = owners.filter((one) => one.path !== path && one.name.test(text))
      return room(
        path,
        others.map((one) => one.path),
      )
    })
}

const folderOf = (path: string) => /^server\/core\/([^/]+)\//.exec(path)?.[1]

function backwards({ path, files }: Room): readonly string[] {
  const own = folderOf(path)
  if (!path.startsWith('server/core/')) return []
  if (own === undefined || !CORE.includes(own))
    return [`${path}: expected in one of ${CORE.join(', ')}`]
  return files
    .filter((file) => CORE.indexOf(folderOf(file) ?? own) > CORE.indexOf(own))
    .map((file) => `${path} knows ${file}`)
}

function strangers({ path, packages }: Room): readonly string[] {
  const [owner] = Object.keys(PACKAGES)
    .filter((prefix) => path.startsWith(prefix))
    .sort((one, other) => other.length - one.length)
  if (owner === undefined) return [`${path}: expected below one of the entries of PACKAGES`]
  const allowed = PACKAGES[owner] ?? []
  return packages.filter((name) => !allowed.includes(name)).map((name) => `${path} uses ${name}`)
}

const stateIn = (path: string, text: string): readonly string[] =>
  [...text.matchAll(STATE)].map(([found]) => `${path}: ${found}`)

/** What asks the engine for time or chance, outside of the one file that may. */
function worldlyIn(path: string, text: string): readonly string[] {
  if (path.endsWith('/world.gd')) return []
  const code = text.replaceAll(/#.*$/gm, '').replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
  return [...code.matchAll(WORLDLY)].map(([found]) => `${path}: ${found}`)
}
