import { RESUME_REASONS } from '../protocol/errors.ts'
import { MESSAGES } from '../protocol/index.ts'
import { isCounted } from '../protocol/message.ts'
import type { Any, Seen } from './support/client.ts'
import {
  cameBack,
  claim,
  drop,
  emit,
  heard,
  isEvent,
  numbers,
  seat,
  types,
} from './support/player.ts'
import { both, until } from './support/promise.ts'
import { lose, type Tap, tapped } from './support/tap.ts'

/* Beyond the budget. */

const FEW = { limits: { resume_frames: 8 } }

both('as many missed frames as the budget holds are made up for', FEW, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  for (let n = 1; n <= 8; n++) await bob.ask('event.emit', emit(n).data)

  const back = await claim(w, ada.token, { sent: 1, received: ada.arrived })
  await back.settled()

  t.match(back.reply, { resumed: true })
  t.strictSame(numbers(back), [1, 2, 3, 4, 5, 6, 7, 8])
})

both('one missed frame more than the budget holds, and the client is told', FEW, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  for (let n = 1; n <= 9; n++) await bob.ask('event.emit', emit(n).data)
  const cleo = await seat(w, 'cleo')

  const back = await claim(w, ada.token, { sent: 1, received: ada.arrived })
  const snapshot = await back.next('session.snapshot')
  await bob.ask('event.emit', emit(10).data)
  await back.settled()
  const ten = numbers(back)
  await drop(w, back)
  await bob.ask('event.emit', emit(11).data)
  const again = await claim(w, ada.token, { attempt: 2, sent: 0, received: 1 })
  await again.settled()

  t.match(back.reply, {
    ...{ resumed: false, session: ada.welcome.session, kept: true, reason: 'BUDGET' },
    ...{ message: RESUME_REASONS.BUDGET.doc, sent: 0, received: 0 },
  })
  t.strictSame(
    snapshot.data.rooms[0].members.map(({ number }: Any) => number),
    [bob.number, ada.number, cleo.number],
  )
  t.strictSame(ten, [10], 'nothing from before')
  t.match(again.reply, { resumed: true, sent: 2, received: 0 })
  t.strictSame(numbers(again), [11])
})

both(
  'more missed bytes than the budget holds, and the client is told',
  { limits: { resume_bytes: 4_096 } },
  async (t, w) => {
    const bob = await seat(w, 'bob')
    const ada = await seat(w, 'ada')
    const say = (text: string) => bob.ask('event.emit', { name: 'plaza.text', args: [text] })
    await drop(w, ada)
    for (let n = 0; n < 3; n++) await say('x'.repeat(1_000))
    const back = await claim(w, ada.token, { sent: 1, received: ada.arrived })
    await back.settled()
    const missed = back.seen.filter(isEvent).length
    await drop(w, back)
    for (let n = 0; n < 4; n++) await say('x'.repeat(1_000))

    const again = await claim(w, ada.token, {
      ...{ attempt: 2, sent: 1, received: ada.arrived + missed },
    })

    t.match(back.reply, { resumed: true })
    t.equal(missed, 3)
    t.match(again.reply, { resumed: false, kept: true, reason: 'BUDGET' })
  },
)

both('a client that can no longer send what the server lacks is told BUDGET', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)

  const back = await claim(w, ada.token, { sent: 9, received: ada.arrived, forgotten: 2 })

  t.match(back.reply, { resumed: false, kept: true, reason: 'BUDGET' })
})

for (const [what, limits, size] of [
  ['frames', { resume_frames: 8 }, 1],
  ['bytes', { resume_bytes: 4_096 }, 500],
] as const)
  both(
    `resume_frames, resume_bytes: a web client whose ${what} outgrew the server’s budget is told`,
    { limits },
    async (t, w) => {
      const hole: Tap = {}
      const ada = await w.connect({ WebSocket: tapped(w.Socket, hole) })
      await ada.rooms.joinOrCreate('open')
      hole.onSend = ({ type }) => lose(type === 'event.emit')
      const lost = Array.from({ length: 9 }, (_, n) =>
        t.rejects(ada.events.emit('plaza.text', ['x'.repeat(size), n]), {
          code: 'OUTCOME_UNKNOWN',
        }),
      )
      const reset = heard(ada, 'reset')
      delete hole.onSend

      ada.cut()

      t.strictSame(await reset, ['BUDGET'])
      await Promise.all(lost)
      t.match(await ada.events.emit('plaza.number', [1], { to: 'all' }), { delivered: 1 })
    },
  )

both(
  'the client’s buffer is as large as the server’s budget, and says when it is full',
  FEW,
  async (t, w) => {
    const bob = await seat(w, 'bob')
    const ada = await w.connect({ backoff: () => 1_000 })
    await ada.rooms.joinOrCreate('open')
    w.clock.advance(1_000)
    await bob.settled()
    ada.cut()

    const waiting = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ada.events.emit('plaza.number', [n]))
    await t.rejects(ada.events.emit('plaza.number', [9]), { code: 'BUFFER_FULL' })
    await t.rejects(ada.events.emit('plaza.number', [10]), { code: 'BUFFER_FULL' })
    await cameBack(w, ada)
    await Promise.all(waiting)
    await ada.events.emit('plaza.number', [11])
    await bob.settled()

    t.strictSame(numbers(bob), [1, 2, 3, 4, 5, 6, 7, 8, 11])
  },
)

both('a reset rejects what was written and sends what was not', FEW, async (t, w) => {
  const bob = await seat(w, 'bob')
  const hole: Tap = {}
  const ada = await w.connect({ WebSocket: tapped(w.Socket, hole), backoff: () => 1_000 })
  const room = await ada.rooms.joinOrCreate('open')
  const snapshot = new Promise<void>((resolve) => room.on('members', resolve))
  hole.onSend = ({ type }) => lose(type === 'event.emit')
  const written = ada.events.emit('plaza.number', [1])
  delete hole.onSend
  ada.cut()
  const unwritten = [2, 3].map((n) => ada.events.emit('plaza.number', [n]))
  await until(() => w.stats().away === 1, 'ada away')
  for (let n = 0; n < 9; n++) await bob.ask('event.emit', emit(n).data)
  const cleo = await seat(w, 'cleo')
  const reset = heard(ada, 'reset')

  await Promise.all([
    t.rejects(written, { code: 'OUTCOME_UNKNOWN' }),
    cameBack(w, ada),
    ...unwritten.map((one) => t.resolveMatch(one, { delivered: 2 })),
  ])
  await snapshot
  await bob.settled()

  t.strictSame(await reset, ['BUDGET'])
  t.strictSame([...room.members.keys()], [bob.number, room.you, cleo.number])
  t.strictSame(
    bob.seen.filter((seen) => isEvent(seen) && seen.from.member === room.you).map(arg),
    [2, 3],
  )
  t.match(await ada.events.emit('plaza.number', [4]), { delivered: 2 })
})

const arg = ({ data }: Seen) => data.args[0]

both('a reset whose answer never arrived is told again', FEW, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  for (let n = 1; n <= 9; n++) await bob.ask('event.emit', emit(n).data)
  const unheard = await claim(w, ada.token, { sent: 1, received: ada.arrived })
  await drop(w, unheard)
  for (let n = 10; n <= 14; n++) await bob.ask('event.emit', emit(n).data)

  const back = await claim(w, ada.token, { attempt: 2, sent: 1, received: ada.arrived })
  await back.settled()
  await drop(w, back)
  const again = await claim(w, ada.token, { attempt: 3, sent: 0, received: 0 })

  t.match(unheard.reply, { resumed: false, kept: true, reason: 'BUDGET' })
  t.match(back.reply, { resumed: false, kept: true, reason: 'BUDGET', sent: 0, received: 0 })
  t.strictSame(numbers(back), [])
  t.match(again.reply, { resumed: true }, 'what follows the answer shows that it arrived')
})

/* Counts that contradict each other. */

for (const [what, counts] of [
  ['received more than was sent', { sent: 1, received: 99 }],
  ['sent less than was received', { sent: 0, received: 1 }],
] as const)
  both(`a claim that says it ${what} is a DESYNC`, {}, async (t, w) => {
    const ada = await seat(w, 'ada')
    await drop(w, ada)

    const back = await claim(w, ada.token, counts)
    const snapshot = await back.next('session.snapshot')

    t.match(back.reply, { resumed: false, kept: true, reason: 'DESYNC', sent: 0, received: 0 })
    t.equal(snapshot.data.rooms[0].you, ada.number)
    t.match(await back.ask('event.emit', emit(1).data, { to: 'all' }), { data: { delivered: 1 } })
  })

for (const [what, type, data] of [
  ['an acknowledgement that does not match', 'session.ack', { sent: 5, received: 0 }],
  ['an acknowledgement of what was never sent', 'session.ack', { sent: 1, received: 99 }],
  ['a client that misses something', 'session.desync', { sent: 1, received: 0 }],
] as const)
  both(`${what} begins both counts anew on the living connection`, {}, async (t, w) => {
    const bob = await seat(w, 'bob')
    const ada = await seat(w, 'ada')

    ada.send({ type, data })
    ada.send(emit(1, 'one'))
    const reset = await ada.next('session.reset')
    ada.send(emit(2, 'two'))
    ada.send('not JSON')
    ada.send({ type: 'session.reset', re: reset.id, data: {} })
    const three = await ada.ask('event.emit', emit(3).data)
    await bob.settled()
    const at = ada.seen.findIndex((seen) => seen.type === 'session.reset')
    const since = ada.seen.slice(at + 1)
    await drop(w, ada)
    const received = since.filter((message) => isCounted(MESSAGES, message)).length
    const back = await claim(w, ada.token, { sent: 1, received })

    t.match(reset.data, { session: ada.welcome.session, kept: true, reason: 'DESYNC' })
    t.match(reset.data, { sent: 0, received: 0, message: RESUME_REASONS.DESYNC.doc })
    t.equal(types(since)[0], 'session.snapshot')
    t.match(three.data, { delivered: 1 })
    t.strictSame(numbers(bob), [3], 'what came before the reply is not handled')
    t.strictSame([...new Set(since.map(({ re }) => re))].includes('one'), false, 'nor answered')
    t.match(back.reply, { resumed: true, sent: 1, received: 1 }, 'nor counted')
  })

both('counts told before the reset is known reset nothing again', {}, async (t, w) => {
  const ada = await seat(w, 'ada')

  ada.send({ type: 'session.desync', data: { sent: 1, received: 0 } })
  ada.send({ type: 'session.ack', data: { sent: 1, received: 1 } })
  ada.send({ type: 'session.desync', data: { sent: 1, received: 0 } })
  const { id } = await ada.next('session.reset')
  ada.send({ type: 'session.reset', re: id, data: {} })
  const answer = await ada.ask('event.emit', emit(1).data, { to: 'all' })

  t.match(answer, { data: { delivered: 1 } })
  t.equal(types(ada.seen).filter((type) => type === 'session.reset').length, 1)
})

both('a drop in the middle of a reset leaves no doubt about the counts', {}, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  await bob.ask('event.emit', emit(0).data)
  await ada.settled()
  ada.send({ type: 'session.desync', data: { sent: 1, received: ada.arrived } })
  await ada.next('session.reset')
  await drop(w, ada)
  for (let n = 1; n <= 5; n++) await bob.ask('event.emit', emit(n).data)

  const back = await claim(w, ada.token, { sent: 1, received: 2 })
  await back.settled()

  t.match(back.reply, { resumed: false, kept: true, reason: 'DESYNC' })
  t.strictSame(numbers(back), [])
})

for (const [what, hook] of [
  ['to the server', { onSend: ({ type }: Any) => lose(type === 'event.emit') }],
  ['to the client', { onReceive: ({ type }: Any) => lose(type === 'event') }],
] as const)
  both(`a web client that loses a frame ${what} is reset, and works on`, {}, async (t, w) => {
    const hole: Tap = {}
    const bob = await seat(w, 'bob')
    const ada = await w.connect({ WebSocket: tapped(w.Socket, hole) })
    const room = await ada.rooms.joinOrCreate('open')
    const reset = heard(ada, 'reset')
    let snapshots = 0
    room.on('members', () => snapshots++)
    Object.assign(hole, hook)
    const lost = ada.events.emit('plaza.number', [1], { to: 'all' })
    const outcome = lost.then(
      () => 'answered',
      ({ code }) => code,
    )
    await until(() => numbers(bob).length === 1 || 'onSend' in hole, 'the event')
    await bob.settled()
    for (const name of Object.keys(hole)) delete hole[name as keyof Tap]
    w.clock.advance(1_000)

    t.strictSame(await reset, ['DESYNC'])
    await until(() => snapshots === 1, 'a snapshot')
    t.equal(await outcome, 'onSend' in hook ? 'OUTCOME_UNKNOWN' : 'answered')
    t.match(await ada.events.emit('plaza.number', [2], { to: 'all' }), { delivered: 2 })
    ada.cut()
    t.match(await ada.events.emit('plaza.number', [3], { to: 'all' }), { delivered: 2 })
    w.clock.advance(1_000)
    t.match(await ada.events.emit('plaza.number', [4], { to: 'all' }), { delivered: 2 })
    await bob.settled()
    t.equal(ada.state, 'open')
    t.strictSame(numbers(bob).slice(-3), [2, 3, 4])
  })

for (const [what, type] of [
  ['acknowledgements that do not match', 'session.ack'],
  ['complaints about the counts', 'session.desync'],
] as const)
  both(
    `reset: ${what} reset a connection a few times, then close it`,
    { rates: { reset: { per_second: 1, burst: 3 } } },
    async (t, w) => {
      const ada = await seat(w, 'ada')
      const complain = async () => {
        ada.send({ type, data: { sent: 99, received: 0 } })
        const reset = await ada.next('session.reset')
        ada.send({ type: 'session.reset', re: reset.id, data: {} })
      }
      for (let count = 0; count < 3; count++) await complain()
      w.clock.advance(1_000)
      await complain()

      ada.send({ type, data: { sent: 99, received: 0 } })

      t.match(await ada.closed, { code: 4100 })
      const snapshots = ada.seen.filter((seen) => seen.type === 'session.snapshot')
      t.equal(snapshots.length, 4)
      await until(() => w.stats().sessions === 0, 'its session over')
    },
  )
