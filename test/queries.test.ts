import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { Json } from '../web-client/client.ts'
import { within } from './support/promise.ts'
import {
  back,
  cut,
  enter,
  failureOf,
  HOUSE,
  moment,
  type Player,
  settled,
  troupe,
  until,
  watch,
  witness,
} from './support/troupe.ts'
import { OVERS, world } from './support/world.ts'

/** Comes back a second after a drop, by the test’s clock. */
const LATER = { backoff: () => 1_000 }

for (const over of OVERS) {
  const open = (t: Parameters<typeof world>[0]) => world(t, { over, ...HOUSE })

  t.test(`a query is answered by the one it was put to, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const cleo = await witness(here, ada)
    bob.network.queries.register('game.eight', async () => {
      await settled(bob)
      return 8
    })

    const answers = [
      await ada.network.queries.ask(bob.id, 'game.eight'),
      await ada.network.queries.ask(`player:${bob.id}`, 'game.eight'),
      await ada.network.queries.ask(`session:${bob.network.session}`, 'game.eight'),
    ]

    t.strictSame(answers, [8, 8, 8])
    t.strictSame(await cleo.frames(), [])
  })

  t.test(`a query hands over data, sender and room, and any value, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const told: unknown[] = []
    bob.network.queries.register('game.echo', (...all) => {
      told.push(all)
      return all[0]
    })
    const values: Json[] = [null, 0, '', false, 'ünï 🙂 \n', [1, [2]], { a: { b: null } }]

    const answers = []
    for (const value of values)
      answers.push(await ada.network.queries.ask(bob.id, 'game.echo', value))
    const nothing = await ada.network.queries.ask(bob.id, 'game.echo')

    t.strictSame(answers, values)
    t.equal(nothing, null)
    const from = { member: 1, player: ada.id, role: 'host', name: ada.room.members.get(1)?.name }
    t.strictSame(told[6], [{ a: { b: null } }, { timeout: 30_000 }, from, ada.room.code])
  })

  t.test(`a query that fails rejects with its text alone, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const fails: Record<string, () => unknown> = {
      'game.throws': () => {
        throw new Error('boom')
      },
      'game.rejects': async () => {
        throw new RangeError('boom')
      },
      'game.text': () => Promise.reject('boom'),
    }
    for (const [name, fail] of Object.entries(fails)) bob.network.queries.register(name, fail)

    for (const name of Object.keys(fails)) {
      const error = await failureOf(ada.network.queries.ask(bob.id, name))
      t.match(error, { code: 'REMOTE_ERROR', status: 502, message: 'boom' }, name)
      t.strictSame(error.data.cause, { member: 2, player: bob.id })
      t.notMatch(JSON.stringify(error.data), /queries\.test|node:|\bat /, 'no stack')
    }
    const unknown = await failureOf(ada.network.queries.ask(bob.id, 'game.unknown'))

    t.match(unknown, { code: 'UNREGISTERED_HANDLER', status: 404, message: /game\.unknown/ })
    t.strictSame(
      bob.reported.map((error) => error.message ?? error),
      ['boom', 'boom', 'boom'],
      'told at home as well',
    )
    t.equal(bob.network.state, 'open')
  })

  t.test(`a value that cannot travel is the handler’s failure, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const wrong: [value: unknown, message: RegExp][] = [
      [new Set(), /^value: expected/],
      [() => {}, /^value: expected/],
      [{ deep: [Number.NaN] }, /^value\.deep\[0\]: expected/],
      ['x'.repeat(60_000), /^query: \d+ bytes; expected at most 60000/],
    ]
    const values = wrong.map(([value]) => value)
    bob.network.queries.register('game.next', () => values.shift())

    for (const [, message] of wrong)
      t.match(await failureOf(ada.network.queries.ask(bob.id, 'game.next')), {
        code: 'REMOTE_ERROR',
        message,
      })

    t.equal(bob.reported.length, wrong.length)
    t.equal(await ada.network.queries.ask(bob.id, 'game.next'), null, 'undefined is null')
  })

  t.test(`a query that takes longer than 200 ms is a TIMEOUT, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const options: unknown[] = []
    const [asked, late] = [moment(), moment<string>()]
    bob.network.queries.register('game.slow', (_data, told) => {
      options.push(told)
      asked.happen()
      return late.happened
    })
    const outcome = failureOf(ada.network.queries.ask(bob.id, 'game.slow', null, { timeout: 200 }))
    const waiting = watch(outcome)

    await asked.happened
    here.clock.advance(199)
    await settled(ada, bob)
    const early = waiting.done
    here.clock.advance(1)

    t.equal(early, false)
    t.match(await outcome, { code: 'TIMEOUT', status: 504, data: { cause: { player: bob.id } } })
    t.strictSame(options, [{ timeout: 200 }])
    late.happen('too late')
    await settled(bob)
    t.match(bob.warned, [/game\.slow.*200 ms/])
    t.strictSame(
      bob.sent.filter(({ re }) => re !== undefined),
      [],
      'and nothing is said',
    )
  })

  t.test(`who is cut off does not wait longer than a moment more, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'], { backoff: () => 60_000 })
    const asked = moment()
    bob.network.queries.register('game.slow', () => {
      asked.happen()
      return new Promise(() => {})
    })
    const outcome = failureOf(ada.network.queries.ask(bob.id, 'game.slow', null, { timeout: 200 }))
    await asked.happened
    await cut(ada, here)

    here.clock.advance(450)

    t.match(await outcome, { code: 'TIMEOUT', message: /^query: no answer/ })
  })

  t.test(`players may ask, unless the room says other, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player', 'player'], { kind: 'strict' })
    const cleo = await witness(here, ada)
    const ask = () => bob.network.queries.ask(`session:${cleo.session}`, 'game.eight')

    const refused = await failureOf(ask())
    const nothing = await cleo.frames()
    await ada.room.assign(bob.number, 'trusted')
    const asked = ask()
    const { id: re, data } = await cleo.raw.next('query')
    cleo.raw.send({ type: 'query', re, data: { value: 8 } })

    t.match(refused, { code: 'PERMISSION_DENIED', status: 403, message: /trusted/ })
    t.strictSame(nothing, [])
    t.match(data, { name: 'game.eight', timeout: 30_000 })
    t.equal(await asked, 8)
  })

  t.test(`who is not there cannot be asked, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const elsewhere = await enter(here)
    bob.network.close()
    await until(() => !ada.room.members.has(bob.number))

    for (const target of [bob.id, elsewhere.id, 'nobody', `session:${bob.network.session}`])
      t.match(
        await failureOf(ada.network.queries.ask(target, 'game.eight')),
        { code: 'INVALID_TARGET', status: 404 },
        target,
      )
  })

  t.test(`dialog and confirm may be answered by the game, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const question = { title: 'Trade?', text: 'A boot?', choices: ['Yes', 'Never'] }
    const ask = (name: string, data: Json) => ada.network.queries.ask(bob.id, name, data)

    const nobody = await failureOf(ask('dialog', question))
    const off = bob.network.queries.register('dialog', ({ choices }) => choices[1])
    bob.network.queries.register('confirm', async ({ text }) => text === 'Sure?')
    const answers = [
      await ask('dialog', question),
      await ask('confirm', { text: 'Sure?' }),
      await ask('confirm', { text: 'Really?' }),
    ]
    const malformed = await failureOf(ask('dialog', { text: 7 }))
    off()
    bob.network.queries.register('dialog', () => 7)
    const wrong = await failureOf(ask('dialog', question))

    t.match(nobody, { code: 'UNREGISTERED_HANDLER' }, 'here is no page to ask on')
    t.strictSame(answers, ['Never', true, false])
    t.match(malformed, { code: 'INVALID_MESSAGE_DATA', message: /query\.data\.text/ })
    t.match(wrong, { code: 'REMOTE_ERROR' })
  })

  t.test(`a query’s name is registered once, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const ask = () => ada.network.queries.ask(bob.id, 'game.who')

    const off = bob.network.queries.register('game.who', () => 'first')
    const offSecond = bob.network.queries.register('game.who', () => 'second')
    offSecond()
    const first = await ask()
    off()
    const none = await failureOf(ask())
    bob.network.queries.register('game.who', () => 'third')
    off()

    t.equal(first, 'first')
    t.match(bob.warned, [/DUPLICATE_HANDLER.*game\.who/])
    t.match(none, { code: 'UNREGISTERED_HANDLER' })
    t.equal(await ask(), 'third')
  })

  t.test(`nobody answers for another, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada] = await troupe(here, ['host'])
    const bob = await witness(here, ada)
    const cleo = await witness(here, ada)

    const asked = ada.network.queries.ask(`session:${bob.session}`, 'game.eight')
    const { id: re } = await bob.raw.next('query')
    cleo.raw.send({ type: 'query', re, data: { value: 'forged' } })
    const told = await cleo.raw.next('error')
    bob.raw.send({ type: 'query', re, data: { value: 8 } })

    t.equal(await asked, 8)
    t.match(told.data, { code: 'UNKNOWN_REQUEST', status: 404, request: 'query' })
    bob.raw.send({ type: 'query', re, data: { value: 9 } })
    t.match((await bob.raw.next('error')).data, { code: 'UNKNOWN_REQUEST' }, 'nor twice')
  })

  t.test(`a query’s name needs the prefix of its package, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const { queries } = bob.network

    for (const name of ['who', 'Game.who', 'game.', '', 'dialogs'])
      t.throws(() => queries.register(name, () => 1), { code: 'INVALID_NAME', status: 400 }, name)
    queries.register('alpha.who', () => 'alpha')
    queries.register('beta.who', () => 'beta')

    t.equal(await ada.network.queries.ask(bob.id, 'alpha.who'), 'alpha')
    t.equal(await ada.network.queries.ask(bob.id, 'beta.who'), 'beta')
    t.match(await failureOf(ada.network.queries.ask(bob.id, 'who')), {
      code: 'INVALID_MESSAGE_DATA',
    })
  })

  /* Queries and dropped connections. */

  t.test(`an asker who drops gets the answer on coming back, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'], LATER)
    const [asked, answer] = [moment(), moment<string>()]
    bob.network.queries.register('game.slow', () => {
      asked.happen()
      return answer.happened
    })
    const outcome = ada.network.queries.ask(bob.id, 'game.slow')
    await asked.happened

    await cut(ada, here)
    answer.happen('late')
    await settled(bob)
    await back(ada, here)

    t.equal(await outcome, 'late')
  })

  t.test(`a target that drops answers on coming back, once, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'], LATER)
    const [asked, answer] = [moment(), moment<string>()]
    let runs = 0
    bob.network.queries.register('game.slow', () => {
      runs++
      asked.happen()
      return answer.happened
    })
    const first = ada.network.queries.ask(bob.id, 'game.slow')
    await asked.happened

    await cut(bob, here)
    const second = ada.network.queries.ask(bob.id, 'game.slow')
    answer.happen('late')
    await settled(ada)
    const reached = runs
    await back(bob, here)

    t.strictSame(await Promise.all([first, second]), ['late', 'late'])
    t.equal(reached, 1, 'what is asked meanwhile waits')
    t.equal(runs, 2)
  })

  t.test(`a target whose window ends rejects at that moment, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'], { backoff: () => 3_600_000 })
    const [asked, answer] = [moment(), moment<string>()]
    bob.network.queries.register('game.slow', () => {
      asked.happen()
      return answer.happened
    })
    const long = { timeout: 100_000 }
    const outcome = failureOf(ada.network.queries.ask(bob.id, 'game.slow', null, long))
    const waiting = watch(outcome)
    await asked.happened
    await cut(bob, here)

    here.clock.advance(29_999)
    await settled(ada)
    const early = waiting.done
    here.clock.advance(1)

    t.equal(early, false)
    t.match(await outcome, { code: 'TARGET_LEFT', status: 410, data: { cause: { member: 2 } } })
  })

  t.test(
    `an asker whose window ended is told so on coming back, and nobody answers, over ${over}`,
    async (t) => {
      const here = await open(t)
      const [ada, bob] = await troupe(here, ['host', 'player'], { backoff: () => 30_001 })
      const [asked, answer] = [moment(), moment<string>()]
      bob.network.queries.register('game.slow', () => {
        asked.happen()
        return answer.happened
      })
      const long = { timeout: 100_000 }
      const outcome = failureOf(ada.network.queries.ask(bob.id, 'game.slow', null, long))
      await asked.happened
      await cut(ada, here)

      here.clock.advance(30_001)

      t.match(await within(outcome), { code: 'OUTCOME_UNKNOWN' })
      t.equal(ada.network.rooms.all.size, 0)
      answer.happen('to nobody')
      await settled(bob)
      t.equal(bob.network.state, 'open')
    },
  )

  t.test(`after a reset nothing asked before it is answered, over ${over}`, async (t) => {
    const limits = { ...HOUSE.limits, resume_frames: 8 }
    const here = await world(t, { over, ...HOUSE, limits })
    const [ada, bob] = await troupe(here, ['host', 'player'], LATER)
    const [first, second] = [moment<string>(), moment<string>()]
    const handlers = [() => first.happened, () => second.happened, () => 'at once']
    const asked = moment()
    bob.network.queries.register('game.slow', () => {
      if (handlers.length === 2) asked.happen()
      return handlers.shift()?.()
    })
    const told: unknown[] = []
    bob.network.on('error', (error) => void told.push(error))
    bob.network.on('reset', (reason) => void told.push(reason))
    const ask = () => ada.network.queries.ask(bob.id, 'game.slow')
    const outcomes = [failureOf(ask()), failureOf(ask())]
    await asked.happened

    await cut(bob, here)
    const before = bob.network.events.emit('game.before')
    first.happen('said while away')
    await first.happened
    const after = bob.network.events.emit('game.after')
    await missTooMuch(ada)
    await back(bob, here)
    const unknown = await Promise.all(outcomes)
    second.happen('said after the reset')
    await settled(bob)

    t.match(unknown, [{ code: 'OUTCOME_UNKNOWN' }, { code: 'OUTCOME_UNKNOWN' }])
    t.match(await Promise.all([before, after]), [{ name: 'game.before' }, { name: 'game.after' }])
    t.strictSame(told, ['BUDGET'], 'the server was not answered what it no longer asks')
    t.equal(await ask(), 'at once')
  })

  t.test(
    `what waits through two resets is told its outcome is unknown, over ${over}`,
    async (t) => {
      const limits = { ...HOUSE.limits, resume_frames: 8 }
      const here = await world(t, { over, ...HOUSE, limits })
      const [ada, bob] = await troupe(here, ['host', 'player'], LATER)
      const [asked, answer, reached] = [moment(), moment<string>(), moment()]
      bob.network.queries.register('game.slow', () => {
        asked.happen()
        return answer.happened
      })
      ada.network.queries.register('game.never', () => {
        reached.happen()
        return new Promise(() => {})
      })
      const lost = failureOf(ada.network.queries.ask(bob.id, 'game.slow'))
      await asked.happened

      await cut(bob, here)
      answer.happen('dropped by the reset, ahead of the question')
      await answer.happened
      await turn()
      const outcome = failureOf(bob.network.queries.ask(ada.id, 'game.never'))
      await missTooMuch(ada)
      await back(bob, here)
      await reached.happened
      await cut(bob, here)
      await missTooMuch(ada)
      await back(bob, here)

      t.match(await within(outcome), { code: 'OUTCOME_UNKNOWN', message: /^query/ })
      t.match(await lost, { code: 'OUTCOME_UNKNOWN' })
    },
  )
}

/** More than the resume buffer of `resume_frames: 8` holds. */
async function missTooMuch({ network }: Player): Promise<void> {
  for (let number = 0; number < 10; number++) await network.events.emit('game.n', [number])
}
