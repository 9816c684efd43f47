import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createPlayback } from '../protocol/playback.ts'
import { createTrack, type Moving } from '../protocol/smoothing.ts'
import type { Any } from './support/client.ts'
import { seedOf } from './support/clock.ts'
import { needEngine, startGodot } from './support/engines.ts'
import { drawn, judged, recorded, walk } from './support/lines.ts'
import { openRoad, type Seen } from './support/road.ts'
import { isSoak, sized } from './support/soak.ts'
import { replay } from './support/vectors.ts'

const SEED = seedOf()
const TICKS = sized(2_400, 24_000)
const LOOK_MS = 1_000 / 60

for (const [loss, behind] of [
  [0, 110],
  [0.01, 250],
  [0.02, 300],
] as const)
  for (const polled of [false, true])
    for (const turns of [false, true])
      t.test(
        `${turns ? 'turns' : 'a straight walk'} at ${loss * 100} % loss, ${polled ? 'polled' : 'told'}, is drawn smooth (seed ${SEED})`,
        async (t) => {
          const arrivals = recorded({ seed: SEED, loss, ticks: TICKS })

          const found = judged(drawn(arrivals, walk(SEED, TICKS, turns), polled))

          t.comment(JSON.stringify(found))
          t.ok(found.p999 < 1.5, 'nearly every step is as long as any')
          if (!turns) t.ok(found.most < 1.5, 'and the longest, too')
          t.ok(found.frozen < 0.02, 'hardly ever does anything stand still')
          t.ok(found.behind <= behind, `no more than ${behind} ms behind`)
        },
      )

t.test('which time is shown is as the vectors say', async (t) => {
  replay(t, 'playback', (vector: Any) => {
    const playback = createPlayback(vector.step_ms)
    const found = vector.steps.map((step: Any) => {
      if (step[0] === 'look') return ['look', step[1], playback.look(step[1]), playback.delay]
      playback.frame(step[1], step[2], step[3])
      return step
    })
    return [found, vector.steps]
  })
})

t.test('what a value is shown as is as the vectors say', async (t) => {
  replay(t, 'smoothing', (vector: Any) => {
    const track = createTrack(vector, vector.first, 0)
    const found = vector.steps.map((step: Any) => {
      if (step[0] === 'at') return ['at', step[1], step[2], track.at(step[1], step[2])]
      track.add(...(step.slice(1) as [Moving, number, number, number, boolean]))
      return step
    })
    return [found, vector.steps]
  })
})

t.test('who was away for three seconds is shown what is, and then no jump', async (t) => {
  for (const [name, polled] of [
    ['a scene that loads', true],
    ['a tab that was hidden', false],
  ] as const) {
    const shown = away(polled)
    const steps = shown.slice(1).map((time, index) => (time - (shown[index] ?? time)) / LOOK_MS)
    const leaps = steps.filter((step) => step > 1.25 + 1e-9 || step < 0)

    t.equal(leaps.length, 1, `${name}: one leap to the present: ${leaps}`)
    t.ok(10_000 - (shown.at(-1) ?? 0) < 125, `${name}: no further behind than before`)
  }
})

/**
 * Looks for ten seconds, but not from the fifth to the eighth; what came meanwhile is `found` all at
 * once by who looks, or had been told all the time.
 */
function away(found: boolean): number[] {
  const playback = createPlayback(50)
  const shown: number[] = []
  let tick = 0
  for (let now = 0; now < 10_000; now += LOOK_MS) {
    const isAway = now >= 5_000 && now < 8_000
    if (isAway && found) continue
    for (; tick * 50 + 50 <= now; tick++)
      playback.frame(tick, tick - 1, found ? now : tick * 50 + 50)
    if (!isAway && tick > 0) shown.push(playback.look(now))
  }
  return shown
}

for (const [loss, behind] of sized(
  [[0.02, 300]] as const,
  [
    [0, 110],
    [0.02, 300],
  ] as const,
))
  t.test(
    `who walks behind sockets that lose ${loss * 100} % is drawn smooth (seed ${SEED})`,
    async (t) => {
      const seconds = sized(6, 60)
      const { url, drawn, judge } = await openRoad(t, { loss, seed: SEED })
      const path = needEngine(t, 'godot4')
      const stop = await drawn()
      const godot =
        path &&
        startGodot(t, 'godot4', path, {
          project: fileURLToPath(new URL('../godot-client/godot4', import.meta.url)),
          script: 'res://test/drawn.gd',
          env: { ESTRAGON_URL: url, ESTRAGON_SECONDS: `${seconds}` },
        })

      const line =
        godot &&
        (await godot.lines.until(
          (line) => line.startsWith('[['),
          'what Godot drew',
          (seconds + 30) * 1_000,
        ))

      const found = {
        web: judge(stop()),
        ...(line && { godot4: judge(JSON.parse(line) as Seen) }),
      }
      for (const [name, one] of Object.entries(found)) {
        t.comment(name, JSON.stringify(one))
        t.ok(one.frames > seconds * 15, `${name}: it was drawn`)
        t.ok(one.p999 < 1.5, `${name}: nearly every step is as long as any`)
        t.ok(one.most < 1.5, `${name}: and the longest, too`)
        // How long a busy machine holds frames up is not the line’s doing.
        if (!isSoak) continue
        t.ok(one.frozen < 0.02, `${name}: hardly ever does anything stand still`)
        t.ok(one.behind <= behind, `${name}: no more than ${behind} ms behind`)
      }
    },
  )
