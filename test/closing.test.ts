import t from 'tap'
import { kindOf, stage } from './support/stage.ts'

t.test('a server that stops leaves no timer, whoever is away or waits for an answer', async (t) => {
  const slow = kindOf('slow', { open: () => ({ onJoin: () => new Promise(() => {}) }) })
  const { raw, rooms, clock } = stage(t, { kinds: [slow], limits: { asks: 1 } })
  const [ada, bob, cem, dan, backend] = await Promise.all([raw(), raw(), raw(), raw(), raw()])
  await ada.ask('room.join_or_create', { kind: 'plaza' })
  const seat = await bob.ask('room.join_or_create', { kind: 'plaza' })
  const session = bob.welcome.session
  ada.send({
    type: 'query',
    id: 'q',
    to: `session:${session}`,
    data: { name: 'game.ready', data: 1 },
  })
  await bob.next('query')
  dan.send({ type: 'room.create', id: 'slow', data: { kind: 'slow' } })
  await cem.ask('session.hello')
  cem.drop()
  await backend.ask('backend.connect', { secret: '12345678' })
  for (const one of [ada, bob]) one.send({ type: 'player.identify', id: 'i', data: { token: 'x' } })
  await backend.next('backend.authenticate')
  await dan.settled()

  rooms.close()
  await settled()

  t.equal(seat.type, 'room.join_or_create')
  t.equal(clock.pending, 0)
})

/** Lets everything be rejected that waits for nothing but its turn. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
}
