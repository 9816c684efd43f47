import t from 'tap'
import { LIMITS } from '../protocol/limits.ts'
import type { RawClient } from './support/client.ts'
import { OVERS, type TestWorld, world } from './support/world.ts'

for (const over of OVERS) {
  t.test(
    `who comes back before its old connection is known to be gone takes its place, over ${over}`,
    async (t) => {
      const w = await world(t, { over, limits: { connections: 1 } })
      const ada = await introduced(w)

      const back = await knock(w, claimOf(ada))
      const stranger = await knock(w, HELLO)

      t.match(await back.first, { type: 'session.resume', data: { resumed: true } })
      t.match(await ada.closed, { code: 4103 })
      t.match(await stranger.closed, { code: 4105 })
      t.match(w.stats(), { connections: 1, sessions: 1, away: 0 })
    },
  )

  t.test(`who comes back is no session more, over ${over}`, async (t) => {
    const w = await world(t, { over, limits: { sessions: 1, connections: 2 } })
    const ada = await introduced(w)
    ada.drop()
    await until(() => w.stats().away === 1)

    const back = await knock(w, claimOf(ada))

    t.match(await back.first, { data: { resumed: true } })
    t.match(w.stats(), { connections: 1, sessions: 1, away: 0 })
    back.close(1000)
    await until(() => w.stats().connections === 0)
    await introduced(w)
    t.equal((await (await knock(w, HELLO)).closed).code, 4105, 'and no session fewer')
  })

  t.test(`who was away while another took its place is refused, over ${over}`, async (t) => {
    const w = await world(t, { over, limits: { connections: 1 } })
    const ada = await introduced(w)
    ada.drop()
    await until(() => w.stats().away === 1)
    await introduced(w)

    const back = await knock(w, claimOf(ada))

    t.match(await back.closed, { code: 4105 })
    t.match(w.stats(), { connections: 1, sessions: 2, away: 1 })
  })

  t.test(
    `a full address hears 4105 at once for anything but a claim that holds, over ${over}`,
    async (t) => {
      const w = await world(t, { over, limits: { connections: 1 } })
      const ada = await introduced(w)
      const claim = claimOf(ada)

      for (const first of [
        ...[HELLO, '{', 'null', '[]', { type: 'session.resume' }, 'x'.repeat(50_000)],
        { ...claim, data: { ...claim.data, token: 'made-up' } },
        { ...claim, data: { ...claim.data, attempt: -1 } },
        { ...claim, data: { ...claim.data, fingerprint: 'another' } },
      ])
        t.equal(
          (await (await knock(w, first)).closed).code,
          4105,
          JSON.stringify(first).slice(0, 60),
        )

      t.match(w.stats(), { connections: 1, sessions: 1, away: 0 })
      await ada.settled()
    },
  )

  t.test(`a claim that comes too late is told so before 4105, over ${over}`, async (t) => {
    const w = await world(t, { over, limits: { connections: 1 } })
    const ada = await introduced(w)
    const back = await knock(w, claimOf(ada, 7))
    await back.first

    const late = await knock(w, claimOf(ada, 7))

    t.match(await late.first, { type: 'error', data: { code: 'STALE_ATTEMPT' } })
    t.match(await late.closed, { code: 4105 })
    t.match(w.stats(), { connections: 1, sessions: 1, away: 0 })
  })

  t.test(
    `unproven, unproven_ms: so many may be about to claim, for so long, over ${over}`,
    async (t) => {
      const w = await world(t, { over, limits: { connections: 1, unproven: 2 } })
      const ada = await introduced(w)
      const silent = [await knock(w), await knock(w)]

      t.match(await (await knock(w, claimOf(ada))).closed, { code: 4105 }, 'one too many')
      w.clock.advance(LIMITS.unproven_ms.value)
      t.strictSame(
        silent.map(({ isClosed }) => isClosed()),
        [false, false],
      )
      w.clock.advance(2_000)
      for (const { closed } of silent) t.match(await closed, { code: 4105 })
      t.match(await (await knock(w, claimOf(ada))).first, { data: { resumed: true } })
    },
  )

  t.test(`nobody gets past the limits by claims, over ${over}`, async (t) => {
    const w = await world(t, { over, limits: { connections: 2 } })
    const [ada, bob] = [await introduced(w), await introduced(w)]

    for (let attempt = 1; attempt <= 5; attempt++) {
      t.match(await (await knock(w, claimOf(ada, attempt))).first, { data: { resumed: true } })
      t.match(await (await knock(w, HELLO)).closed, { code: 4105 })
      t.match(w.stats(), { connections: 2, sessions: 2 })
    }
    bob.close()
    await until(() => w.stats().connections === 1)
    await introduced(w)
    t.match(await (await knock(w, HELLO)).closed, { code: 4105 })
  })
}

t.test(
  'unproven: a replaced connection whose socket lingers counts until it is gone',
  async (t) => {
    const w = await world(t, { limits: { connections: 1, unproven: 1 } })
    const ada = await introduced(w)
    const [old] = w.sockets
    if (old) old.lingers = true
    t.match(await (await knock(w, claimOf(ada))).first, { data: { resumed: true } })

    const beside = await knock(w)
    t.match(await beside.closed, { code: 4105 }, 'its place is still taken')
    old?.terminate?.()
    const later = await knock(w, claimOf(ada, 2))

    t.match(await later.first, { data: { resumed: true } })
  },
)

const HELLO = { type: 'session.hello', id: 'hello', data: {} }

async function introduced(w: TestWorld): Promise<RawClient> {
  const client = await w.raw()
  await client.ask('session.hello', {})
  return client
}

const claimOf = ({ welcome: { token } }: RawClient, attempt = 1) => ({
  ...{ type: 'session.resume', id: 'claim' },
  data: { token, attempt, sent: 0, received: 0, forgotten: 0 },
})

interface Knocking {
  /** The first that it heard. */
  readonly first: Promise<object>
  readonly closed: Promise<{ readonly code: number }>
  isClosed(): boolean
  close(code: number): void
}

/** Opens a socket and says one thing at once, if anything. */
async function knock({ Socket, url }: TestWorld, said?: object | string): Promise<Knocking> {
  const socket = new Socket(url)
  let isClosed = false
  const first = new Promise<object>((resolve) => {
    socket.onmessage = ({ data }: { data: unknown }) => resolve(JSON.parse(String(data)))
  })
  const closed = new Promise<{ code: number }>((resolve) => {
    socket.onclose = ({ code }: { code: number }) => {
      isClosed = true
      resolve({ code })
    }
  })
  await new Promise((resolve) => {
    socket.onopen = resolve
  })
  if (said !== undefined) socket.send(typeof said === 'string' ? said : JSON.stringify(said))
  return { first, closed, isClosed: () => isClosed, close: (code) => socket.close(code) }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
