import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { Ledger, Run } from '../protocol/ledger.ts'
import type { Any, RawClient } from './support/client.ts'
import { createRandom, seedOf } from './support/clock.ts'
import { collect } from './support/heap.ts'
import { claim, drop, emit, seat } from './support/player.ts'
import { both, until } from './support/promise.ts'
import { note, tapped } from './support/tap.ts'
import { replay, type Step } from './support/vectors.ts'

interface Numbered {
  readonly number: number
  readonly bytes: number
}

const push = (ledger: Ledger<Numbered>, bytes: number) =>
  ledger.push({ number: ledger.sent + 1, bytes })
const numbers = (frames: readonly Numbered[]) => frames.map(({ number }) => number)

t.test('a ledger keeps the frames that may have to be sent again', async (t) => {
  replay(t, 'ledgers', ({ bytes, frames, steps }) => {
    const ledger = new Ledger<Numbered>({ bytes, frames }, (frame) => frame.bytes)
    return [steps.map(([name, argument]) => takeStep(ledger, name, argument)), steps]
  })
})

/** Does what a step says; gives the step with what was found. */
function takeStep(ledger: Ledger<Numbered>, name: string, argument: number): Step {
  const did = (): Step => [name, argument, ledger.sent, ledger.forgotten, ledger.held]
  switch (name) {
    case 'push':
      push(ledger, argument)
      return did()
    case 'acknowledge':
      ledger.acknowledge(argument)
      return did()
    case 'reset':
      ledger.reset()
      return did()
    case 'after':
      return [name, argument, numbers(ledger.after(argument))]
    case 'covers':
      return [name, argument, ledger.covers(argument)]
    default:
      return [name, argument, ledger.isFull(argument)]
  }
}

t.test('a ledger does what an array of all frames would do', async (t) => {
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const random = createRandom(seed).below
  for (let walk = 0; walk < 20; walk++) {
    const budget = { bytes: 1 + random(2000), frames: 1 + random(300) }
    const ledger = new Ledger<Numbered>(budget, (frame) => frame.bytes)
    const model = naiveLedger(budget)
    for (let step = 0; step < 1000; step++) {
      const acts = random(10)
      const bytes = random(30)
      if (acts < 2) {
        const sizes = Array.from({ length: 1 + random(20) }, () => random(30))
        ledger.pushRun(new Together(ledger.sent + 1, sizes))
        for (const size of sizes) model.push(size)
      } else if (acts < 7) {
        push(ledger, bytes)
        model.push(bytes)
      } else {
        const count = random(model.sent + 2)
        ledger.acknowledge(count)
        model.acknowledge(count)
      }
      const count = random(model.sent + 2)
      const found = [ledger.sent, ledger.forgotten, ledger.bytes, ledger.covers(count)]
      const wanted = [model.sent, model.forgotten, model.bytes(), model.covers(count)]
      const same = `${found}` === `${wanted}`
      const sameFrames = `${numbers(ledger.after(count))}` === `${model.after(count)}`
      if (!same || !sameFrames)
        return t.fail(`walk ${walk} step ${step}: ${found} is not ${wanted}`)
    }
  }
  t.pass('20 walks of 1,000 steps')
})

/** A run of numbered frames. */
class Together extends Run<Numbered> {
  readonly #first: number
  readonly #sizes: readonly number[]

  constructor(first: number, sizes: readonly number[]) {
    super(sizes.length, sum(sizes))
    this.#first = first
    this.#sizes = sizes
  }

  copy(): Run<Numbered> {
    return this
  }

  at(index: number): Numbered {
    return { number: this.#first + index, bytes: this.#sizes[index] ?? Number.NaN }
  }

  bytesIn(from: number, to: number): number {
    return sum(this.#sizes.slice(from, to))
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)

/** All frames there ever were, and a mark before which they are forgotten. */
function naiveLedger(budget: { bytes: number; frames: number }) {
  const sizes: number[] = []
  const model = {
    forgotten: 0,
    get sent() {
      return sizes.length
    },
    bytes: () => sizes.slice(model.forgotten).reduce((sum, size) => sum + size, 0),
    push(size: number) {
      sizes.push(size)
      while (sizes.length - model.forgotten > budget.frames || model.bytes() > budget.bytes)
        model.forgotten++
    },
    acknowledge(count: number) {
      if (count <= sizes.length) model.forgotten = Math.max(model.forgotten, count)
    },
    covers: (count: number) => model.forgotten <= count && count <= sizes.length,
    after: (count: number) =>
      sizes.map((_, index) => index + 1).filter((n) => n > count && n > model.forgotten),
  }
  return model
}

t.test('a ledger lets go of the memory of what it forgets', async (t) => {
  const ledger = new Ledger<object>({ bytes: 1000, frames: 1000 }, () => 1)
  const refs = Array.from({ length: 20 }, () => {
    const frame = {}
    ledger.push(frame)
    return new WeakRef(frame)
  })

  ledger.acknowledge(15)
  await turn()
  collect()

  t.equal(refs.filter((ref) => ref.deref()).length, 5)
  t.equal(ledger.after(15).length, 5)
})

/* Acknowledgements. */

both('both sides acknowledge every 64 frames and every second', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await ada.ask('session.hello', {})
  for (let n = 0; n < 62; n++) ada.send(emit(n))
  await ada.settled()
  const early = acks(ada)
  ada.send(emit(63))
  await ada.settled()
  const full = acks(ada)
  ada.send(emit(64))
  await ada.settled()
  w.clock.advance(1_000)
  await ada.settled()
  w.clock.advance(1_000)
  await ada.settled()

  t.strictSame(early, [])
  t.strictSame(
    full.map(({ received }) => received),
    [64],
  )
  t.strictSame(acks(ada).slice(1), [{ sent: ada.arrived, received: 65 }], 'and not when idle')
})

const acks = ({ seen }: RawClient) =>
  seen.filter(({ type }) => type === 'session.ack').map(({ data }) => data)

both('the web client acknowledges every 64 frames and every second', {}, async (t, w) => {
  const acked: Any[] = []
  const Socket = tapped(w.Socket, {
    onSend: ({ type, data }) => note(type === 'session.ack', acked, data.received),
  })
  const ada = await w.connect({ WebSocket: Socket })
  await ada.rooms.joinOrCreate('open')
  const bob = await seat(w, 'bob')
  const before = acked.length
  let heardOf = 0
  ada.events.on('plaza.number', () => heardOf++)
  for (let n = 0; n < 64; n++) await bob.ask('event.emit', emit(n).data)
  await until(() => heardOf === 64, 'all events')
  const full = acked.slice(before)
  w.clock.advance(1_000)
  await until(() => acked.length === before + full.length + 1, 'an acknowledgement')

  t.strictSame(full, [64], 'the reply to the join, bob, and 62 events')
  t.equal(acked.at(-1), 66)
})

both('what is acknowledged is forgotten', {}, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  for (const n of [1, 2, 3]) await bob.ask('event.emit', emit(n).data)
  await ada.settled()
  ada.send({ type: 'session.ack', data: { sent: 1, received: ada.arrived } })
  await ada.settled()
  await drop(w, ada)

  const back = await claim(w, ada.token, { sent: 1, received: ada.arrived - 1 })

  t.match(back.reply, { resumed: false, kept: true, reason: 'BUDGET' })
})

both('the web client forgets what the server has', {}, async (t, w) => {
  const claims: Any[] = []
  const Socket = tapped(w.Socket, {
    onSend: ({ type, data }) => note(type === 'session.resume', claims, data),
  })
  const ada = await w.connect({ WebSocket: Socket })
  await ada.rooms.joinOrCreate('open')
  for (let n = 0; n < 70; n++) await ada.events.emit('plaza.number', [n])

  ada.cut()
  await until(() => claims.length === 1 && ada.state === 'open', 'ada back')

  t.match(claims, [{ sent: 71, received: 71, forgotten: 64 }])
})
