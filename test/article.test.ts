/*
 * The article’s client against the live server. test/article/ holds its script at its two stages:
 * `connect` and `hello`. They are the article’s words, joined where it writes `[...]`, but for:
 * - `extends Node` on top, which the article leaves out;
 * - `get_string_as_utf8`, which no Godot has: `get_string_from_utf8`;
 * - the port, replaced in a copy.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import type { ERRORS } from '../protocol/errors.ts'
import { type GodotName, needEngine, startGodot } from './support/engines.ts'
import { startProgram } from './support/program.ts'
import { type Frame, openRaw, type Raw } from './support/raw.ts'

const ROOT = join(import.meta.dirname, '..')
const ANSWER = { type: 1, message: { text: 'hello, client!' } }
/** How Godot 3 prints ANSWER and a welcome. */
const PRINTED_ANSWER = '{message:{text:hello, client!}, type:1}'
const isPrintedWelcome = (line: string) => line.startsWith('{') && line.includes('type:welcome}')
const GODOTS: readonly GodotName[] = ['godot32', 'godot3']

for (const godot of GODOTS) {
  t.test(`the article’s script connects from ${godot}`, async (t) => {
    const path = needEngine(t, godot)
    if (path === undefined) return
    const { program, port } = await server(t)

    const client = startGodot(t, godot, path, { project: article(t, 'connect', port) })

    t.ok(await program.lines.until(logs('Client connected'), 'a log line: Client connected'))
    await client.close()
    t.notMatch(client.complaints.items.join('\n'), 'SCRIPT ERROR')
  })

  t.test(`the article’s script says hello from ${godot} and prints the answer`, async (t) => {
    const path = needEngine(t, godot)
    if (path === undefined) return
    const { program, port } = await server(t)

    const client = startGodot(t, godot, path, { project: article(t, 'hello', port) })

    t.ok(await client.lines.until((line) => line === PRINTED_ANSWER, 'the printed answer'))
    t.ok(await program.lines.until((line) => line.includes('hello, server!'), 'the logged hello'))
    await client.close()
    t.notMatch(client.complaints.items.join('\n'), 'SCRIPT ERROR')
  })

  t.test(`with --greeting ${godot} prints the greeting before the welcome`, async (t) => {
    const path = needEngine(t, godot)
    if (path === undefined) return
    const { port } = await server(t, '--greeting')

    const client = startGodot(t, godot, path, { project: article(t, 'hello', port) })

    await client.lines.until(isPrintedWelcome, 'the printed welcome')
    const [first, second] = client.lines.items.filter((line) => line.startsWith('{'))
    t.equal(first, PRINTED_ANSWER)
    t.ok(second && isPrintedWelcome(second), 'the welcome comes second')
    await client.close()
    t.notMatch(client.complaints.items.join('\n'), 'SCRIPT ERROR')
  })
}

/** One server for the tests below that do not care who else is there. */
const plain = server(t)

t.test('any client that connects is logged as the article logs it', async (t) => {
  const { program, connect } = await plain

  await connect(t)

  t.ok(await program.lines.until(logs('Client connected'), 'a log line: Client connected'))
})

t.test('a hello in a text frame is logged and answered, in kind', async (t) => {
  const { program, connect } = await plain
  const client = await connect(t)

  client.send('{"type":0,"text":"hello in text"}')

  t.strictSame((await client.frames.until(isNumeric, 'an answer')).value, ANSWER)
  t.ok(await program.lines.until((line) => line.includes('hello in text'), 'the logged hello'))
  t.equal(typeOf(client.frames.items[0]), 'welcome', 'without --greeting the welcome is first')
})

t.test('with --greeting the article’s object is the first frame, then welcome', async (t) => {
  const { connect } = await server(t, '--greeting')
  const client = await connect(t)

  await client.frames.until((frame) => typeOf(frame) === 'welcome', 'a welcome')

  const [first, second] = client.frames.items
  t.strictSame(first?.value, ANSWER)
  t.equal(first?.binary, false, 'in a text frame')
  t.equal(typeOf(second), 'welcome')
})

t.test('at /article nothing is said that has no number for a type', async (t) => {
  const { port } = await plain
  const client = await openRaw(`ws://127.0.0.1:${port}/article`)
  t.teardown(client.close)

  for (const text of ['{"type":0,"text":"hello!"}', '{"type":3}', '{"type":"ping"}', 'what?', '7'])
    client.send(text)
  client.send(Buffer.from('{"type":0.0,"text":"hello!"}'))

  await client.frames.until(() => client.frames.items.length === 6, 'six answers')
  const refusal = { code: 'INVALID_MESSAGE', status: 400 }
  t.match(
    client.frames.items.map(({ value }) => value),
    [
      ANSWER,
      { type: 3, error: refusal },
      { type: -1, error: { ...refusal, message: 'message.type: expected a number' } },
      { type: -1, error: refusal },
      { type: -1, error: refusal },
      ANSWER,
    ],
  )
})

t.test(
  'with --greeting the article’s object is first at /article too, and only once',
  async (t) => {
    const { port } = await server(t, '--greeting')
    const client = await openRaw(`ws://127.0.0.1:${port}/article/`)
    t.teardown(client.close)

    client.send('{"type":9}')

    await client.frames.until(({ value }) => (value as { type: number }).type === 9, 'an answer')
    t.equal(client.frames.items.length, 2)
    t.strictSame(client.frames.items[0]?.value, ANSWER)
  },
)

t.test('a subprotocol that nobody knows is named in the log and in the answer', async (t) => {
  const { program, port } = await plain
  const asked = (protocols: string[]) =>
    new Promise<Readonly<Record<string, unknown>>>((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, protocols)
      t.teardown(() => socket.terminate())
      socket.on('upgrade', ({ headers }) => resolve(headers))
      socket.on('error', () => {})
    })

  const unknown = await asked(['ludus', 'lws-mirror-protocol'])
  const known = await asked(['estragon.v1', 'ludus'])

  t.equal(unknown['sec-websocket-protocol'], undefined)
  t.equal(unknown['x-estragon-subprotocol'], 'estragon.v1, or none')
  t.equal(known['sec-websocket-protocol'], 'estragon.v1')
  t.notOk('x-estragon-subprotocol' in known)
  const line = await program.lines.until(logs('unknown subprotocol'), 'the subprotocols in the log')
  t.match(JSON.parse(line), { asked: ['ludus', 'lws-mirror-protocol'], known: 'estragon.v1' })
})

t.test('a hello in a binary frame is logged and answered, as in a text frame', async (t) => {
  const { program, connect } = await plain
  const client = await connect(t)

  client.send(Buffer.from('{"type":0,"text":"hello in binary"}'))

  t.strictSame((await client.frames.until(isNumeric, 'an answer')).value, ANSWER)
  t.ok(await program.lines.until((line) => line.includes('hello in binary'), 'the logged hello'))
})

const FAULTY: readonly [name: string, data: string | Uint8Array][] = [
  ['garbage text', 'what is this?'],
  ['no text at all', ''],
  ['truncated JSON', '{"type":"ping","id":"1","da'],
  ['JSON that is no object', '"ping"'],
  ['null', 'null'],
  ['an unknown type', '{"type":"no.such_thing"}'],
  ['a type that is no text', '{"type":{}}'],
  ['garbage in a binary frame', Buffer.from('what is this?')],
  ['truncated JSON in a binary frame', Buffer.from('{"type":"pi')],
  ['an empty binary frame', new Uint8Array()],
  ['text that is not UTF-8', Buffer.from('{"type":"ping","id":"\xff","data":{}}', 'latin1')],
  ['a binary kind that nobody knows', Uint8Array.from([0xff, 1, 2, 3])],
  ...[1, 2, 3, 4, 5, 6].map((seed): [string, Uint8Array] => [
    `random bytes, seed ${seed}`,
    randomBytes(seed),
  ]),
]

t.test('faulty data is answered with an error, and nobody is worse off', async (t) => {
  const { connect } = await plain
  const [client, other] = [await connect(t), await connect(t)]

  for (const [name, data] of FAULTY) {
    client.send(data)
    t.ok(isRefusal(await nextAnswer(client, name)), name)
  }

  t.ok(await pings(client), 'the same connection still gets answers')
  t.ok(await pings(other), 'so does another')
  t.equal(answersTo(client).length, FAULTY.length + 1, 'exactly one answer each')
  t.equal(answersTo(other).length, 1)
})

t.test('an id that Godot made a float comes back equal', async (t) => {
  const { connect } = await plain
  const client = await connect(t)

  client.send('{"type":"ping","id":1.0,"data":{}}')

  t.match((await nextAnswer(client, 'id 1.0')).value, { type: 'ping', re: 1 })
})

t.test('a numeric type that Godot made a float is the same type', async (t) => {
  const { connect } = await plain
  const client = await connect(t)

  client.send('{"type":0.0,"text":"hello, server!"}')
  t.strictSame((await nextAnswer(client, 'type 0.0')).value, ANSWER)
  client.send('{"type":1.0,"message":{}}')

  t.ok(isRefusal(await nextAnswer(client, 'type 1.0')), 'the server does not know type 1')
  t.ok(await pings(client), 'the same connection still gets answers')
})

t.test('a lone surrogate never comes back', async (t) => {
  const { connect } = await plain
  const [client, other] = [await connect(t), await connect(t)]

  for (const text of [
    String.raw`{"type":"ping","id":"\ud800"}`,
    String.raw`{"type":"ping","id":"a\udc00\ud800b\\ud800"}`,
    String.raw`{"type":"\ud800","id":"2"}`,
    String.raw`{"type":0,"text":"\udfff"}`,
  ]) {
    client.send(text)
    const answer = await nextAnswer(client, text)
    t.not(answer.value, undefined, 'strict JSON')
    t.notMatch(JSON.stringify(answer.value), LONE_SURROGATE, text)
  }

  t.ok(await pings(client), 'the same connection still gets answers')
  t.ok(await pings(other), 'so does another')
})

const NO_NUMBERS: readonly [name: string, text: string][] = [
  ['infinity in the data', '{"type":"ping","id":"inf","data":{"n":1e99999}}'],
  ['infinity as an id', '{"type":"ping","id":1e99999,"data":{}}'],
  ['infinity as a type', '{"type":1e99999}'],
  ['infinity as Godot 3 writes it', '{"type":"ping","id":"inf","data":{"n":inf}}'],
  ['no number, as Godot 3 writes it', '{"type":"ping","id":"nan","data":{"n":nan}}'],
]

t.test('infinity is refused, and nobody is worse off', async (t) => {
  const { connect } = await plain
  const [client, other] = [await connect(t), await connect(t)]

  for (const [name, text] of NO_NUMBERS) {
    client.send(text)
    const answer = await nextAnswer(client, name)
    t.ok(isRefusal(answer), name)
    t.notMatch(answer.text, /1e99999|"re":null/, 'nor does it come back')
  }

  t.ok(await pings(client), 'the same connection still gets answers')
  t.ok(await pings(other), 'so does another')
})

/** A server of its own, as the command line starts it. */
async function server(t: Test, ...args: string[]) {
  const node = ['--import', 'ts-node/import', 'server/main.ts', '--data', ':memory:']
  const command = [...node, '-h', '127.0.0.1', '-p', '0']
  const env = { PORT: undefined, HOST: undefined }
  const program = startProgram(t, process.execPath, [...command, ...args], { cwd: ROOT, env })
  const line = await program.lines.until((line) => LISTENING.test(line), 'server listening')
  const port = Number(LISTENING.exec(line)?.[1])
  const connect = async (t: Test): Promise<Raw> => {
    const raw = await openRaw(`ws://127.0.0.1:${port}`)
    t.teardown(raw.close)
    return raw
  }
  return { program, port, connect }
}

const LISTENING = /server listening on \S+:(\d+)/
/** As JSON.stringify escapes it, and not where the backslash itself is escaped. */
const LONE_SURROGATE = /(?<!\\)(\\\\)*\\ud[89a-f]/i
const FAULTY_CODES: readonly string[] = [
  'INVALID_MESSAGE',
  'INVALID_MESSAGE_DATA',
  'UNSUPPORTED',
] satisfies (keyof typeof ERRORS)[]

/** The article’s project at a stage, copied, with the port of this test’s server. */
function article(t: Test, stage: 'connect' | 'hello', port: number): string {
  const project = t.testdir({})
  cpSync(join(ROOT, 'test/article', stage), project, { recursive: true })
  const script = join(project, 'Network.gd')
  const text = readFileSync(script, 'utf8')
  writeFileSync(script, text.replace('PORT: int = 1234', `PORT: int = ${port}`))
  return project
}

const logs = (msg: string) => (line: string) =>
  line.startsWith('{') && (JSON.parse(line) as { msg?: unknown }).msg === msg

const typeOf = (frame: Frame | undefined): unknown =>
  (frame?.value as { type?: unknown } | null | undefined)?.type

const isNumeric = (frame: Frame) => typeof typeOf(frame) === 'number'

/** What answers a client, in either dialect. */
const answersTo = ({ frames }: Raw): readonly Frame[] =>
  frames.items.filter((frame) => isNumeric(frame) || ['ping', 'error'].includes(`${typeOf(frame)}`))

const answered = new WeakMap<Raw, number>()
/** The first answer that no call before has returned. */
async function nextAnswer(client: Raw, to: string): Promise<Frame> {
  const index = answered.get(client) ?? 0
  answered.set(client, index + 1)
  await client.frames.until(() => answersTo(client).length > index, `an answer to ${to}`)
  return answersTo(client)[index] as Frame // until() has just seen it
}

/** An error with a stable code: in `data`, or in `error` where a numeric type is answered. */
function isRefusal({ value }: Frame): boolean {
  const { data, error } = value as Record<'data' | 'error', { code?: string } | undefined>
  return FAULTY_CODES.includes(`${data?.code ?? error?.code}`)
}

let pinged = 0
/** The answer to a ping, and so a sign that all sent before it was handled. */
function pings({ frames, send }: Raw): Promise<Frame> {
  pinged += 1
  const id = `ping ${pinged}`
  send(JSON.stringify({ type: 'ping', id, data: {} }))
  return frames.until(({ value }) => (value as { re?: unknown })?.re === id, 'a reply to ping')
}

/** The same bytes for the same seed (a linear congruential generator, Numerical Recipes). */
function randomBytes(seed: number): Uint8Array {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  }
  return Uint8Array.from({ length: 8 * seed }, next)
}
