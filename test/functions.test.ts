import t from 'tap'
import {
  back,
  cut,
  failureOf,
  HOUSE,
  moment,
  type Player,
  sentDuring,
  settled,
  troupe,
  until,
  watch,
  witness,
} from './support/troupe.ts'
import { OVERS, world } from './support/world.ts'

/** Comes back a second after a drop, by the test’s clock. */
const LATER = { backoff: () => 1_000 }
/** Comes back when another is host already. */
const LATE = { backoff: () => 6_000 }
/** Does not come back before the window ends. */
const NEVER = { backoff: () => 3_600_000 }

const add = ([a, b]: readonly number[]) => (a ?? 0) + (b ?? 0)

/** Registers `game.mark` at everybody; who ran it, by number, with its arguments and its caller. */
function marked(people: readonly Player[]): unknown[][] {
  const marks: unknown[][] = []
  for (const { network, number } of people)
    network.functions.register('game.mark', (args, { player }) => {
      marks.push([number, args, player])
      return number
    })
  return marks
}

/** Registers `game.slow`, which answers when it is told to; says when it runs. */
function slow({ network }: Player) {
  const [asked, answer] = [moment(), moment<string>()]
  const state = { runs: 0, asked: asked.happened, answer: answer.happen }
  network.functions.register('game.slow', () => {
    state.runs++
    asked.happen()
    return answer.happened
  })
  return state
}

for (const over of OVERS) {
  const open = (t: Parameters<typeof world>[0]) => world(t, { over, ...HOUSE })

  t.test(`a function is called by its name or as itself, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    for (const { network } of [ada, bob]) network.functions.register('game.add', add)
    const other = () => 'other'

    const byName = await ada.network.functions.executeAsPlayer(bob.id, 'game.add', [5, 3])
    const byFunction = await ada.network.functions.executeAsPlayer(bob.id, add, [5, 4])
    const off = bob.network.functions.register('game.add', other)
    const duplicate = await ada.network.functions.executeAsPlayer(bob.id, add, [5, 5])
    off()
    const kept = await ada.network.functions.executeAsPlayer(bob.id, add, [5, 6])
    const ask = ada.network.functions.executeAsPlayer
    const unregistered = await failureOf(ask(bob.id, 'game.unknown'))
    const nameless = await failureOf(ask(bob.id, other))

    t.strictSame([byName, byFunction, duplicate, kept], [8, 9, 10, 11])
    t.match(bob.warned, [/DUPLICATE_HANDLER.*game\.add/])
    t.match(unregistered, { code: 'UNREGISTERED_HANDLER', data: { cause: { player: bob.id } } })
    t.match(nameless, { code: 'UNREGISTERED_HANDLER' })
  })

  t.test(`what is registered no longer is not executed, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const off = bob.network.functions.register('game.add', add)

    off()

    const ask = ada.network.functions.executeAsPlayer(bob.id, 'game.add', [5, 3])
    t.match(await failureOf(ask), { code: 'UNREGISTERED_HANDLER' })
  })

  t.test(`the host executes what it is asked, over ${over}`, async (t) => {
    const here = await open(t)
    const [grace, hal, ada] = await troupe(here, ['host', 'assistant', 'player'])
    const marks = marked([grace, hal, ada])
    for (const { network } of [grace, hal]) network.functions.register('game.add', add)

    const sum = await ada.network.functions.executeAsHost('game.add', [5, 3])
    const number = await ada.network.functions.executeAsHost('game.mark', ['x'])
    const frames = await sentDuring(grace, async () => {
      t.equal(await grace.network.functions.executeAsHost('game.add', [5, 4]), 9)
      t.equal(await grace.network.functions.executeAsHost('game.mark', ['y']), 1)
    })

    t.equal(sum, 8)
    t.equal(number, 1)
    t.strictSame(marks, [
      [1, ['x'], ada.id],
      [1, ['y'], grace.id],
    ])
    t.strictSame(frames, [], 'at the host itself it runs here')
  })

  t.test(`without a host there is nobody to execute it, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['player', 'player'])
    const marks = marked([ada, bob])

    const error = await failureOf(ada.network.functions.executeAsHost('game.mark'))

    t.match(error, { code: 'NO_HOST', status: 404 })
    t.strictSame(marks, [])
  })

  t.test(`what runs here ends as it would elsewhere, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada] = await troupe(here, ['host'])
    const { functions } = ada.network
    functions.register('game.boom', () => {
      throw new Error('boom')
    })
    functions.register('game.wrong', () => new Set())
    functions.register('game.nothing', () => {})
    const list = [1, 2]
    functions.register('game.list', ([given]) => {
      given.push(3)
      return list
    })
    functions.register('game.never', () => new Promise(() => {}))

    const frames = await sentDuring(ada, async () => {
      const boom = await failureOf(functions.executeAsHost('game.boom'))
      t.match(boom, { code: 'REMOTE_ERROR', status: 502, message: 'boom' })
      t.strictSame(boom.data.cause, { member: 1, player: ada.id })
      const wrong = await failureOf(functions.executeAsHost('game.wrong'))
      t.match(wrong, { code: 'REMOTE_ERROR', message: /^value: expected/ })
      t.equal(await functions.executeAsHost('game.nothing'), null)
      const given = [1, 2]
      const returned = await functions.executeAsHost('game.list', [given])
      t.strictSame([given, returned], [list, list])
      t.not(returned, list, 'nothing is shared')
      t.match(await failureOf(functions.executeAsHost('game.unknown')), {
        code: 'UNREGISTERED_HANDLER',
      })
      t.match(await failureOf(functions.executeAsHost('unprefixed')), {
        code: 'INVALID_MESSAGE_DATA',
      })
      const never = failureOf(functions.executeAsHost('game.never', [], { timeout: 200 }))
      here.clock.advance(200)
      t.match(await never, { code: 'TIMEOUT' })
    })

    t.strictSame(frames, [])
    t.match(await failureOf(functions.executeAsHost('game.boom', [], { room: 'AAAAAA' })), {
      code: 'NOT_IN_ROOM',
    })
  })

  t.test(`one player executes it, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const cleo = await witness(here, ada)
    const marks = marked([ada, bob])
    const { executeAsPlayer } = ada.network.functions

    const remote = await executeAsPlayer(bob.id, 'game.mark', [1])
    const frames = await sentDuring(ada, async () => {
      t.equal(await executeAsPlayer(ada.id, 'game.mark', [2]), 1)
    })
    bob.network.close()
    await until(() => !ada.room.members.has(bob.number))
    const offline = await failureOf(executeAsPlayer(bob.id, 'game.mark', [3]))

    t.equal(remote, 2)
    t.strictSame(frames, [], 'for ourselves it runs here')
    t.strictSame(marks, [
      [2, [1], ada.id],
      [1, [2], ada.id],
    ])
    t.match(offline, { code: 'INVALID_TARGET', status: 404 })
    const reached = (await cleo.frames()).map(({ type }) => type)
    t.strictSame(reached, ['room.member_left'], 'nobody else is bothered')
  })

  t.test(`the hosts, or the other hosts, execute it, over ${over}`, async (t) => {
    const here = await open(t)
    const [grace, hal, ada] = await troupe(here, ['host', 'assistant', 'player'])
    const cleo = await witness(here, ada)
    const marks = marked([grace, hal, ada])
    const { executeForHosts, executeForOtherHosts } = grace.network.functions

    const hosts = await executeForHosts('game.mark', ['hosts'])
    await settled(grace, hal, ada)
    const others = await executeForOtherHosts('game.mark', ['others'])
    await settled(grace, hal, ada)

    t.strictSame([hosts, others], [{ delivered: 2 }, { delivered: 1 }])
    t.strictSame(ran(marks, 'hosts'), [1, 2])
    t.strictSame(ran(marks, 'others'), [2])
    t.strictSame(await cleo.frames(), [])
  })

  t.test(
    `the only host has no others to execute it, and that is no mistake, over ${over}`,
    async (t) => {
      const here = await open(t)
      const [grace, hal] = await troupe(here, ['host', 'player'])
      const others = () => grace.network.functions.executeForOtherHosts('game.mark')

      const alone = await others()
      const asked = await failureOf(
        grace.network.queries.ask('other_hosts', 'game.eight', null, { timeout: 100 }),
      )
      await grace.room.assign(1, 'player')
      const hostless = await failureOf(others())
      await settled(hal)

      t.strictSame(alone, { delivered: 0 })
      t.match(asked, { code: 'INVALID_TARGET', message: /nobody in this room is at other_hosts/ })
      t.match(hostless, { code: 'NO_HOST' })
      t.strictSame(hal.warned, [])
    },
  )

  t.test(`everyone, or everyone else, executes it, over ${over}`, async (t) => {
    const here = await open(t)
    const people = await troupe(here, ['host', 'player', 'player'])
    const marks = marked(people)
    const { executeForEveryone, executeForOthers } = people[1].network.functions

    const answers = [
      await executeForEveryone('game.mark', ['all']),
      await executeForOthers('game.mark', ['others']),
    ]
    await settled(...people)

    t.strictSame(answers, [{ delivered: 3 }, { delivered: 2 }])
    t.strictSame(ran(marks, 'all'), [1, 2, 3])
    t.strictSame(ran(marks, 'others'), [1, 3])
  })

  t.test(`these players execute it, and nobody else, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const cleo = await witness(here, ada)
    const marks = marked([ada, bob])
    const { executeForPlayers } = ada.network.functions
    const ids = Object.freeze([ada.id, bob.id])

    const answer = await executeForPlayers(ids, 'game.mark', ['both'])
    const partly = await executeForPlayers([bob.id, 'nobody'], 'game.mark', ['one'])
    const same = await executeForPlayers(Array(65).fill(bob.id), 'game.mark', ['same'])
    await settled(ada, bob)

    t.strictSame(answer, { delivered: 2 })
    t.strictSame(same, { delivered: 1 }, 'each is one player')
    t.strictSame(ran(marks, 'same'), [2])
    t.strictSame(ids, [ada.id, bob.id], 'the caller’s array is as it was')
    t.strictSame(partly, { delivered: 1, unreached: ['player:nobody'] })
    t.strictSame(ran(marks, 'both'), [1, 2])
    t.strictSame(ran(marks, 'one'), [2])
    t.strictSame(await cleo.frames(), [])
    for (const wrong of [bob.id, { 0: bob.id, length: 1 }, undefined, [7]])
      await t.rejects(executeForPlayers(wrong as unknown as string[], 'game.mark'), TypeError)
    const most = Array.from({ length: 65 }, (_, index) => `p${index}`)
    t.strictSame(await executeForPlayers([], 'game.mark'), { delivered: 0 }, 'nobody is no mistake')
    t.match(await failureOf(executeForPlayers(most, 'game.mark')), {
      code: 'INVALID_MESSAGE_DATA',
      message: /array of at most 64 addresses/,
    })
  })

  t.test(`a cast is done before those who execute it are, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const work = slow(bob)
    let isFinished = false
    bob.network.functions.register('game.work', async () => {
      await bob.network.functions.executeAsPlayer(bob.id, 'game.slow')
      isFinished = true
      return 'a value nobody gets'
    })

    const answer = await ada.network.functions.executeForOthers('game.work')
    await work.asked

    t.strictSame(answer, { delivered: 1 }, 'no value')
    t.equal(isFinished, false)
    work.answer('done')
    await until(() => isFinished)
  })

  t.test(`what fails in a cast is told where it fails, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const { functions } = bob.network
    functions.register('game.throws', () => {
      throw new Error('boom')
    })
    functions.register('game.rejects', () => Promise.reject(new Error('bang')))
    functions.register('game.wrong', () => new Set())

    for (const name of ['game.throws', 'game.rejects', 'game.wrong', 'game.unknown'])
      t.strictSame(await ada.network.functions.executeForOthers(name), { delivered: 1 }, name)
    await settled(bob)

    t.strictSame(
      bob.reported.map(({ message }) => message),
      ['boom', 'bang'],
    )
    t.match(bob.warned, [/^function\.cast:.*game\.unknown/])
    t.equal(bob.network.state, 'open')
    t.strictSame(
      bob.sent.filter(({ re }) => re !== undefined),
      [],
    )
  })

  t.test(`what fails elsewhere names the player, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    bob.network.functions.register('game.boom', () => {
      throw new Error('boom')
    })

    const error = await failureOf(ada.network.functions.executeAsPlayer(bob.id, 'game.boom'))

    t.match(error, { code: 'REMOTE_ERROR', status: 502, message: 'boom' })
    t.strictSame(error.data.cause, { member: 2, player: bob.id })
    t.notMatch(JSON.stringify(error.data), /functions\.test|node:|\bat /, 'no stack')
    t.equal(bob.network.state, 'open')
  })

  t.test(`who leaves in mid-call has left, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const work = slow(bob)
    const outcome = failureOf(ada.network.functions.executeAsPlayer(bob.id, 'game.slow'))
    await work.asked

    await bob.room.leave()
    work.answer('too late')

    t.match(await outcome, { code: 'TARGET_LEFT', status: 410, data: { cause: { member: 2 } } })
    await settled(bob)
    t.strictSame(
      bob.seen.filter(({ type }) => type === 'error'),
      [],
      'and says nothing more of it',
    )
  })

  t.test(`whose window ends in mid-call has left, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'], NEVER)
    const work = slow(bob)
    const { executeAsPlayer } = ada.network.functions
    const outcome = failureOf(executeAsPlayer(bob.id, 'game.slow', [], { timeout: 100_000 }))
    const waiting = watch(outcome)
    await work.asked
    await cut(bob, here)

    here.clock.advance(29_999)
    await settled(ada)
    const early = waiting.done
    here.clock.advance(1)

    t.equal(early, false)
    t.match(await outcome, { code: 'TARGET_LEFT' })
  })

  t.test(`what is asked of a host that is away waits for the next, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob, cleo] = await troupe(here, ['player', 'host', 'assistant'], LATE)
    const ran: number[] = []
    for (const { network, number } of [bob, cleo])
      network.functions.register('game.act', () => ran.push(number))
    cleo.network.queries.register('game.eight', () => 8)
    await cut(bob, here)

    const call = ada.network.functions.executeAsHost('game.act')
    const query = ada.network.queries.ask('host', 'game.eight')
    const state = watch(call)
    here.clock.advance(4_999)
    await settled(ada, cleo)
    const before = [state.done, ran.length]
    here.clock.advance(1)

    t.strictSame(before, [false, 0])
    t.equal(await call, 1)
    t.equal(await query, 8)
    await back(bob, here)
    await settled(bob)
    t.strictSame(ran, [3], 'and never comes to the one before')
  })

  t.test(`it goes to the host once it is back in time, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob, cleo] = await troupe(here, ['player', 'host', 'assistant'], LATER)
    for (const { network, number } of [bob, cleo])
      network.functions.register('game.whose', () => number)
    await cut(bob, here)

    const call = ada.network.functions.executeAsHost('game.whose')
    await settled(ada)
    await back(bob, here)

    t.equal(await call, 2)
  })

  t.test(`it waits no longer than it was to, nor for who is gone, over ${over}`, async (t) => {
    const kinds = HOUSE.kinds.map((kind) => ({ ...kind, host_ms: 20_000 }))
    const here = await world(t, { over, ...HOUSE, kinds, limits: { ...HOUSE.limits, asks: 2 } })
    const [ada, bob, cleo] = await troupe(here, ['player', 'host', 'assistant'], LATE)
    const ran: unknown[] = []
    cleo.network.functions.register('game.act', () => ran.push('run'))
    await cut(bob, here)
    const act = (who: Player, timeout: number) =>
      failureOf(who.network.functions.executeAsHost('game.act', [], { timeout }))

    const late = act(ada, 300)
    const left = act(ada, 60_000)
    await settled(ada)
    const busy = await act(ada, 300)
    here.clock.advance(300)
    const failed = [busy, await late]
    const gone = new Promise((resolve) => cleo.room.on('left', resolve))
    ada.network.close()
    await gone
    here.clock.advance(20_000)
    await settled(cleo)

    t.match(failed, [
      { code: 'TARGET_BUSY', data: { cause: { member: 2 } } },
      { code: 'TIMEOUT', data: { cause: { member: 2 } } },
    ])
    t.ok(await left)
    t.strictSame(ran, [])
  })

  t.test(`who drops inside the window answers once back, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'], LATER)
    const work = slow(bob)
    const outcome = ada.network.functions.executeAsPlayer(bob.id, 'game.slow')
    await work.asked

    await cut(bob, here)
    work.answer('done while away')
    await settled(ada)
    await back(bob, here)

    t.equal(await outcome, 'done while away')
    t.equal(work.runs, 1)
  })

  for (const [how, leave] of [
    ['leaves', ({ room }: Player) => room.leave()],
    ['goes for good', async ({ network }: Player) => network.close()],
  ] as const)
    t.test(`where a host ${how}, the next one executes it, over ${over}`, async (t) => {
      const here = await open(t)
      const [grace, hal, ada] = await troupe(here, ['host', 'assistant', 'player'])
      const [first, second] = [slow(grace), slow(hal)]
      const outcome = ada.network.functions.executeAsHost('game.slow')
      await first.asked

      await leave(grace)
      await second.asked
      second.answer('by the second')

      t.equal(await outcome, 'by the second')
      t.strictSame([first.runs, second.runs], [1, 1])
    })

  t.test(`where a host’s window ends, the next one executes it, over ${over}`, async (t) => {
    const here = await open(t)
    const [grace, hal, ada] = await troupe(here, ['host', 'assistant', 'player'], NEVER)
    const [first, second] = [slow(grace), slow(hal)]
    const { executeAsHost } = ada.network.functions
    const outcome = executeAsHost('game.slow', [], { timeout: 100_000 })
    await first.asked
    await cut(grace, here)

    here.clock.advance(29_999)
    await settled(ada, hal)
    const early = second.runs
    here.clock.advance(1)
    await second.asked
    second.answer('by the second')

    t.equal(early, 0, 'away, it stays the host')
    t.equal(await outcome, 'by the second')
    t.strictSame([first.runs, second.runs], [1, 1])
  })

  t.test(`a call never runs twice at one host, over ${over}`, async (t) => {
    const here = await open(t)
    const [grace, hal, ada] = await troupe(here, ['host', 'host', 'player'])
    const [first, second] = [slow(grace), slow(hal)]
    const outcome = failureOf(ada.network.functions.executeAsHost('game.slow'))
    await first.asked

    await grace.room.leave()
    await second.asked
    const again = await grace.network.rooms.join(ada.room.code)
    await hal.room.assign(again.you, 'assistant')
    await hal.room.leave()

    t.match(await outcome, { code: 'TARGET_LEFT' })
    await settled(ada)
    t.equal(ada.room.host?.number, again.you, 'a host there is, but it was asked before')
    t.strictSame([first.runs, second.runs], [1, 1])
  })

  t.test(`when the caller goes, no second host executes it, over ${over}`, async (t) => {
    const here = await open(t)
    const [grace, hal, ada] = await troupe(here, ['host', 'assistant', 'player'])
    const [first, second] = [slow(grace), slow(hal)]
    const outcome = failureOf(ada.network.functions.executeAsHost('game.slow'))
    await first.asked

    ada.network.close()
    await until(() => !grace.room.members.has(ada.number))
    await settled(grace, hal)

    t.match(await outcome, { code: 'CLOSED' })
    t.strictSame([first.runs, second.runs], [1, 0])
  })

  t.test(`the last host that leaves leaves nobody to execute it, over ${over}`, async (t) => {
    const here = await open(t)
    const [grace, ada] = await troupe(here, ['host', 'player'])
    const work = slow(grace)
    const outcome = failureOf(ada.network.functions.executeAsHost('game.slow'))
    await work.asked

    await grace.room.leave()

    t.match(await outcome, { code: 'TARGET_LEFT', data: { cause: { player: grace.id } } })
  })

  t.test(`who executes knows for whom, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const callers: unknown[] = []
    for (const { network } of [ada, bob])
      network.functions.register('game.whose', (_args, from, room) => {
        callers.push(from)
        return [from.player, room]
      })

    const answers = [
      await ada.network.functions.executeAsPlayer(bob.id, 'game.whose'),
      await ada.network.functions.executeAsHost('game.whose'),
    ]
    await ada.network.functions.executeForOthers('game.whose')
    await settled(bob)

    const mine = [ada.id, ada.room.code]
    t.strictSame(answers, [mine, mine])
    const name = ada.room.members.get(1)?.name
    const from = { member: 1, player: ada.id, role: 'host', name }
    t.strictSame(callers, [from, from, from], 'here as elsewhere')
  })

  t.test(`two packages do not collide, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const { functions } = bob.network
    functions.register('alpha.add', add)
    functions.register('beta.add', ([a, b]) => `${a}${b}`)

    const answers = [
      await ada.network.functions.executeAsPlayer(bob.id, 'alpha.add', [5, 3]),
      await ada.network.functions.executeAsPlayer(bob.id, 'beta.add', [5, 3]),
    ]

    t.strictSame(answers, [8, '53'])
    t.strictSame(bob.warned, [])
    for (const name of ['add', 'Alpha.add', 'alpha.', '.add', '', 'dialog'])
      t.throws(() => functions.register(name, add), { code: 'INVALID_NAME', status: 400 }, name)
  })
}

/** The numbers of those who ran `game.mark` with this word, in order. */
const ran = (marks: readonly unknown[][], word: string) =>
  marks
    .filter(([, args]) => (args as string[])[0] === word)
    .map(([number]) => number as number)
    .sort((a, b) => a - b)
