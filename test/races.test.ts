import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { MESSAGES } from '../protocol/index.ts'
import { isCounted } from '../protocol/message.ts'
import type { RawClient, Seen } from './support/client.ts'
import { createRandom, seedOf } from './support/clock.ts'
import { emit, seat } from './support/player.ts'
import { within } from './support/promise.ts'
import { sized } from './support/soak.ts'
import { OVERS, type TestWorld, world } from './support/world.ts'

/* Several sockets of one client claim its session at once, and live on with whichever is answered. */

const CLAIMS = sized(300, 6_300)
const RACERS = 3

/** A busy machine takes its time. */
t.setTimeout(240_000)

/** What a client knows of its session, whichever connection it lives on. */
interface Racer {
  readonly token: string
  sent: number
  received: number
  attempt: number
  readonly outcomes: Map<string, number>
}

for (const over of OVERS)
  t.test(`no race of one client’s claims ends in a reset (${over})`, async (t) => {
    const seed = seedOf()
    t.comment(`SEED=${seed}`)
    const w = await world(t, { over, rates: false })
    const random = createRandom(seed)
    const ada = await seat(w, 'ada')
    const bob = await seat(w, 'bob')
    const racer: Racer = {
      ...{ token: ada.token, sent: 1, received: ada.arrived, attempt: 0 },
      outcomes: new Map(),
    }

    for (let claims = 0; claims < CLAIMS; claims += RACERS) {
      bob.send(emit(claims))
      await within(race(w, racer, random))
    }

    checkOutcomes(t, racer)
  })

/** Opens sockets, claims over all of them, and lives for a while on the first that is answered. */
async function race(w: TestWorld, racer: Racer, random: Random): Promise<void> {
  const sockets: RawClient[] = []
  while (sockets.length < RACERS) sockets.push(await w.raw())
  w.clock.advance(1)
  const { token, sent, received } = racer
  const answers: Promise<void>[] = []
  let living: RawClient | undefined
  for (const raw of sockets) {
    const data = { token, attempt: ++racer.attempt, sent, received, forgotten: 0 }
    const answered = (answer?: Seen) => {
      note(racer, answer)
      if (living || !answer?.data.resumed) return
      living = raw
      live(racer, raw, answer.data.received, random.below(4))
    }
    answers.push(raw.ask('session.resume', data).then(answered, () => answered()))
    for (let turns = random.below(12); turns > 0; turns--) await turn()
  }
  await Promise.all(answers)
  for (let turns = random.below(6); turns > 0; turns--) await turn()
  if (living) racer.received = received + arrived(living)
  for (const one of sockets) {
    if (one.seen.some(({ type }) => type === 'session.reset')) count(racer, 'session.reset')
    one.drop()
  }
}

/** Says again what the server lacks, then something new, and what has arrived. */
function live(racer: Racer, raw: RawClient, known: number, more: number): void {
  const before = racer.received
  for (let n = known; n < racer.sent; n++) raw.send(emit(n))
  for (let n = 0; n < more; n++) raw.send(emit(racer.sent++))
  const acknowledged = before + arrived(raw)
  raw.send({ type: 'session.ack', data: { sent: racer.sent, received: acknowledged } })
}

function note(racer: Racer, answer?: Seen): void {
  const { resumed, reason, code } = answer?.data ?? {}
  count(racer, answer === undefined ? 'closed' : resumed ? 'resumed' : (reason ?? code))
}

const count = ({ outcomes }: Racer, outcome: string) =>
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)

function checkOutcomes(t: Test, { outcomes }: Racer): void {
  t.comment([...outcomes].map(([outcome, times]) => `${outcome} ${times}`).join(', '))
  const strange = [...outcomes.keys()].filter((outcome) => !EXPECTED.includes(outcome))
  t.strictSame(strange, [])
  for (const outcome of EXPECTED) t.ok(outcomes.get(outcome), `some are ${outcome}`)
}

type Random = ReturnType<typeof createRandom>

/** One is closed whose session another has taken before its answer was read. */
const EXPECTED = ['resumed', 'STALE_ATTEMPT', 'closed']
const arrived = ({ seen }: RawClient) =>
  seen.filter((message) => isCounted(MESSAGES, message)).length
