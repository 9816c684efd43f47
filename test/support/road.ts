import type { Test } from 'tap'
import { defineState, fixed, table } from '../../protocol/state.ts'
import { createServer, defineRoom } from '../../server/server.ts'
import { connect } from '../../web-client/client.ts'
import { openJitter } from './jitter.ts'
import { LOOK_MS, PACE, STEP_MS, wayOf } from './lines.ts'
import { NodeSocket } from './world.ts'

const road = defineState({ walkers: table({ x: fixed(0, 1_000_000, 0.01) }) })

/** What was drawn: when, in ms of this machine’s clock, and where the walker was then. */
export type Seen = readonly (readonly [now: number, x: number])[]

/**
 * Somebody who walks straight on in a room of a real server, behind a line of real sockets that loses
 * so much, as TCP shows it.
 */
export async function openRoad(t: Test, { loss, seed }: { loss: number; seed: number }) {
  /** When its tick 0 would have been; steps that are late do not make it later. */
  let began = Number.POSITIVE_INFINITY
  let tick = 0
  const server = await createServer({
    ...{ port: 0, host: '127.0.0.1', plaza: false },
    rooms: {
      road: defineRoom({
        state: road,
        tick_hz: 1_000 / STEP_MS,
        onCreate: ({ state }) => void state.walkers.add({ x: 0 }),
        onTick({ state }) {
          tick++
          began = Math.min(began, clock() - tick * STEP_MS)
          for (const walker of state.walkers) walker.x = tick * PACE
        },
      }),
    },
  })
  t.teardown(server.close)
  const way = (random: Parameters<typeof wayOf>[0]) => wayOf(random, loss)
  const line = await openJitter(server.port, { delay_ms: 0, jitter_ms: 0, seed, way })
  t.teardown(line.close)
  const url = `ws://127.0.0.1:${line.port}`
  return { url, drawn: () => draw(t, url), judge: (seen: Seen) => judge(seen, began) }
}

/** The web client draws what it sees, until it is told to stop. */
async function draw(t: Test, url: string) {
  const network = await connect(url, { WebSocket: NodeSocket })
  t.teardown(network.close)
  const room = await network.rooms.joinOrCreate('road', { tables: road })
  const walker = await room.state.walkers.when(0)
  const seen: (readonly [number, number])[] = []
  const drawing = setInterval(() => {
    room.shown.look()
    seen.push([clock(), walker.smooth('x')])
  }, LOOK_MS)
  t.teardown(() => clearInterval(drawing))
  return () => {
    clearInterval(drawing)
    return seen
  }
}

/**
 * How smooth that is, the first two seconds apart. What is drawn late by a busy machine is as far on
 * as it should be then: a step is measured in those that even drawing at that moment would have.
 */
function judge(all: Seen, began: number) {
  const [first = [0, 0]] = all
  const seen = all.filter(([now]) => now - first[0] > 2_000)
  const pace = PACE / STEP_MS
  const steps = seen.slice(1).flatMap(([now, x], index) => {
    const [before, from] = seen[index] ?? [now, x]
    return now > before ? [(x - from) / (Math.max(now - before, LOOK_MS / 2) * pace)] : []
  })
  const sorted = [...steps].sort((one, other) => one - other)
  const round = (value: number) => Math.round(value * 1_000) / 1_000
  return {
    frames: steps.length,
    most: round(sorted.at(-1) ?? 0),
    p999: round(sorted[Math.floor(sorted.length * 0.999)] ?? 0),
    least: round(sorted[0] ?? 0),
    frozen: round(steps.filter((step) => step < 0.05).length / steps.length),
    /** How far behind the room what is drawn is on average, in ms. */
    behind: round(seen.reduce((sum, [now, x]) => sum + now - began - x / pace, 0) / seen.length),
  }
}

const clock = () => performance.timeOrigin + performance.now()
