/** What stands around the README's blocks, so that each is a program that is run. */
export interface Around {
  readonly before?: string
  readonly after?: string
  /** What is another here than for a reader. */
  readonly replaced?: readonly (readonly [from: string, to: string])[]
  /** What it prints, each time it is run. */
  readonly prints: readonly (string | RegExp)[]
  readonly env?: Readonly<Record<string, string>>
}

const CONNECT = "import { connect } from 'estragon/client'\n"
const connected = (url: string) => `const network = await connect('${url}')\n`

/** A browser's, which outlives the page. */
const STORAGE = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
const localStorage = {
  getItem: (name) => (existsSync(name) ? readFileSync(name, 'utf8') : null),
  setItem: (name, value) => writeFileSync(name, value),
}
`

/** A tab's, which outlives the page that was loaded again. */
const TAB = `
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
const file = (name) => encodeURIComponent(name) + '.tab'
const sessionStorage = {
  getItem: (name) => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : null),
  setItem: (name, value) => writeFileSync(file(name), value),
  removeItem: (name) => rmSync(file(name), { force: true }),
}
`

/** Packets reach the others of a room, and only who has identified may log out. */
const SEATED = `\`ws://127.0.0.1:\${server.port}\`, { packets })
await network.players.identify()
await network.rooms.joinOrCreate('plaza')`

const AT_HOME = 'const address = "ws://127.0.0.1:" + server.port\n'

const AUCTION = `const server = await createServer({ port: 0, rooms: { auction } })
const network = await connect(\`ws://127.0.0.1:\${server.port}\`)
await network.rooms.create('auction')
`

/** A page that draws; how often it has is looked at where the program is done. */
const PAGE = `
globalThis.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 16)
globalThis.cancelAnimationFrame = clearTimeout
let drawn
const drawing = new Promise((done) => { drawn = done })
const draw = (owner, at) => drawn(\`\${owner} at \${at.x}\`)
`

/** One on which somebody is drawn on the way. */
const WALKED = `
globalThis.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 16)
globalThis.cancelAnimationFrame = clearTimeout
let arrived
const walking = new Promise((done) => { arrived = done })
let isWalking = false
const draw = (owner, { x }) => {
  if (x < 20 || isWalking) return
  isWalking = true
  console.log(owner + ' walks')
  arrived()
}
`

/** Those that are programs of Node. */
export const PROGRAMS: Readonly<Record<string, (url: string, key: string) => Around>> = {
  'In your game ts 1': () => ({ prints: [/^[A-Z0-9]{6} Vladimir$/] }),
  'From the web ts 1': () => ({ prints: ['8 Vladimir'] }),
  'From the web ts 2': () => ({
    before: `${CONNECT}${TAB}`,
    after: 'console.log(room.kind)',
    prints: ['plaza'],
  }),
  'From the web ts 3': (url) => ({
    before: `${CONNECT}${connected(url)}await network.rooms.joinOrCreate('plaza')\n`,
    after: "console.log('said')",
    prints: ['said'],
  }),
  'From the web ts 4': () => ({
    before: CONNECT,
    after: "await new Promise((said) => network.on('warning', said))",
    prints: [/^lag is on: delay=80,jitter=20,cut=0.01,stall=0.02,seed=/],
  }),
  'Signing in ts 1': (url) => ({
    before: `${CONNECT}${connected(url)}${STORAGE}`,
    after: 'console.log(network.players.me.name, network.players.me.id)',
    prints: [/^Ada \S+$/],
  }),
  'Signing in ts 2': (url, key) => ({
    before: `${CONNECT}${connected(url)}const [ACCESS_KEY, user] = ['${key}', 'ada']\n`,
    after: 'console.log((await network.players.identify(pass)).player.guest)',
    replaced: [['https://play.example.org', url.replace('ws:', 'http:')]],
    prints: ['false'],
  }),
  'Signing in ts 3': (url) => ({
    before: `${CONNECT}${connected(url)}await network.players.identify()\n`,
    after: 'console.log(network.players.me.name, props.gold, groups.length)',
    prints: ['Ada 3 0'],
  }),
  'Channels ts 1': (url) => ({
    before: `${CONNECT}${connected(url)}await network.players.identify({ name: 'Ada' })\n`,
    after: 'console.log(messages.length)',
    prints: ['Ada Let us go.', '1'],
  }),
  'A service beside the game ts 1': (url) => ({
    prints: [],
    env: { SOCKET_URL: `${url}/ws` },
  }),
  "Rooms without a server of one's own ts 1": (url) => ({
    before: `${CONNECT}${connected(url)}`,
    after: 'console.log(rooms.every(({ kind }) => kind === "open"))',
    prints: ['true'],
  }),
  'Rooms with rules of their own ts 4': () => ({
    before:
      "import { createServer } from 'estragon'\nconst server = await createServer({ port: 0 })\nconst log = console\n",
    after: "console.log(process.listenerCount('uncaughtException'))\nawait server.close()",
    prints: ['1'],
  }),
  'Rooms with rules of their own ts 1': () => ({
    replaced: [['port: 1234', 'port: 0']],
    prints: [],
  }),
  'Packets ts 1': () => ({ after: 'console.log(packets.types.length > 2)', prints: ['true'] }),
  'Nodes that ask each other ts 1': () => ({
    before: "import { createMemoryBus, createServer } from 'estragon'\n",
    after: 'console.log(answers.length)',
    prints: ['2'],
  }),
}

/** Blocks that talk to each other, as one program each. */
export const TOGETHER: readonly (Around & { readonly blocks: readonly string[] })[] = [
  {
    blocks: ['Packets ts 1', 'Packets ts 2', 'Packets ts 3'],
    before: "import { connect, definePackets } from 'estragon/client'\n",
    replaced: [
      ["import { definePackets } from 'estragon/client'\n", ''],
      ['createServer({\n', 'createServer({\n  port: 0,\n'],
      ["'ws://127.0.0.1:1234', { packets })", SEATED],
    ],
    prints: ['bye'],
  },
  {
    blocks: ['From strangers to one room ts 1', 'From strangers to one room ts 2'],
    before: CONNECT,
    replaced: [
      ['port: 1234', 'port: 0'],
      ['wait_ms: 20_000', 'wait_ms: 1'],
      ['await server.close()\n', `${AT_HOME}const network = await connect(address)\n`],
      ['console.log(room.code, team', 'console.log(room.kind, team'],
    ],
    after: `const started = new Promise((resolve) => network.matchmaking.on('started', resolve))
const other = await connect(address)
await other.matchmaking.find('ranked', { properties: { region: 'eu', rating: 1250 } })
await started
network.close()
other.close()
await Promise.all([server.close()])`,
    prints: ['arena 0 2'],
  },
  {
    blocks: ['Going together ts 1'],
    before: `import { createServer } from 'estragon'
${CONNECT}const queues = { pairs: { kind: 'plaza', max: 4, teams: 2 } }
const server = await createServer({ port: 0, queues })
${AT_HOME}const [network, other] = [await connect(address), await connect(address)]
await network.players.identify()
await other.players.identify()
other.parties.on('invited', ({ code }) => other.parties.join(code, { name: 'Bob' }))
const joined = new Promise((resolve) => network.parties.on('joined', resolve))
`,
    replaced: [
      [
        "parties.on('said'",
        "await parties.invite(other.players.me.id)\nawait joined\nparties.on('said'",
      ],
    ],
    after: `console.log(matchmaking.queue, code.length)
network.close()
other.close()
await Promise.all([server.close()])`,
    prints: ['Bob joins', 'Ada: off we go', 'pairs 6'],
  },
  {
    blocks: ['Rooms with rules of their own ts 2', 'Rooms with rules of their own ts 3'],
    before: `import { createServer } from 'estragon'\n${CONNECT}`,
    replaced: [
      ["await network.events.emit('auction", `${AUCTION}await network.events.emit('auction`],
    ],
    after: 'console.log(bid, best)',
    prints: ['300 300'],
  },
  {
    blocks: ['ts 1', 'ts 2', 'ts 3', 'ts 4'].map((one) => `Rooms that know ${one}`),
    before: PAGE,
    replaced: [
      ['port: 1234', 'port: 0,\n  open: true'],
      ["'ws://127.0.0.1:1234'", `\`ws://127.0.0.1:\${server.port}\``],
    ],
    after: `console.log('drawn:', await drawing)
while (![...scores].some(({ eaten }) => eaten === 1)) await new Promise((told) => scores.on('changed', told))
stop()
const duck = await pond.state.ducks.add({ at: { x: 7, y: 8 } })
console.log('duck:', duck.at.x, room.state.apples.size)`,
    prints: ['drawn: 1 at 85', 'member 1 has eaten 1', 'duck: 7 2'],
  },
  {
    blocks: ['ts 1', 'ts 2', 'ts 3'].map((one) => `Inputs and prediction ${one}`),
    before: WALKED,
    replaced: [
      ['port: 1234', 'port: 0'],
      ["'ws://127.0.0.1:1234'", `\`ws://127.0.0.1:\${server.port}\``],
    ],
    after: `await walking
room.input({ x: 0 })
while (room.state.players.mine?.predicted?.x !== room.state.players.mine?.x) await new Promise((told) => room.state.players.on('changed', told))
stop()
console.log('the server has it:', room.state.players.mine.x > 20)`,
    prints: ['1 walks', 'the server has it: true'],
  },
]

/** What is for the reader of a checkout, or run by another test. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'Your first game ini 1': 'test/first-game.test.ts plays it',
  'Your first game gdscript 1': 'test/first-game.test.ts plays it',
  'Your first game gdscript 2': 'test/first-game.test.ts plays it',
  'Your first game in Godot 3 ini 1': 'test/first-game.test.ts plays it',
  'Your first game in Godot 3 gdscript 1': 'test/first-game.test.ts plays it',
  'Your first game in Godot 3 gdscript 2': 'test/first-game.test.ts plays it',
  'Start sh 1': 'in the checkout; every test of the command line starts it so',
  'Develop sh 1': 'the tests themselves',
  'Inputs and prediction ts 4': 'test/packets-command.test.ts checks it against the next',
  'Inputs and prediction gdscript 1': 'the same',
  'From development to production nginx 1': 'test/tls.test.ts runs it',
  'Exporting to the web sh 1': 'test/web-export.test.ts exports a game and serves it so',
}

/** What a Godot game does before, and what it prints each time. */
export interface GodotAround {
  readonly engine: 'godot3' | 'godot4'
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly prints: readonly string[]
}

const JOINED = 'await Network.connect_to_server("ws://127.0.0.1:1234")'

/** Those that are run in an engine. */
export const GODOT_PROGRAMS: Readonly<Record<string, GodotAround>> = {
  'In your game gdscript 1': {
    engine: 'godot4',
    before: [],
    after: ['print(multiplayer.multiplayer_peer != null)'],
    prints: ['true'],
  },
  'From Godot 4 gdscript 1': { engine: 'godot4', before: [], after: [], prints: ['true'] },
  'From Godot 3 gdscript 1': {
    engine: 'godot3',
    before: [],
    after: ['print(str(answer.value).to_lower() if answer.ok else answer.error)'],
    prints: ['true'],
  },
  'Signing in gdscript 1': {
    engine: 'godot4',
    before: [
      JOINED,
      'var alias := int(OS.get_environment("ALIAS"))',
      'var token := OS.get_environment("TOKEN")',
      'var ticket := ""',
    ],
    after: ['print(Network.players.me["guest"], " ", Network.players.props)'],
    // Once a guest, it stays that for this session: the second line is for who is not.
    prints: ['true { "gold": 3.0 }'],
  },
  "Rooms without a server of one's own gdscript 1": {
    engine: 'godot4',
    before: [JOINED],
    after: ['print(Network.rooms.room().kind)'],
    prints: ['open'],
  },
  'From strangers to one room gdscript 1': {
    engine: 'godot4',
    before: [JOINED],
    // One who searches is enough where the test says so, and may be told before it can wait.
    after: ['while Network.matchmaking.queue:', '    await get_tree().process_frame'],
    prints: ['we play in arena, in the team 0'],
  },
  'Going together gdscript 1': {
    engine: 'godot4',
    before: [JOINED, 'await Network.players.identify("Ada")'],
    after: [],
    prints: ['in plaza, called: []'],
  },
  'Rooms that know gdscript 1': {
    engine: 'godot4',
    before: [JOINED],
    after: ['print((await made.room.state.table("ducks").when(0)).owner)'],
    prints: ['1'],
  },
  'godot4: Positions and state gdscript 1': {
    engine: 'godot4',
    before: [JOINED],
    after: ['print(mine.get("at"), " ", sprite.position)'],
    prints: ['1 at (100.0, 50.0)', '(110.0, 50.0) (110.0, 50.0)'],
  },
  'godot3: Positions and state gdscript 1': {
    engine: 'godot3',
    before: [`yield(Network.connect_to_server("ws://127.0.0.1:1234"), "completed")`],
    after: ['print(mine.at, " ", sprite.position)'],
    prints: ['1 at (100, 50)', '(110, 50) (110, 50)'],
  },
  'Channels gdscript 1': {
    engine: 'godot4',
    before: [JOINED, 'await Network.players.identify("Ada")'],
    after: ['await Network.channels.history(tavern.channel.id)'],
    prints: ['Ada: Let us go.'],
  },
}
export const GODOTS: readonly string[] = Object.keys(GODOT_PROGRAMS)
