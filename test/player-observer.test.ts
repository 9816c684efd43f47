import t from 'tap'
import { createFlusher } from '../server/core/delivery/flusher.ts'
import { createGuesses } from '../server/core/dispatch/guesses.ts'
import { Session } from '../server/core/session/session.ts'
import type { PlayerObserver } from '../server/core/session/sessions.ts'
import { limitsOf, ratesOf } from '../server/core/wire/limits.ts'
import { Refusal } from '../server/core/wire/refusal.ts'
import { createPlayers, type Players } from '../server/features/players.ts'
import { createProfiles } from '../server/features/profiles.ts'
import { createDirectStore } from '../server/store/direct.ts'
import type { Any } from './support/client.ts'
import { createClock, createTestWorld } from './support/clock.ts'

/** Players without a server around them, and what is heard of them. */
function stage(more: PlayerObserver = {}, refuseBanned: () => Promise<void> = async () => {}) {
  const world = createTestWorld(createClock())
  const limits = limitsOf()
  const heard: string[] = []
  const observer: PlayerObserver = {
    identified: ({ id }) => void heard.push(`identified ${id}`),
    online: ({ name }) => void heard.push(`online ${name}`),
    offline: ({ name }) => void heard.push(`offline ${name}`),
  }
  const store = createDirectStore(world.log)
  const profiles = createProfiles({
    ...{ world, limits, store },
    renamed: (player, name) => players.renamed(player, name),
  })
  const players: Players = createPlayers({
    ...{ world, store, refuseBanned, requireTicket: false, grant() {} },
    ...profiles,
    isBackend: () => false,
    guesses: createGuesses(ratesOf(), world),
    judge: async () => undefined,
    observers: [more, observer],
    most: 0,
    supersede() {},
  })
  const outside = { now: () => 0, after: () => () => {}, rates: false as const, onSlow() {} }
  return {
    heard,
    lines: world.lines,
    open: (id: string) =>
      new Session(id, id, 'memory', { limits, flusher: createFlusher(() => {}), ...outside }),
    async identify(session: Session, who = {}): Promise<Any> {
      const ends: (() => void)[] = []
      const context = { session, atEnd: (end: () => void) => void ends.push(end) }
      try {
        const then = (await players.handlers['player.identify'](context as never, who)) as () => Any
        return then()
      } finally {
        for (const end of ends) end()
      }
    },
    end(session: Session): void {
      players.observer.ended?.(session, 'lost')
      session.end()
    },
  }
}

t.test('a player is online with the first session and offline after the last', async (t) => {
  const { heard, open, identify, end } = stage()
  const [phone, desk] = [open('phone'), open('desk')]

  const { guest_key } = await identify(phone, { name: 'Ada' })
  await identify(desk, { guest_key })
  await identify(desk, { guest_key })
  end(phone)
  t.equal(heard.at(-1), 'identified desk', 'one is left')
  end(desk)
  end(desk)

  t.strictSame(heard, [
    ...['online Ada', 'identified phone', 'identified desk', 'identified desk'],
    'offline Ada',
  ])
})

t.test('nobody hears of who was refused, or went before it was let in', async (t) => {
  const waiting: (() => void)[] = []
  let isBanned = true
  const { heard, open, identify, end } = stage({}, async () => {
    if (isBanned) throw new Refusal('PLAYER_BANNED')
    await new Promise<void>((resolve) => waiting.push(resolve))
  })
  const [banned, gone] = [open('banned'), open('gone')]

  await t.rejects(identify(banned), { code: 'PLAYER_BANNED' })
  end(banned)
  isBanned = false
  const going = identify(gone)
  while (waiting.length === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  end(gone)
  waiting[0]?.()

  await t.rejects(going, { code: 'TARGET_LEFT' })
  t.strictSame(heard, [])
})

t.test('an observer that takes time is heard out before the player is anybody', async (t) => {
  let finish = () => {}
  const { heard, open, identify } = stage({
    arriving: () =>
      new Promise((resolve) => {
        finish = () => resolve(() => void heard.push('arrived'))
      }),
  })
  let isTold = false
  const told = identify(open('ada'), { name: 'Ada' }).then(() => {
    isTold = true
  })

  for (let turn = 0; turn < 5; turn++) await new Promise<void>((next) => setImmediate(next))
  t.strictSame([[...heard], isTold], [[], false])
  finish()
  await told

  t.strictSame(heard, ['arrived', 'online Ada', 'identified ada'])
})

t.test(
  'an observer that throws harms nobody, and one that finds nothing out is told',
  async (t) => {
    const { heard, lines, open, identify, end } = stage({
      online() {
        throw new Error('boom')
      },
      offline() {
        throw new Error('boom')
      },
      async arriving({ session: { id } }) {
        if (id === 'bob') throw new Refusal('STORAGE_BUSY')
        return () => {}
      },
    })
    const [ada, bob] = [open('ada'), open('bob')]

    await identify(ada, { name: 'Ada' })
    end(ada)
    await t.rejects(identify(bob, { name: 'Bob' }), { code: 'STORAGE_BUSY' })

    t.strictSame(heard, ['online Ada', 'identified ada', 'offline Ada'])
    const failed = lines.filter(({ msg }) => msg === 'player observer failed')
    t.match(failed, [{ err: { message: 'boom' } }, { err: { message: 'boom' } }])
  },
)
