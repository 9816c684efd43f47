/*
 * A plaza of 100 at 20 Hz over real sockets, all limits and rates at their defaults. Much is said
 * in it, so that one who stops reading is soon past what the kernel buffers, and one who reads at
 * half speed past the soft mark; then nothing more is said and they may catch up.
 */
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import t, { type Test } from 'tap'
import { LIMITS } from '../protocol/limits.ts'
import { Connection } from '../server/core/session/connection.ts'
import { createHub } from '../server/server.ts'
import { createSockets } from '../server/transport/socket.ts'
import { createTurns } from '../server/transport/turns.ts'
import { createWorld } from '../server/world.ts'
import { acknowledging, drive, enter, enterAll, stamped, type Walker } from './bench/crowd.ts'
import { comeBack, type Return, sees, stall, steadily, throttle } from './bench/readers.ts'

const PLAZA = 100
/** Of 12 KB, as often each second; fewer where the machine is too busy for the others to hear it. */
const TALKS = 100
const TALK_LENGTH = 12_000
/** How many of them may be on their way to the others. */
const UNHEARD = 20
const LAST_MOVES_MS = 200
const SAMPLE_MS = 20
const READ_BYTES = 4_096
/** Longer than any of it takes on a busy machine; only a failure meets it. */
const BOUND_MS = 60_000
const MAX_GROWTH_MB = 200

type Line = Readonly<Record<string, unknown>>

const story = await watch(t)

t.test('the queue of one who stops reading stays under its bound', async (t) => {
  t.ok(story.most.stalled > LIMITS.soft_bytes.value, `at most ${story.most.stalled} bytes`)
  t.ok(story.most.stalled <= LIMITS.queue_bytes.value, `at most ${story.most.stalled} bytes`)
})

t.test(`the memory of everybody together grows by less than ${MAX_GROWTH_MB} MB`, async (t) => {
  const grown = (story.most.rss - story.rssBefore) / 1024 / 1024
  t.ok(grown < MAX_GROWTH_MB, `${grown.toFixed(0)} MB`)
})

t.test('the server drops it for being slow and says so, once', async (t) => {
  const resets = story.lines.filter(({ msg }) => msg === 'slow reader reset')
  t.match(resets, [{ session: story.stalled.session, code: 4001 }])
  t.equal(resets.length, 1)
  const unwritten = Number(resets[0]?.unwritten)
  t.ok(unwritten > 0 && unwritten <= LIMITS.queue_bytes.value, `unwritten: ${unwritten}`)
})

t.test('the others see it away, then back', async (t) => {
  t.match(story.away, { data: { number: story.stalled.number } })
  t.match(story.back, { data: { number: story.stalled.number } })
})

t.test('it comes back in its seat and is told who is there', async (t) => {
  const { answer, snapshot } = story.returned
  const [seat] = snapshot.rooms
  t.match(answer, { resumed: false, kept: true, reason: 'SLOW', sent: 0, received: 0 })
  t.equal(answer.session, story.stalled.session)
  t.equal(seat.you, story.stalled.number)
  t.same(
    seat.members.map(({ number }: { number: number }) => number).sort(ascending),
    story.numbers.toSorted(ascending),
  )
})

t.test('one who reads at half speed passes the soft mark and is never dropped', async (t) => {
  t.ok(story.most.halved > LIMITS.soft_bytes.value, `at most ${story.most.halved} bytes`)
  t.same(story.lost, [], 'nobody but the one who stopped')
})

t.test('both end with everybody’s right position', async (t) => {
  t.same(story.right, ['an other', 'who came back', 'half speed'])
})

/** Lets it all happen and tells it. */
async function watch(t: Test) {
  const { port, connections, lines } = await listen(t)
  const host = { port, side: 'estragon' } as const
  const others = await enterAll(host, PLAZA - 2)
  const stalled = await enter(host)
  const halved = await enter(host, { readBytes: READ_BYTES })
  const present = new Set([...others, stalled, halved])
  t.teardown(() => {
    for (const { client } of present) client.socket.destroy()
  })
  t.teardown(acknowledging(() => [...present].map(({ client }) => client)))
  const [stalledEnd, halvedEnd] = connections.slice(-2) as [Connection, Connection]
  const session = stalledEnd.session?.id
  const all = [...others, halved]

  const lost = new Set<Walker>()
  for (const walker of all) walker.client.onClose = () => lost.add(walker)
  const talk = talking(others)

  const rssBefore = process.memoryUsage.rss()
  const most = { stalled: 0, halved: 0, rss: rssBefore }
  const sampler = setInterval(() => {
    most.stalled = Math.max(most.stalled, unwrittenOf(stalledEnd))
    most.halved = Math.max(most.halved, unwrittenOf(halvedEnd))
    most.rss = Math.max(most.rss, process.memoryUsage.rss())
  }, SAMPLE_MS)
  t.teardown(() => clearInterval(sampler))
  const witness = others[0] as Walker
  const away = witness.client.next('"room.member_away"')
  const back = away.then(() => witness.client.next('"room.member_back"'))

  stall(stalled)
  const before = bytesOf(others)
  const endHalving = throttle(halved, () => (bytesOf(others) - before) / others.length / 2)
  let returned: Return | undefined
  const returning = comeBack(port, stalled).then((told) => {
    returned = told
    present.add(told.walker)
  })
  const isEnough = () => returned !== undefined && most.halved > LIMITS.soft_bytes.value
  await drive(all, BOUND_MS, { ...talk, until: () => isEnough() || lost.size > 0 })
  if (lost.size > 0) throw new Error(`${lost.size} who read lost their connections`)
  if (!isEnough()) throw new Error(`not slow within ${BOUND_MS} ms: ${JSON.stringify(most)}`)
  await returning
  endHalving()
  const endThrottle = throttle(halved, steadily((TALKS * TALK_LENGTH) / 2))
  const came = returned as unknown as Return

  const everybody = [...all, came.walker]
  const right: string[] = []
  await drive(everybody, LAST_MOVES_MS)
  const looks = [
    sees(others[1] as Walker, everybody).then(() => right.push('an other')),
    sees(came.walker, everybody).then(() => right.push('who came back')),
    sees(halved, everybody).then(() => right.push('half speed')),
  ]
  await Promise.all(looks)
  const told = { away: await away, back: await back }
  endThrottle()
  return {
    ...told,
    lines,
    most,
    right,
    lost: [...lost].map(({ number }) => number),
    rssBefore,
    returned: came,
    stalled: { number: stalled.number, session },
    numbers: everybody.map(({ number }) => number),
  }
}

/** Talk that waits while the others have not heard enough of what was said. */
function talking(others: readonly Walker[]) {
  let said = 0
  const before = others.map(({ client }) => client.received)
  const heard = () =>
    others.reduce(
      (least, { client }, index) => Math.min(least, client.received - (before[index] ?? 0)),
      Number.POSITIVE_INFINITY,
    )
  return {
    chats: TALKS,
    chat: () => {
      if (said - heard() >= UNHEARD) return undefined
      said++
      return stamped(TALK_LENGTH)
    },
  }
}

/** A listening server whose connections can be looked into. */
async function listen(t: Test) {
  const lines: Line[] = []
  const write = (line: string) => void lines.push(JSON.parse(line))
  const log = pino({ level: 'warn' }, { write })
  const hub = createHub({ world: createWorld({ log }) })
  const connections: Connection[] = []
  const http = createHttpServer()
  const sockets = createSockets({
    http,
    ...{ limits: hub.limits, frameBytes: hub.frameBytes },
    turns: createTurns(hub.world, hub.limits.turn_ms),
    accept(transport, upgrade) {
      const connection = hub.accept(transport, upgrade)
      if (connection instanceof Connection) connections.push(connection)
      return connection
    },
    forget: hub.forget,
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.teardown(() => {
    hub.close()
    sockets.close()
    http.close()
    http.closeAllConnections()
  })
  const { port } = http.address() as AddressInfo
  return { port, connections, lines }
}

function unwrittenOf({ session }: Connection): number {
  return session?.outbox.unwritten ?? 0
}

function bytesOf(walkers: readonly Walker[]): number {
  return walkers.reduce((sum, { client }) => sum + client.bytes, 0)
}

function ascending(a: number, b: number): number {
  return a - b
}
