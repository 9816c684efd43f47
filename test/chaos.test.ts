import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import { type Actor, RESET, type Seated, senderOf } from './support/actor.ts'
import { type LogLine, seedOf } from './support/clock.ts'
import { CUTS } from './support/cuts.ts'
import { plazaIn, stroll } from './support/ground.ts'
import { until, within } from './support/promise.ts'
import { sized } from './support/soak.ts'
import {
  ACTORS,
  type Asked,
  BUDGET,
  BURST,
  EACH,
  LANES,
  perform,
  setStage,
} from './support/traffic.ts'

/** A busy machine takes its time; what fails says so long before. */
t.setTimeout(sized(120_000, 600_000))

t.test('messages survive cut after cut, once each and in order', async (t) => {
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const began = performance.now()
  const stage = await setStage(t, seed)
  const { server, proxy, actors, watcher, asked, errors } = stage

  const overflows = await perform(stage, seed).catch((error: unknown) => {
    const odd = [proxy, ...actors].flatMap((one) => one.wrongs)
    t.comment(JSON.stringify({ tally: proxy.tally, odd }))
    throw error
  })

  const { tally, total, races, wrongs } = proxy
  t.comment(`${total} cuts: ${CUTS.map((cut) => `${cut} ${tally[cut]}`).join(', ')}`)
  for (const cut of CUTS) t.ok(tally[cut] >= EACH, `${cut}: ${tally[cut]} times`)
  t.strictSame(wrongs, [], 'the server disturbs no winner and refuses every late claim')
  t.ok(races.length >= EACH, `${races.length} races ran to their end`)
  const won = races.filter((race) => race.startsWith('one was '))
  t.equal(won.length, races.length, 'one claim wins, the other is refused or replaced')
  checkAnswers(t, asked, actors)
  checkFailures(t, asked, errors)
  checkWatcher(t, asked, watcher)
  checkActors(t, asked, actors, watcher, overflows)
  checkMembers(t, actors, watcher)
  await checkPositions(t, actors)

  for (const { network } of [...actors, watcher]) network.close()
  await until(() => server.stats().connections === 0, 'every connection gone')
  t.match(server.stats(), { connections: 0, sessions: 0, away: 0 }, 'nothing is left behind')
  const seconds = (performance.now() - began) / 1000
  const told = `${asked.length} requests, ${watcher.heard.length} numbers to each of ${ACTORS}`
  t.comment(`${told}, ${seconds.toFixed(1)} s`)
})

/** Every request is answered once, as it should be, unless a reset came between. */
function checkAnswers(t: Test, asked: readonly Asked[], actors: readonly Actor[]): void {
  const isUnknown = ({ outcome }: Asked) => outcome === 'OUTCOME_UNKNOWN'
  const odd = asked.filter(
    (one) => !isUnknown(one) && one.outcome !== (RIGHT[one.what] ?? one.what),
  )
  t.strictSame(odd, [], 'every request has the outcome it should have')
  for (const { index, answers, resets, wrongs } of actors) {
    t.strictSame(wrongs, [], `actor ${index} saw nothing odd`)
    const isAscending = answers.every((id, at) => at === 0 || id > (answers[at - 1] ?? 0))
    t.ok(isAscending, `${answers.length} answers for actor ${index}, each once and in order`)
    const own = asked.filter((one) => one.index === index)
    const unknown = own.filter(isUnknown).length
    t.equal(answers.length, own.length - unknown + 1, 'one for each request, and for the join')
    t.ok(
      unknown <= resets.length * (LANES + BURST),
      `${unknown} unknown in ${resets.length} resets`,
    )
  }
}

/** How requests end that are not named after their error. */
const RIGHT: Readonly<Record<string, string>> = { all: 'ok', others: 'ok' }

/** The handler that fails does so once for each request, and nothing else does. */
function checkFailures(t: Test, asked: readonly Asked[], errors: readonly LogLine[]): void {
  const failing = asked.filter(({ what }) => what === 'INTERNAL')
  const logged = errors.map(({ incident }) => incident)
  const told = failing.flatMap(({ incident }) => incident ?? [])
  t.strictSame(new Set(errors.map(({ msg }) => msg)), new Set(['handler failed']))
  t.equal(new Set(told).size, told.length, `${told.length} failures, each told once`)
  t.strictSame(new Set([...logged, ...told]).size, logged.length, 'under the number in the log')
  t.ok(logged.length <= failing.length, 'no failing handler runs twice')
}

/** Whoever was there all the time heard every number once, and those of each sender in order. */
function checkWatcher(t: Test, asked: readonly Asked[], { heard }: Actor): void {
  const seen = new Set(heard)
  const latest = new Map<number, number>()
  const disordered = heard.filter((key) => {
    const isLate = key < (latest.get(senderOf(key)) ?? 0)
    latest.set(senderOf(key), key)
    return isLate
  })
  const lost = asked.filter(({ key, outcome }) => outcome === 'ok' && !seen.has(key))
  const keys = new Set(asked.map(({ key }) => key))
  t.equal(seen.size, heard.length, 'no handler runs twice')
  t.strictSame(disordered, [], 'the numbers of each sender come in order')
  t.strictSame(lost, [], 'what was answered was done')
  t.ok(
    heard.every((key) => keys.has(key)),
    'what was done was asked',
  )
}

/** The others heard the same, but for what they were told they would not. */
function checkActors(
  t: Test,
  asked: readonly Asked[],
  actors: readonly Actor[],
  { heard }: Actor,
  overflows: number,
): void {
  const notToSelf = new Set(asked.flatMap(({ what, key }) => (what === 'others' ? key : [])))
  const gaps = actors.map((actor) => {
    const isFor = (key: number) => senderOf(key) !== actor.index || !notToSelf.has(key)
    const found = gapsIn(actor.heard, heard.filter(isFor))
    t.type(found, Array, `actor ${actor.index} heard every number once and in order`)
    return found
  })
  const resets = actors.flatMap((actor) => actor.resets)
  t.strictSame(new Set(resets), new Set(['BUDGET']), 'and was told why it missed some')
  const wide = gaps.flat().filter((gap) => Number(gap) >= BUDGET)
  t.ok(wide.length >= overflows, `${overflows} overflows`)
  t.comment(
    `${resets.length} resets, in which so many numbers were missed: ${gaps.flat().join(' ')}`,
  )
}

/** Where nothing was missed, and after everything that was, everyone knows who is there. */
function checkMembers(t: Test, actors: readonly Actor[], watcher: Actor): void {
  for (const { index, markers, room } of actors) {
    // Nobody is told that it was away itself.
    const present = (one: Seated) => (one.number === room.you ? { ...one, away: false } : one)
    const wrong = [...markers].flatMap(([marker, members]) => {
      const seen = watcher.markers.get(marker)?.map(present)
      return isDeepStrictEqual(members, seen) ? [] : { marker, members, seen }
    })
    t.strictSame(wrong, [], `actor ${index} knew ${markers.size} times who was there`)
  }
}

/** How many were missed at each reset; or what should not be where it is. */
function gapsIn(own: readonly number[], expected: readonly number[]): number[] | string {
  const gaps: number[] = []
  const places = new Map(expected.map((key, place) => [key, place]))
  let next = 0
  let isReset = false
  for (const key of own) {
    if (key === RESET) {
      isReset = true
      continue
    }
    const place = places.get(key)
    if (place === undefined) return `${key} was never said`
    if (place < next || (place > next && !isReset))
      return `number ${place} came in place of ${next}`
    if (isReset) gaps.push(place - next)
    isReset = false
    next = place + 1
  }
  return next === expected.length || isReset ? gaps : `ends at ${next} of ${expected.length}`
}

/** What is latest arrives too: in the end everyone knows where everybody stands. */
async function checkPositions(t: Test, actors: readonly Actor[]): Promise<void> {
  let wanted: readonly { readonly owner: number; readonly x: number; readonly y: number }[] = []
  const seen = actors.map(
    ({ room }) =>
      new Promise<void>((resolve) => {
        const { players } = plazaIn(room).state
        const isThere = ({ owner, x, y }: (typeof wanted)[number]) => {
          const row = players.of(owner)
          return row?.x === x && row.y === y
        }
        players.on('changed', () => {
          if (wanted.every(isThere)) resolve()
        })
      }),
  )
  wanted = actors.map(({ network, room }, at) => {
    const [x, y] = stroll(network, at % 2 ? 5 + at : -5 - at)
    return { owner: room.you, x, y }
  })
  await within(Promise.all(seen))
  t.pass('everyone knows where everybody stands')
}
