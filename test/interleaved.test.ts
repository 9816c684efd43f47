import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { MESSAGES } from '../protocol/index.ts'
import { isCounted } from '../protocol/message.ts'
import type { RawClient } from './support/client.ts'
import { createRandom, seedOf } from './support/clock.ts'
import { claim, drop, emit, isEvent, seat } from './support/player.ts'
import { within } from './support/promise.ts'
import { sized } from './support/soak.ts'
import { world } from './support/world.ts'

/*
 * Frames that are right, wrong, refused or of kinds nobody knows, among cuts, claims and resets: both
 * sides count each that counts, and nothing is handled twice.
 */

const WALKS = sized(20, 500)
const STEPS = 60
/** A busy machine takes its time. */
t.setTimeout(240_000)

/** What may be said, whether it counts, and whether it is an event that is handled. */
const FRAMES = {
  event: true,
  'not JSON': true,
  'an unknown type': true,
  'wrong data': true,
  'a refusal': true,
  'a counted kind': true,
  'an uncounted kind': false,
  ping: false,
} as const
type Sort = keyof typeof FRAMES
const SORTS = Object.keys(FRAMES) as Sort[]

t.test('whatever is said among cuts, claims and resets is counted and handled once', async (t) => {
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  for (let walk = 0; walk < WALKS; walk++) {
    const wrong = await within(walked(seed + walk))
    if (!t.strictSame(wrong, [], `SEED=${seed + walk}`)) return
  }

  /** One client that says all of it; what was wrong. */
  async function walked(seed: number): Promise<string[]> {
    const w = await world(t, { rates: false })
    const random = createRandom(seed)
    const ada = await seat(w, 'ada')
    const wrong: string[] = []
    const handled: number[] = []
    const frames: { sort: Sort; n: number }[] = [{ sort: 'a refusal', n: -1 }]
    let raw: RawClient = ada
    let [base, told, attempt, numbered] = [0, 0, 0, 0]

    const received = () =>
      base + raw.seen.slice(told).filter((one) => isCounted(MESSAGES, one)).length
    const again = () => {
      base = received()
      handled.push(
        ...raw.seen
          .slice(told)
          .filter(isEvent)
          .map(({ data }) => data.args[0]),
      )
      told = raw.seen.length
    }
    const claimed = async () => {
      again()
      const back = await claim(w, ada.token, {
        ...{ attempt: ++attempt, sent: frames.length, received: base },
      })
      raw = back
      told = 0
      if (!back.reply.resumed) return void wrong.push(`claim: ${JSON.stringify(back.reply)}`)
      for (const frame of frames.slice(back.reply.received)) say(raw, frame)
    }
    const restart = async () => {
      await raw.settled()
      const from = raw.seen.length
      raw.send({ type: 'session.desync', data: { sent: frames.length, received: received() } })
      const { id } = await raw.next('session.reset')
      if (random.below(2) === 0) say(raw, { sort: 'event', n: -1 })
      raw.send({ type: 'session.reset', re: id, data: {} })
      handled.push(
        ...raw.seen
          .slice(told, from)
          .filter(isEvent)
          .map(({ data }) => data.args[0]),
      )
      told = raw.seen.findIndex(({ type }, at) => at >= from && type === 'session.reset') + 1
      frames.length = 0
      base = 0
    }

    for (let step = 0; step < STEPS; step++) {
      const what = random.below(20)
      if (what === 0) {
        await drop(w, raw)
        await claimed()
      } else if (what === 1) await claimed()
      else if (what === 2) await restart()
      else {
        const frame = { sort: random.pick(SORTS), n: ++numbered }
        say(raw, frame)
        if (FRAMES[frame.sort]) frames.push(frame)
      }
      if (random.below(3) === 0) await turn()
    }
    await raw.settled()
    raw.send({ type: 'session.ack', data: { sent: frames.length, received: received() } })
    await raw.settled()
    if (raw.seen.slice(told).some(({ type }) => type === 'session.reset'))
      wrong.push('the counts differ')
    again()
    const twice = handled.filter((n, at) => handled.indexOf(n) !== at)
    if (twice.length > 0) wrong.push(`handled twice: ${twice}`)
    if (handled.includes(-1)) wrong.push('handled before the reset was known')
    if (handled.some((n, at) => at > 0 && n < (handled[at - 1] ?? 0))) wrong.push('out of order')
    raw.drop()
    return wrong
  }
})

function say(raw: RawClient, { sort, n }: { readonly sort: Sort; readonly n: number }): void {
  if (sort === 'event') raw.send(emit(n))
  else if (sort === 'not JSON') raw.send('{ not JSON')
  else if (sort === 'an unknown type') raw.send({ type: 'room.dance', id: `${n}`, data: {} })
  else if (sort === 'wrong data') raw.send({ type: 'event.emit', id: `${n}`, data: { name: 7 } })
  else if (sort === 'a refusal')
    raw.send({ type: 'room.join', id: `${n}`, data: { code: 'NOROOM' } })
  else if (sort === 'a counted kind') raw.sendBytes(Uint8Array.from([0xff, 1, 2]))
  else if (sort === 'an uncounted kind') raw.sendBytes(Uint8Array.from([0xbf, 1, 2]))
  else raw.send({ type: 'ping', data: {} })
}
