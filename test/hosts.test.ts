import t from 'tap'
import {
  back,
  cut,
  enter,
  failureOf,
  HOUSE,
  type Player,
  settled,
  troupe,
} from './support/troupe.ts'
import { OVERS, world } from './support/world.ts'

/** Comes back a second after a drop, by the test’s clock. */
const LATER = { backoff: () => 1_000 }

/** Who each of these takes to be the host, by number. */
const hosts = (people: readonly Player[]) => people.map(({ room }) => room.host?.number)

for (const over of OVERS) {
  const open = (t: Parameters<typeof world>[0]) => world(t, { over, ...HOUSE })

  t.test(`the highest role is the host, then the lowest number, over ${over}`, async (t) => {
    const here = await open(t)
    const roles = ['player', 'assistant', 'assistant', 'host', 'trusted'] as const
    const [ada, bob, cleo, dan, eve] = await troupe(here, roles)
    const told: unknown[] = []
    eve.room.on('host', (host) => void told.push(host?.number))
    const seen: unknown[] = []
    const leave = async (who: Player, ...rest: Player[]) => {
      await who.room.leave()
      await settled(...rest)
      seen.push(hosts(rest))
    }

    seen.push(hosts([ada, bob, cleo, dan, eve]))
    await leave(dan, ada, bob, cleo, eve)
    await leave(ada, bob, cleo, eve)
    await leave(bob, cleo, eve)
    await leave(cleo, eve)

    t.strictSame(seen, [[4, 4, 4, 4, 4], [2, 2, 2, 2], [2, 2, 2], [3, 3], [undefined]])
    t.strictSame(told, [2, 3, undefined], 'each change is told once')
    t.equal(eve.room.isHost, false)
    t.match(await failureOf(eve.network.functions.executeAsHost('game.add')), { code: 'NO_HOST' })
  })

  t.test(`a newcomer knows the host, and roles decide anew, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const changes: unknown[] = []
    bob.room.on('role', ({ number, role }) => void changes.push([number, role]))
    bob.room.on('host', (host) => void changes.push(host?.number))

    const cleo = await enter(here, { code: ada.room.code })
    const first = [hosts([ada, bob, cleo]), [ada, bob, cleo].map(({ room }) => room.isHost)]
    await ada.room.assign(2, 'host')
    await ada.room.assign(1, 'assistant')
    await settled(ada, bob, cleo)

    t.strictSame(first, [
      [1, 1, 1],
      [true, false, false],
    ])
    t.strictSame(hosts([ada, bob, cleo]), [2, 2, 2])
    t.strictSame(changes, [[2, 'host'], [1, 'assistant'], 2])
    t.strictSame(
      [...cleo.room.members.values()].map(({ role }) => role),
      ['assistant', 'host', 'player'],
    )
  })

  t.test(`who was away knows the host and the roles on coming back, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob, cleo] = await troupe(here, ['host', 'player', 'player'], LATER)
    const told: unknown[] = []
    cleo.room.on('host', (host) => void told.push(host?.number))
    await cut(cleo, here)

    await ada.room.assign(2, 'assistant')
    await ada.room.lock()
    await ada.room.update({ properties: { map: 'ice' } })
    await ada.room.leave()
    await back(cleo, here)
    await settled(bob, cleo)

    t.strictSame(hosts([bob, cleo]), [2, 2])
    t.strictSame(told, [2], 'told once, by the replay and not again by the snapshot')
    t.equal(cleo.room.members.get(2)?.role, 'assistant')
    t.match(cleo.room, { locked: true, properties: { map: 'ice' } })
  })

  t.test(`and so does who missed too much, over ${over}`, async (t) => {
    const limits = { ...HOUSE.limits, resume_frames: 4 }
    const here = await world(t, { over, ...HOUSE, limits })
    const [ada, bob, cleo] = await troupe(here, ['host', 'player', 'player'], LATER)
    const told: unknown[] = []
    cleo.network.on('reset', (reason) => void told.push(reason))
    cleo.room.on('host', (host) => void told.push(host?.number))
    cleo.room.on('updated', () => void told.push('updated'))
    cleo.room.on('members', () => void told.push('members'))
    await cut(cleo, here)

    await ada.room.assign(2, 'assistant')
    await ada.room.lock()
    for (let number = 0; number < 8; number++) await ada.network.events.emit('game.n', [number])
    await ada.room.leave()
    await back(cleo, here)
    await settled(bob, cleo)

    t.strictSame(hosts([bob, cleo]), [2, 2])
    t.strictSame(told, ['BUDGET', 2, 'updated', 'members'])
    t.strictSame(
      [...cleo.room.members.values()].map(({ number, role }) => [number, role]),
      [
        [2, 'assistant'],
        [3, 'player'],
      ],
    )
    t.equal(cleo.room.locked, true)
  })

  t.test(`of several hosts exactly the active one acts, over ${over}`, async (t) => {
    const here = await open(t)
    const [grace, hal, ada] = await troupe(here, ['assistant', 'host', 'player'])
    const acted: number[] = []
    for (const { network, number } of [grace, hal, ada])
      network.functions.register('game.act', () => {
        acted.push(number)
        return number
      })
    const everybody = () =>
      Promise.all([grace, hal, ada].map((one) => one.network.functions.executeAsHost('game.act')))

    const first = await everybody()
    await hal.room.assign(2, 'player')
    await settled(grace, hal, ada)
    const second = await everybody()

    t.strictSame(
      [first, second],
      [
        [2, 2, 2],
        [1, 1, 1],
      ],
    )
    t.strictSame(acted, [2, 2, 2, 1, 1, 1])
  })
}
