import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Any, RawClient } from './support/client.ts'
import { createRandom, seedOf } from './support/clock.ts'
import { listening } from './support/estragon.ts'
import { sized } from './support/soak.ts'

const CRASHES = sized(4, 20)
/** Channel messages and prop writes that are acknowledged in all. */
const WRITES = CRASHES * 50
/** How many each client leaves unanswered; so many may be stored though nobody was told. */
const IN_FLIGHT = 4
const CLIENTS = 3

t.test('kill -9 loses, doubles and renumbers nothing that was acknowledged', async (t) => {
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const random = createRandom(seed)
  const folder = folderOf(t)
  const words = ['-p', '0', '--log', 'error', '--data', join(folder, 'game.db')]
  words.push('--config', limitless(folder))
  const told: Told = { said: new Map(), props: new Map(), asked: new Set() }
  let keys: readonly string[] = []
  let channel = 0
  let number = 0

  for (let crash = 0; crash <= CRASHES; crash++) {
    const server = await listening(t, words)
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => server.client()))
    const known = await Promise.all(
      clients.map((client, index) =>
        client.ask('player.identify', keys[index] ? { guest_key: keys[index] } : {}),
      ),
    )
    t.notOk(
      known.some(({ type }) => type === 'error'),
      `crash ${crash}: everybody is known`,
    )
    if (crash === 0) {
      keys = known.map(({ data }) => data.guest_key)
      channel = await enter(clients)
    }
    await verify(t, crash, clients, channel, told)
    if (crash === CRASHES) {
      await server.stop('SIGTERM')
      break
    }
    const until = told.said.size + told.props.size + Math.ceil(WRITES / CRASHES) + random.below(20)
    const busy = clients.flatMap((client, who) =>
      Array.from({ length: IN_FLIGHT }, () => write(client, who)),
    )
    await Promise.race([Promise.all(busy), server.program.ended])
    t.match(await server.program.ended, { signal: 'SIGKILL' })

    async function write(client: RawClient, who: number): Promise<void> {
      for (;;) {
        const value = `${who}:${++number}`
        const isProp = random.below(3) === 0
        if (!isProp) told.asked.add(value)
        const asked = isProp
          ? client.ask('player.update', { props: [{ key: `p${number % 60}`, value }] })
          : client.ask('channel.send', { channel, message: value })
        const answer = await asked.catch(() => undefined)
        if (!answer) return
        if (answer.type === 'error') throw new Error(JSON.stringify(answer))
        if (isProp) told.props.set(value, answer.data.player.props)
        else told.said.set(value, answer.data.offset)
        // In the midst of what the others have in flight.
        if (told.said.size + told.props.size >= until) return server.kill('SIGKILL')
      }
    }
  }

  t.ok(told.said.size + told.props.size >= WRITES, `${told.said.size} said, ${told.props.size} set`)
})

/** What has been acknowledged so far. */
interface Told {
  /** Offsets by message. */
  readonly said: Map<string, number>
  /** The props of a player after a write, by what was written. */
  readonly props: Map<string, readonly { key: string; value: string }[]>
  /** Messages that were asked for, whether or not they were acknowledged. */
  readonly asked: Set<string>
}

/** What was acknowledged is there, once, under its number; the numbers go on without a gap. */
async function verify(
  t: Test,
  crash: number,
  clients: readonly RawClient[],
  channel: number,
  told: Told,
): Promise<void> {
  const [client] = clients
  if (!client) throw new Error('expected a client')
  const kept = await history(client, channel)
  const offsets = new Map(kept.map(({ message, offset }) => [message, offset]))
  const lost = [...told.said].filter(([message, offset]) => offsets.get(message) !== offset)
  const profiles = await Promise.all(clients.map((one) => one.ask('player.get')))
  const stale = profiles.flatMap(({ data }, who) => staleProps(data.player.props, who, told))

  t.strictSame(lost, [], `crash ${crash}: nothing acknowledged is missing or renumbered`)
  t.equal(offsets.size, kept.length, 'nothing is there twice')
  t.strictSame(
    kept.map(({ offset }) => offset),
    kept.map((_, index) => index + 1),
    'offsets have no gap',
  )
  t.ok(
    kept.every(({ message }) => told.asked.has(message)),
    'nobody said anything else',
  )
  t.strictSame(stale, [], 'no prop is older than the latest acknowledged')
}

/** Props that are older than one that was acknowledged; values count up, so the later is higher. */
function staleProps(props: readonly Any[], who: number, told: Told): string[] {
  const kept = new Map(props.map(({ key, value }) => [key, numberOf(value)]))
  const latest = new Map<string, number>()
  for (const value of told.props.keys()) {
    if (!value.startsWith(`${who}:`)) continue
    const key = `p${numberOf(value) % 60}`
    latest.set(key, Math.max(latest.get(key) ?? 0, numberOf(value)))
  }
  return [...latest].filter(([key, value]) => (kept.get(key) ?? 0) < value).map(([key]) => key)
}

const numberOf = (value: string) => Number(value.split(':')[1])

async function history(client: RawClient, channel: number): Promise<Any[]> {
  const all: Any[] = []
  for (let after: number | null = 0; after !== null; ) {
    const { data } = await client.ask('channel.history', { channel, after, limit: 100 })
    all.push(...data.messages)
    after = data.next
  }
  return all
}

async function enter([first, ...others]: readonly RawClient[]): Promise<number> {
  const made = await first?.ask('channel.create', { name: 'news' })
  const { id } = made?.data.channel ?? {}
  for (const other of others) await other.ask('channel.join', { channel: id })
  return id
}

/** A configuration that lets a client write as fast as it is answered. */
function limitless(folder: string): string {
  const rate = { per_second: 10_000, burst: 10_000 }
  const file = join(folder, 'game.json')
  writeFileSync(file, JSON.stringify({ rates: { channel: rate, request: rate } }))
  return file
}

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'estragon-crash-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
