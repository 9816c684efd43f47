import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readConfig } from '../server/cli/config.ts'
import { definePackets } from '../server/game/packets.ts'
import { ending, listening } from './support/estragon.ts'

async function file(t: Test, name: string, content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'estragon-config-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

t.test('a JSON file says which rooms there are, and within which limits', async (t) => {
  const said = {
    plaza: false,
    rooms: {
      duel: { capacity: 2, namespaces: ['duel'], gather_ms: 50, permissions: { kick: 'host' } },
    },
    limits: { rooms: 3 },
    rates: { event: { per_second: 10, burst: 20 } },
  }

  t.strictSame(await readConfig(await file(t, 'game.json', JSON.stringify(said))), said)
})

t.test('a module says the same, by name or as its default, and has hooks', async (t) => {
  const room = "{ capacity: 2, linger_ms: Infinity, onJoin: () => ({ team: 'red' }) }"
  const named = await file(t, 'a.mjs', `export const rooms = { duel: ${room} }`)
  const whole = await file(t, 'b.mjs', `export default { rooms: { duel: ${room} } }`)

  for (const path of [named, whole])
    t.match(await readConfig(path), { rooms: { duel: { capacity: 2, onJoin: Function } } })
})

t.test('a module says which packets there are', async (t) => {
  const source = new URL('../server/game/packets.ts', import.meta.url).href
  const imports = `import { definePackets } from '${source}'`
  const path = await file(
    t,
    'a.mjs',
    `${imports}\nexport const packets = definePackets({ Slap: {} })`,
  )

  const { packets } = await readConfig(path)

  t.equal(packets?.hash, definePackets({ Slap: {} }).hash)
})

for (const [what, content, complaint] of [
  ['is no JSON', '{', /game\.json:1:2: expected JSON: a name in double quotes/],
  ['has a field too many', '{"room":{}}', /game\.json:1:2: room: unknown; did you mean rooms\?/],
  [
    'has packets, which only a module can',
    '{"packets":{"Slap":{}}}',
    /packets: expected what definePackets .*, got an object/,
  ],
  [
    'has an unknown limit',
    '{"limits":{"patience":1}}',
    /limits\.patience: unknown; expected one of message_bytes/,
  ],
  ['has a limit of no number', '{"limits":{"rooms":"8"}}', /limits\.rooms: expected a whole/],
  ['has rooms that are none', '{"rooms":[]}', /rooms: expected an object/],
  ['has a room that is none', '{"rooms":{"duel":2}}', /rooms\.duel: expected an object, got 2/],
  [
    'misspells a room',
    '{"rooms":{"duel":{"chairs":2}}}',
    /rooms\.duel\.chairs: unknown; expected one of capacity/,
  ],
  [
    'has an unknown role',
    '{"rooms":{"duel":{"permissions":{"kick":"king"}}}}',
    /rooms\.duel\.permissions\.kick: expected one of "none"/,
  ],
  [
    'has a hook that is no function',
    '{"rooms":{"duel":{"onJoin":"no"}}}',
    /rooms\.duel\.onJoin: expected a function/,
  ],
] as const)
  t.test(`a configuration that ${what} is refused with the place`, async (t) => {
    const path = await file(t, 'game.json', content)
    await t.rejects(readConfig(path), { message: complaint })
  })

t.test(
  '--config starts a server with those rooms, and one that is wrong starts none',
  async (t) => {
    const good = await file(t, 'game.json', '{"plaza":false,"rooms":{"duel":{"capacity":2}}}')
    const bad = await file(t, 'bad.json', '{"rooms":{"duel":{"capacity":0}}}')
    const words = (path: string) => [
      '--log',
      'silent',
      '-h',
      '127.0.0.1',
      '-p',
      '0',
      '--config',
      path,
    ]

    const wrong = await ending(t, words(bad))
    const right = await listening(t, words(good))
    const client = await right.client()
    const seat = await client.ask('room.join_or_create', { kind: 'duel' })
    const none = await client.ask('room.join_or_create', { kind: 'plaza' })

    t.match(seat.data, { room: { kind: 'duel', capacity: 2 } })
    t.match(none.data, { code: 'UNKNOWN_KIND' })
    t.equal(wrong.code, 1)
    t.match(wrong.errors.join(), /^estragon: .*bad\.json:1:19: rooms\.duel\.capacity: expected/)
  },
)
