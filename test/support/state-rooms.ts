import type { Test } from 'tap'
import { defineState, fixed, table, text, vec2 } from '../../protocol/state.ts'
import type { Network } from '../../web-client/client.ts'
import { patience, type Stage } from './open-rooms.ts'
import { until } from './troupe.ts'

/** What such a room knows. */
const pond = defineState({
  ducks: table(
    { at: vec2(0, 1000, 0.1), speed: fixed(0, 1000, 1, { change: 10 }) },
    { write: 'owner' },
  ),
  signs: table({ text: text(1024), more: text(1024) }, { write: 'host' }),
})
/** So many signs are more than one frame of state takes. */
const SIGNS = 18

/** What the web client does with what a room of the kind `open` knows. */
export const STATE_ROOMS: Record<string, (t: Test, stage: Stage) => Promise<void>> = {
  async 'what a room knows is told whole to who joins late, and to who was away'(t, stage) {
    const ada = await stage.open('bare')
    const bobs = patience()
    const bob = await stage.open('bare', bobs.options)
    const room = await make(ada)
    const { signs } = room.state
    for (let n = 0; n < SIGNS; n++) await signs.add({ text: sign(n), more: sign(n) })
    const seen = (await bob.rooms.join(room.code, { tables: pond })).state.signs
    await until(() => seen.size === SIGNS)
    const texts = () => [...seen].map((row) => row.text).sort()
    t.same(texts(), Array.from({ length: SIGNS }, (_, n) => sign(n)).sort())
    const heard: string[] = []
    seen.on('removed', ({ text }) => heard.push(`removed ${text.trim()}`))
    seen.on('added', ({ text }) => heard.push(`added ${text.trim()}`))
    seen.on('changed', ({ text }, fields) => heard.push(`changed ${text.trim()} ${fields}`))

    bob.cut()
    const [first, second] = [...signs]
    if (first) first.text = 'changed'
    await second?.remove()
    const { slot } = await signs.add({ text: 'new' })
    await signs.when(slot)
    bobs.comeBack()
    await until(() => heard.length === 3)

    t.same(heard, ['removed 1', 'added new', 'changed changed text'])
    t.same(texts(), [...signs].map((row) => row.text).sort())
  },

  async 'an owner moves its row, and others see it; what may not be is put right'(t, { open }) {
    const [ada, bob] = [await open('bare'), await open('bare')]
    const room = await make(ada)
    const { ducks } = (await bob.rooms.join(room.code, { tables: pond })).state
    const duck = await room.state.ducks.add({ at: { x: 1, y: 2 }, speed: 5 })
    const seen = await ducks.when(duck.slot)
    t.match([seen.owner, seen.at, seen.smooth('at')], [room.you, { x: 1, y: 2 }, { x: 1, y: 2 }])
    duck.at = { x: 10, y: 20 }
    t.match(
      [duck.at, duck.smooth('at')],
      [
        { x: 10, y: 20 },
        { x: 10, y: 20 },
      ],
    )
    await until(() => seen.smooth('at').x === 10)
    t.match(seen.at, { x: 10, y: 20 })

    const corrected: unknown[] = []
    room.state.ducks.on('corrected', ({ slot }, { code }) => corrected.push([slot, code]))
    t.throws(
      () => {
        seen.at = { x: 3, y: 3 }
      },
      { code: 'PERMISSION_DENIED' },
    )
    duck.speed = 900
    await until(() => corrected.length === 1)
    t.same(corrected, [[duck.slot, 'CHANGE']])
    t.match([duck.speed, seen.speed, seen.at], [5, 5, { x: 10, y: 20 }])
  },
}

const make = ({ rooms }: Network) => rooms.create('open', { state: pond.schema, tables: pond })
const sign = (n: number) => `${n}`.padEnd(1000)
