import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import t from 'tap'
import ts from 'typescript'

/**
 * Dependencies point inward (STYLE): each layer, the layers it may import, and what else it may
 * touch. The first layer whose pattern matches a path owns the file.
 */
interface Layer {
  readonly name: string
  readonly files: RegExp
  readonly imports: readonly string[]
  /** Packages and Node's own modules. */
  readonly packages?: true
  /** Names it may not use, because they come in from outside or are not there at all. */
  readonly without: readonly string[]
}

/** Clock, timers, chance, log and settings come in through World. */
const WORLDLY = [
  'globalThis',
  'Date',
  'Math.random',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'console',
  'process.env',
  'randomBytes',
  'randomInt',
  'randomUUID',
  'getRandomValues',
  'node:timers',
  'node:timers/promises',
  'node:perf_hooks',
  'node:process',
  'node:console',
]
/** What a browser does not have. */
const NODISH = ['process', 'Buffer', 'require', '__dirname', '__filename', 'global', 'setImmediate']

const LAYERS: readonly Layer[] = [
  {
    name: 'generator',
    files: /^protocol\/generate\.ts$/,
    imports: ['protocol', 'outputs'],
    packages: true,
    without: [],
  },
  {
    name: 'outputs',
    files: /^protocol\/generate\//,
    imports: ['protocol', 'outputs'],
    without: [...WORLDLY, ...NODISH],
  },
  {
    // What two libraries do: MessagePack, and text that is the same however its fields came.
    name: 'packing',
    files: /^protocol\/(packer|packet-hash)\.ts$/,
    imports: ['protocol'],
    packages: true,
    without: [...WORLDLY, ...NODISH],
  },
  {
    name: 'protocol',
    files: /^protocol\//,
    imports: ['protocol', 'packing'],
    without: [...WORLDLY, ...NODISH],
  },
  {
    name: 'world',
    files: /^server\/world\.ts$/,
    imports: ['protocol'],
    packages: true,
    without: [],
  },
  {
    name: 'core',
    files: /^server\/core\//,
    imports: ['protocol', 'world', 'core'],
    packages: true,
    without: WORLDLY,
  },
  {
    name: 'features',
    files: /^server\/features\//,
    imports: ['protocol', 'world', 'core'],
    packages: true,
    without: WORLDLY,
  },
  ...['transport', 'store', 'bus', 'compat'].map((name) => ({
    name,
    files: new RegExp(`^server/${name}/`),
    imports: ['protocol', 'world', 'core', name],
    packages: true as const,
    without: WORLDLY,
  })),
  {
    // A library for services, beside the server: it takes nothing of it but the wire.
    name: 'service client',
    files: /^server\/backend\//,
    imports: ['protocol', 'service client'],
    packages: true,
    without: [],
  },
  {
    name: 'game',
    files: /^server\/(game\/.*|option)\.ts$/,
    imports: ['protocol', 'world', 'core', 'game'],
    packages: true,
    without: WORLDLY,
  },
  {
    name: 'options',
    files: /^server\/(options|values)\.ts$/,
    imports: ['protocol', 'world', 'core', 'game', 'features', 'transport', 'options'],
    packages: true,
    without: WORLDLY,
  },
  {
    name: 'config',
    files: /^server\/cli\/(config|json)\.ts$/,
    imports: ['game', 'options', 'config'],
    packages: true,
    without: WORLDLY,
  },
  {
    name: 'settings',
    files: /^server\/cli\/settings\.ts$/,
    imports: ['protocol', 'game', 'options'],
    packages: true,
    without: WORLDLY,
  },
  {
    name: 'reference',
    files: /^server\/reference\.ts$/,
    imports: ['game', 'options', 'settings'],
    packages: true,
    without: [],
  },
  {
    name: 'commands',
    files: /^server\/cli\/(commands|packets-command|state-command|step-command)\.ts$/,
    imports: ['protocol', 'outputs', 'world', 'core', 'features', 'store', 'settings', 'commands'],
    packages: true,
    without: [],
  },
  {
    name: 'rounds',
    files: /^server\/rounds\.ts$/,
    imports: ['protocol', 'world', 'core'],
    without: WORLDLY,
  },
  {
    name: 'gate',
    files: /^server\/(gate|unproven)\.ts$/,
    imports: ['protocol', 'world', 'core', 'rounds', 'gate'],
    without: WORLDLY,
  },
  {
    name: 'hub',
    files: /^server\/hub\.ts$/,
    imports: [
      ...['protocol', 'world', 'core', 'game', 'options', 'features', 'gate', 'rounds'],
      ...['store', 'bus', 'compat'],
    ],
    without: WORLDLY,
  },
  {
    name: 'server',
    files: /^server\/server\.ts$/,
    imports: [
      ...['protocol', 'world', 'core', 'game', 'options', 'hub'],
      ...['transport', 'store', 'bus'],
    ],
    packages: true,
    without: WORLDLY,
  },
  {
    name: 'main',
    files: /^server\/main\.ts$/,
    imports: [
      ...['protocol', 'world', 'core', 'transport', 'store', 'bus'],
      ...['options', 'config', 'settings', 'commands', 'environment', 'log', 'where', 'server'],
      'priority',
    ],
    packages: true,
    without: [],
  },
  {
    name: 'priority',
    files: /^server\/cli\/priority\.ts$/,
    imports: [],
    packages: true,
    without: [],
  },
  {
    name: 'environment',
    files: /^server\/cli\/environment\.ts$/,
    imports: ['game', 'settings'],
    without: WORLDLY,
  },
  {
    name: 'log',
    files: /^server\/cli\/log\.ts$/,
    imports: ['core'],
    packages: true,
    without: [],
  },
  {
    name: 'where',
    files: /^server\/cli\/where\.ts$/,
    imports: ['transport'],
    packages: true,
    without: WORLDLY,
  },
  {
    name: 'bundler',
    files: /^web-client\/(demo\/)?build\.ts$/,
    imports: [],
    packages: true,
    without: [],
  },
  {
    // A program for Node made of the library: ws and the command line are its own, not the library's.
    name: 'bots',
    files: /^web-client\/bots\.ts$/,
    imports: ['protocol', 'web-client'],
    packages: true,
    without: [],
  },
  {
    name: 'demo',
    files: /^web-client\/demo\//,
    imports: ['protocol', 'web-client', 'demo'],
    without: NODISH,
  },
  {
    name: 'web-client',
    files: /^web-client\//,
    imports: ['protocol', 'web-client'],
    without: NODISH,
  },
]

const layerOf = (path: string) => LAYERS.find(({ files }) => files.test(path))

/** What a file does that its layer may not. */
function trespasses(path: string, text: string): string[] {
  const layer = layerOf(path)
  if (!layer) return [`${path}: expected in one of the layers of test/architecture.test.ts`]
  const imported = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)
  const wrongImports = imported.filter((specifier) => !mayImport(layer, path, specifier))
  const used = new Set([...namesIn(text), ...imported])
  return [
    ...wrongImports.map((specifier) => `${path}: ${layer.name} may not import ${specifier}`),
    ...layer.without
      .filter((name) => used.has(name))
      .map((name) => `${path}: ${layer.name} may not use ${name}`),
  ]
}

function mayImport(layer: Layer, path: string, specifier: string): boolean {
  if (!specifier.startsWith('.')) return layer.packages ?? false
  const target = posix.join(posix.dirname(path), specifier)
  return target === path || layer.imports.includes(layerOf(target)?.name ?? '')
}

/** Every free name a text uses, and every `object.property` of one: `Date`, `process.env`. */
function namesIn(text: string): Set<string> {
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression))
      names.add(`${node.expression.text}.${node.name.text}`)
    if (ts.isIdentifier(node) && !isLabel(node)) names.add(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('it.ts', text, ts.ScriptTarget.Latest, true))
  return names
}

/** Whether a name only names a property or a member: `x.global`, `{ global: 1 }`, `global(): void`. */
function isLabel(node: ts.Identifier): boolean {
  const { parent } = node
  const named = parent as { name?: ts.Node; propertyName?: ts.Node }
  return (
    (named.name === node &&
      !ts.isVariableDeclaration(parent) &&
      !ts.isImportSpecifier(parent) &&
      !ts.isShorthandPropertyAssignment(parent)) ||
    (ts.isQualifiedName(parent) && parent.right === node)
  )
}

const ROOT = new URL('../', import.meta.url)
const files = ['protocol', 'server', 'web-client'].flatMap((folder) =>
  readdirSync(new URL(folder, ROOT), { recursive: true })
    .map((path) => `${folder}/${String(path).replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts')),
)

for (const [layer, rule] of [
  ['protocol', 'the wire depends on nothing, and runs wherever JavaScript does'],
  ['outputs', 'what is generated depends on the tables alone'],
  ['core', 'the core knows no feature and no socket, and takes clock, chance and log from World'],
  ['features', 'a feature knows the core and no other feature'],
  ['hub', 'the hub wires everything, knows no socket, and takes clock, chance and log from World'],
  ['gate', 'the gate knows no feature'],
  ['rounds', 'what happens every so often knows no feature'],
  ['server', 'server.ts knows sockets and files, and no feature but by the hub'],
  ['web-client', 'the web client needs nothing but a browser'],
] as const)
  t.test(rule, async (t) => {
    const own = files.filter((path) => layerOf(path)?.name === layer)
    t.not(own.length, 0, `files of ${layer}`)
    t.strictSame(own.flatMap(trespassesOf), [])
  })

t.test('every file belongs to a layer and keeps to it', async (t) => {
  t.strictSame(files.flatMap(trespassesOf), [])
})

function trespassesOf(path: string): string[] {
  return trespasses(path, readFileSync(new URL(path, ROOT), 'utf8'))
}

const WRONG: readonly [path: string, text: string, complaint: string][] = [
  ['protocol/rooms.ts', "import 'node:fs'", 'protocol may not import node:fs'],
  ['protocol/rooms.ts', "import ws from 'ws'", 'protocol may not import ws'],
  ['protocol/rooms.ts', "export * from './generate.ts'", 'protocol may not import ./generate.ts'],
  [
    'protocol/rooms.ts',
    "import '../server/world.ts'",
    'protocol may not import ../server/world.ts',
  ],
  ['protocol/rooms.ts', 'Date.now()', 'protocol may not use Date'],
  ['protocol/generate/a.ts', "import 'node:fs'", 'outputs may not import node:fs'],
  [
    'server/core/a.ts',
    "import type { A } from '../features/a.ts'",
    'may not import ../features/a.ts',
  ],
  ['server/core/a.ts', "import '../transport/socket.ts'", 'may not import ../transport/socket.ts'],
  ['server/core/a.ts', 'let a: import("../server.ts").A', 'may not import ../server.ts'],
  ['server/core/a.ts', 'const at = new Date()', 'core may not use Date'],
  ['server/core/a.ts', 'const now = Date.now', 'core may not use Date'],
  ['server/features/a.ts', "import './b.ts'", 'features may not import ./b.ts'],
  ['server/features/a.ts', "export { b } from './b.ts'", 'features may not import ./b.ts'],
  ['server/features/a.ts', "await import('./b.ts')", 'features may not import ./b.ts'],
  ['server/features/a.ts', "import '../store/a.ts'", 'features may not import ../store/a.ts'],
  ['server/features/a.ts', 'Math.random()', 'features may not use Math.random'],
  ['server/features/a.ts', 'setTimeout(() => {}, 1)', 'features may not use setTimeout'],
  ['server/features/a.ts', 'const set = { setTimeout }', 'features may not use setTimeout'],
  ['server/features/a.ts', 'globalThis.setInterval(f)', 'features may not use globalThis'],
  ['server/features/a.ts', 'console.log(1)', 'features may not use console'],
  ['server/features/a.ts', 'process.env.HOME', 'features may not use process.env'],
  [
    'server/features/a.ts',
    "import { env } from 'node:process'",
    'features may not use node:process',
  ],
  ['server/features/a.ts', "import { randomInt } from 'node:crypto'", 'may not use randomInt'],
  ['server/transport/a.ts', "import '../store/a.ts'", 'transport may not import ../store/a.ts'],
  ['server/transport/a.ts', "import '../features/a.ts'", 'may not import ../features/a.ts'],
  ['server/hub.ts', "import './transport/socket.ts'", 'hub may not import ./transport/socket.ts'],
  ['server/hub.ts', "import './server.ts'", 'hub may not import ./server.ts'],
  ['server/gate.ts', "import './features/a.ts'", 'gate may not import ./features/a.ts'],
  ['server/rounds.ts', "import './gate.ts'", 'rounds may not import ./gate.ts'],
  ['server/server.ts', "import './features/a.ts'", 'server may not import ./features/a.ts'],
  ['server/server.ts', "import './main.ts'", 'server may not import ./main.ts'],
  ['server/server.ts', 'setInterval(f, 1)', 'server may not use setInterval'],
  ['server/helpers.ts', '', 'expected in one of the layers'],
  ['web-client/a.ts', "import 'node:events'", 'web-client may not import node:events'],
  ['web-client/a.ts', "import '../server/server.ts'", 'may not import ../server/server.ts'],
  ['web-client/a.ts', "import './bots.ts'", 'web-client may not import ./bots.ts'],
  ['web-client/bots.ts', "import '../server/server.ts'", 'bots may not import ../server/server.ts'],
  ['web-client/a.ts', "Buffer.from('')", 'web-client may not use Buffer'],
  ['web-client/a.ts', 'process.nextTick(f)', 'web-client may not use process'],
]

for (const [path, text, complaint] of WRONG)
  t.test(`it is noticed when ${path} says ${text || 'anything'}`, async (t) => {
    const found = trespasses(path, text)
    t.ok(
      found.some((one) => one.includes(complaint)),
      `${found} names: ${complaint}`,
    )
  })

const RIGHT: readonly [path: string, text: string][] = [
  [
    'server/features/a.ts',
    "import { a } from '../core/a.ts'\nimport { b } from '../../protocol/b.ts'",
  ],
  ['server/features/a.ts', "import { createHash } from 'node:crypto'"],
  ['server/features/a.ts', '// setTimeout, "console"\nconst text = "Math.random()"'],
  ['server/features/a.ts', 'world.console.log({ setTimeout: 1 })\nconst { process: own } = world'],
  ['server/features/a.ts', 'interface A { process: number; performance(): void }'],
  ['server/main.ts', "import { createServer } from './server.ts'\nprocess.env.PORT"],
  ['server/world.ts', 'export const now = () => Date.now()'],
  [
    'web-client/a.ts',
    "import { a } from './b.ts'\nimport { c } from '../protocol/c.ts'\nsetTimeout(a, c)",
  ],
]

for (const [path, text] of RIGHT)
  t.test(`it is fine when ${path} says ${text}`, async (t) => {
    t.strictSame(trespasses(path, text), [])
  })
