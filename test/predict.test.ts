import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { defineRoom } from '../server/server.ts'
import { defineState, fixed, type Network, type Room, table } from '../web-client/client.ts'
import type { Timers } from '../web-client/link.ts'
import { seedOf } from './support/clock.ts'
import { type Lossy, lossy } from './support/lossy.ts'
import { world } from './support/world.ts'

const SEED = seedOf()
const SPEED = 200
const LOOK_MS = 1_000 / 60

const arena = defineState(
  {
    players: table(
      { x: fixed(-50_000, 50_000, 0.01), y: fixed(-50_000, 50_000, 0.01), hp: 'uint8' },
      { rows: 'members' },
    ),
  },
  { inputs: { x: 'int8', y: 'int8', dash: 'bool' } },
)
type Arena = typeof arena

/** What both sides do with an input. */
function step(
  player: { x: number; y: number },
  { x, y, dash }: { readonly x: number; readonly y: number; readonly dash: boolean },
  seconds: number,
): void {
  const speed = dash ? 2 * SPEED : SPEED
  player.x += x * speed * seconds
  player.y += y * speed * seconds
}

interface Playing {
  readonly network: Network
  readonly room: Room<Arena>
}

/** A room in which players walk; time passes in frames. */
async function playing(t: Test, line?: Lossy, definition: object = {}) {
  const done: { readonly member: number; readonly x: number; readonly dash: boolean }[] = []
  const field = defineRoom({
    state: arena,
    onInput(room, player, input, { number }) {
      done.push({ member: number, x: input.x, dash: input.dash })
      step(player, input, room.step)
    },
    ...definition,
  })
  const here = await world(t, { rooms: { field } })
  const WebSocket = line ? lossy(here.Socket, here.clock, line) : here.Socket

  const pass = async (ms: number, each = () => {}) => {
    for (let left = ms; left > 0; left -= LOOK_MS) {
      here.clock.advance(LOOK_MS)
      for (let count = 0; count < 4; count++) await turn()
      each()
    }
  }
  const during = async <T>(wait: Promise<T>): Promise<T> => {
    let isOver = false
    void wait.finally(() => {
      isOver = true
    })
    while (!isOver) await pass(LOOK_MS)
    return wait
  }
  const reported: unknown[] = []
  const enter = async (code?: string, timers?: Timers): Promise<Playing> => {
    const network = await during(
      here.connect({ WebSocket, report: (one) => reported.push(one), ...(timers && { timers }) }),
    )
    const tables = { tables: arena }
    const room = await during(
      code ? network.rooms.join(code, tables) : network.rooms.create('field', tables),
    )
    while (!room.state.players.mine) await pass(LOOK_MS)
    return { network, room }
  }
  return { ...here, pass, during, enter, done, reported }
}

const mine = ({ room }: Playing) => {
  const row = room.state.players.mine
  if (!row) throw new Error('no row of our own')
  return row
}

t.test('one’s own figure moves at once, and others see it when the server has', async (t) => {
  const { enter, pass, done } = await playing(t, { seed: SEED, loss: 0 })
  const ada = await enter()
  const bob = await enter(ada.room.code)
  ada.room.predict('players', step)

  ada.room.input({ x: 1 })
  await pass(90)

  t.equal(done.length, 0, 'the server has not heard of it')
  t.ok(mine(ada).smooth('x') > 5, `${mine(ada).smooth('x')} units`)
  t.equal(mine(ada).x, 0)
  t.ok((mine(ada).predicted?.x ?? 0) >= 10)
  await pass(200)
  ada.room.input({ x: 0 })
  await pass(600)
  t.equal(mine(ada).predicted?.x, mine(ada).x)
  t.ok(Math.abs(mine(ada).smooth('x') - mine(ada).x) < 0.01)
  t.equal(bob.room.state.players.of(1)?.x, mine(ada).x)
  t.equal(mine(bob).predicted, undefined, 'who predicts nothing has nothing predicted')
})

t.test(`a walk over a line that loses 2 % is drawn smooth (seed ${SEED})`, async (t) => {
  const SECONDS = 20
  const { enter, pass } = await playing(t, { seed: SEED, loss: 0.02 })
  const ada = await enter()
  const predicting = ada.room.predict('players', step)
  ada.room.input({ x: 1 })
  await pass(500)

  let [last, worst, frames] = [mine(ada).smooth('x'), 0, 0]
  await pass(SECONDS * 1_000, () => {
    // Turns about now and then.
    if (++frames % 97 === 0) ada.room.input({ x: (frames / 97) % 2 === 0 ? 1 : -1 })
    const now = mine(ada).smooth('x')
    worst = Math.max(worst, Math.abs(now - last) - SPEED * (LOOK_MS / 1_000))
    last = now
  })

  const { acknowledged, corrected } = predicting
  t.ok(worst <= 4, `${worst.toFixed(2)} units a frame are corrected at most`)
  t.ok(acknowledged > SECONDS * 15, `${acknowledged} acknowledgements`)
  const part = (100 * corrected) / acknowledged
  t.ok(part <= 1, `${part.toFixed(2)} % of them with a correction`)
})

t.test(
  'what the server finds otherwise fades, and what is far off is set right at once',
  async (t) => {
    let push = 0
    const { enter, pass } = await playing(
      t,
      { seed: SEED, loss: 0 },
      {
        onTick(room: Any) {
          for (const player of room.state.players) player.x += push
          push = 0
        },
      },
    )
    const ada = await enter()
    const predicting = ada.room.predict('players', step)
    ada.room.input({ x: 0 })
    await pass(300)

    const pushed = async (units: number) => {
      push = units
      let [last, most] = [mine(ada).smooth('x'), 0]
      await pass(1_000, () => {
        const now = mine(ada).smooth('x')
        most = Math.max(most, Math.abs(now - last))
        last = now
      })
      return most
    }
    const fading = await pushed(30)
    const leaping = await pushed(150)

    t.ok(fading > 1 && fading < 6, `30 units: ${fading} a frame`)
    t.ok(Math.abs(leaping - 150) < 0.01, `150 units: ${leaping} in one`)
    t.equal(mine(ada).x, 180)
    t.ok(Math.abs(mine(ada).smooth('x') - 180) < 0.01)
    t.equal(predicting.corrected, 2)
  },
)

t.test('what one did while the cable was out is done once, and then goes on', async (t) => {
  const { enter, pass, done, sockets } = await playing(t)
  const ada = await enter()
  const predicting = ada.room.predict('players', step)
  ada.room.input({ x: 1 })
  await pass(500)

  for (const socket of sockets) socket.still = true
  await pass(400)
  sockets.at(-1)?.terminate?.()
  for (const socket of sockets) socket.still = false
  await pass(2_000)
  ada.room.input({ x: 0 })
  await pass(1_500)

  t.equal(mine(ada).predicted?.x, mine(ada).x)
  t.equal(done.filter(({ x }) => x === 1).length * 10, mine(ada).x)
  t.equal(predicting.corrected, 0, 'nothing of it was lost')
  t.ok(mine(ada).x >= 450, `${mine(ada).x} units`)
})

t.test('timers that are early stop nobody’s inputs', async (t) => {
  const { enter, pass, done, clock } = await playing(t)
  const early: Timers = {
    now: clock.now,
    after: (ms, callback) => clock.after(ms * 0.98, callback),
  }
  const { room } = await enter(undefined, early)

  room.input({ x: 1 })
  await pass(1_000)

  t.ok(done.length >= 17, `${done.length} inputs of a second’s 20`)
})

t.test('a button pressed and let go between two ticks is an input all the same', async (t) => {
  const { enter, pass, done } = await playing(t)
  const ada = await enter()
  let samples = 0
  ada.room.on('sampling', () => void samples++)
  ada.room.input({ x: 0 })
  await pass(200)

  ada.room.input({ dash: true })
  ada.room.input({ dash: false })
  await pass(300)

  t.equal(done.filter(({ dash }) => dash).length, 1)
  t.ok(Math.abs(samples - 10) <= 1, `${samples} ticks in half a second`)
  t.equal(ada.room.state.players.mine?.predicted, undefined)
})

t.test('what was done before it was predicted is done once all the same', async (t) => {
  const { enter, pass, done } = await playing(t, { seed: SEED, loss: 0 })
  const ada = await enter()
  ada.room.input({ x: 1 })
  await pass(400)

  const predicting = ada.room.predict('players', step)
  await pass(600)
  ada.room.input({ x: 0 })
  await pass(600)

  t.ok(predicting.corrected <= 1, `${predicting.corrected} corrections`)
  t.equal(mine(ada).predicted?.x, mine(ada).x)
  t.equal(done.filter(({ x }) => x === 1).length * 10, mine(ada).x)
})

t.test('a room of 120 ticks a second takes all inputs of its players', async (t) => {
  const { enter, pass, done } = await playing(t, undefined, { tick_hz: 120 })
  const ada = await enter()
  const predicting = ada.room.predict('players', step)
  ada.room.input({ x: 1 })

  await pass(4_000)

  t.ok(done.length >= 4 * 115, `${done.length} inputs`)
  t.equal(predicting.corrected, 0)
})

t.test('who rests has no steps until it does something again', async (t) => {
  const { enter, pass, done } = await playing(t)
  const ada = await enter()
  ada.room.predict('players', step)
  ada.room.input({ x: 1 })
  await pass(300)

  ada.room.rest()
  await pass(200)
  const before = done.length
  await pass(1_000)
  t.equal(done.length, before)
  t.equal(mine(ada).predicted?.x, mine(ada).x)
  ada.room.input({ x: -1 })
  await pass(500)

  t.ok(done.length >= before + 8, `${done.length - before} inputs`)
  t.equal(done.at(-1)?.x, -1)
})

t.test('who has closed its network does nothing any more', async (t) => {
  const { enter, pass } = await playing(t)
  const ada = await enter()
  ada.room.input({ x: 1 })
  await pass(200)
  let samples = 0
  ada.room.on('sampling', () => void samples++)

  ada.network.close()
  await pass(500)

  t.equal(samples, 0)
})

t.test('who was away from its page for long takes up where it is', async (t) => {
  const { enter, pass, clock, done } = await playing(t)
  const ada = await enter()
  ada.room.predict('players', step)
  ada.room.input({ x: 1 })
  await pass(500)
  const before = done.length

  clock.advance(3_000)
  await pass(500)

  t.ok(done.length - before < 80, `${done.length - before} inputs`)
  await pass(500)
  ada.room.input({ x: 0 })
  await pass(500)
  t.equal(mine(ada).predicted?.x, mine(ada).x)
})

t.test('what is no input is said at once, and a step that fails harms no frame', async (t) => {
  const { enter, pass, reported } = await playing(t)
  const ada = await enter()

  // @ts-expect-error It is no field of arena’s inputs.
  t.throws(() => ada.room.input({ jump: true }), { message: /inputs: no field is called jump/ })
  // @ts-expect-error It is a number.
  t.throws(() => ada.room.input({ x: 'left' }), { message: /inputs\.x: expected a number/ })
  // @ts-expect-error It is no table of arena.
  ada.room.predict('nobody', () => {})
  t.match(reported.pop(), { message: /predict: nobody: expected players/ })
  ada.room.predict('players', () => {
    throw new Error('tripped')
  })
  ada.room.input({ x: 1 })
  await pass(300)

  t.match(reported[0], { message: 'tripped' })
  t.ok(mine(ada).x >= 0)
  t.equal(ada.network.state, 'open')
})

// biome-ignore lint/suspicious/noExplicitAny: whatever a hook is told
type Any = any
