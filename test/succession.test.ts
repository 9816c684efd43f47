import t from 'tap'
import type { Role } from '../protocol/rooms.ts'
import { createHosts, HOST_MS } from '../server/core/room/host.ts'
import type { Member } from '../server/core/room/member.ts'
import { Room } from '../server/core/room/room.ts'
import { Vacancy } from '../server/core/room/vacancy.ts'
import type { ConnectOptions } from '../web-client/client.ts'
import type { Any } from './support/client.ts'
import { kindOf } from './support/stage.ts'
import {
  back,
  cut,
  enter,
  failureOf,
  HOUSE,
  type Player,
  settled,
  troupe,
  until,
} from './support/troupe.ts'
import { OVERS, type TestWorld, world } from './support/world.ts'

/** Comes back when it is told to. */
const LATER: ConnectOptions & { kind: string } = { kind: 'tavern', backoff: () => 1_000 }
/** Stays away. */
const NEVER: ConnectOptions & { kind: string } = { kind: 'tavern', backoff: () => 3_600_000 }
const FOUNDRYS = { ...NEVER, kind: 'stage' }

/** Who each of these takes to be the host, by number, in which epoch. */
const seenBy = (...people: readonly Player[]) =>
  people.map(({ room }) => [room.host?.number, room.epoch])

/** What a player is told of roles and hosts from now on. */
function toldTo({ seen }: Player) {
  const from = seen.length
  return () =>
    seen
      .slice(from)
      .filter(({ type }) => type === 'room.role_changed' || type === 'room.host_changed')
      .map(({ type, data }: Any) => [type, data])
}

const promoted = (number: number, epoch: number) => [
  ['room.role_changed', { number, role: 'host' }],
  ['room.host_changed', { host: number, epoch }],
]

async function later(here: TestWorld, ms: number, ...people: readonly Player[]): Promise<void> {
  here.clock.advance(ms)
  await settled(...people)
}

for (const over of OVERS) {
  const open = (t: Parameters<typeof world>[0]) => world(t, { over, ...HOUSE })

  t.test(`when the creator leaves, the next in line is made host, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob, cleo] = await troupe(here, ['host', 'player', 'trusted'], NEVER)
    const told = [toldTo(bob), toldTo(cleo)]

    await ada.room.leave()
    await settled(bob, cleo)

    for (const heard of told) t.strictSame(heard(), promoted(2, 2))
    t.strictSame(seenBy(bob, cleo), [
      [2, 2],
      [2, 2],
    ])
    t.equal(cleo.room.members.get(2)?.role, 'host')
    t.equal(bob.room.isHost, true)
    const late = await enter(here, { code: bob.room.code })
    t.strictSame(seenBy(late), [[2, 2]])
    t.equal(late.room.members.get(2)?.role, 'host')
  })

  t.test(`who may be host comes before who must be made it, over ${over}`, async (t) => {
    const here = await open(t)
    const people = await troupe(here, ['host', 'player', 'assistant', 'assistant'], NEVER)
    const [ada, bob, cleo, dan] = people
    const told = toldTo(bob)

    await ada.room.leave()
    await settled(bob, cleo, dan)

    t.strictSame(told(), [['room.host_changed', { host: 3, epoch: 2 }]])
    t.strictSame(seenBy(bob, cleo, dan), Array(3).fill([3, 2]))
  })

  t.test(
    `where a kind makes nobody host, there is none until one may be, over ${over}`,
    async (t) => {
      const here = await open(t)
      const [ada, bob, cleo] = await troupe(here, ['host', 'host', 'player'], FOUNDRYS)
      const told = toldTo(cleo)

      await ada.room.leave()
      await bob.room.assign(2, 'player')
      await settled(cleo)

      t.strictSame(told(), [
        ['room.host_changed', { host: 2, epoch: 2 }],
        ['room.role_changed', { number: 2, role: 'player' }],
        ['room.host_changed', { host: null, epoch: 3 }],
      ])
      t.match(await failureOf(cleo.network.functions.executeAsHost('game.add')), {
        code: 'NO_HOST',
      })
    },
  )

  t.test(`who may do nothing is made host after everybody else, over ${over}`, async (t) => {
    const here = await open(t)
    const all = await troupe(here, ['host', 'none', 'none', 'player'], NEVER)
    const [ada, bob, cleo, dan] = all
    const told = toldTo(cleo)

    await ada.room.leave()
    await settled(bob, cleo, dan)
    await dan.room.assign(dan.number, 'player')
    await settled(bob, cleo, dan)
    await dan.room.leave()
    await settled(bob, cleo)

    t.strictSame(told(), [
      ...promoted(4, 2),
      ['room.role_changed', { number: 4, role: 'player' }],
      ['room.role_changed', { number: 4, role: 'host' }],
      ...promoted(2, 3),
    ])
  })

  t.test(
    `a host that is away for longer than five seconds has a successor, over ${over}`,
    async (t) => {
      const here = await open(t)
      const options = { ...NEVER, backoff: () => 6_000 }
      const [ada, bob, cleo] = await troupe(here, ['host', 'player', 'player'], options)
      const told = toldTo(cleo)
      await cut(ada, here)

      await later(here, 4_999, bob, cleo)
      const before = seenBy(bob, cleo)
      await later(here, 1, bob, cleo)
      const after = seenBy(bob, cleo)
      await back(ada, here)
      await settled(ada, bob, cleo)

      t.strictSame(before, Array(2).fill([1, 1]))
      t.strictSame(after, Array(2).fill([2, 2]))
      t.strictSame(told(), promoted(2, 2))
      t.strictSame(seenBy(ada, bob, cleo), Array(3).fill([2, 2]), 'who is back deposes nobody')
      t.equal(ada.room.members.get(1)?.role, 'host', 'it keeps its role')
    },
  )

  t.test(`a host that is back in time stays host, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'], { ...NEVER, backoff: () => 4_000 })

    for (let drops = 0; drops < 3; drops++) {
      await cut(ada, here)
      await later(here, 3_000, bob)
      await back(ada, here)
      await later(here, 3_000, ada, bob)
    }

    t.strictSame(seenBy(ada, bob), Array(2).fill([1, 1]))
  })

  t.test(`a kind says how long its host may be away, over ${over}`, async (t) => {
    const kinds = HOUSE.kinds.map((kind) => ({ ...kind, host_ms: 700 }))
    const here = await world(t, { over, ...HOUSE, kinds })
    const [ada, bob] = await troupe(here, ['host', 'assistant'], FOUNDRYS)
    await cut(ada, here)

    await later(here, 699, bob)
    const before = seenBy(bob)
    await later(here, 1, bob)

    t.strictSame([before, seenBy(bob)], [[[1, 1]], [[2, 2]]])
  })

  t.test(`a host away while nobody else is there stays host, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'], LATER)
    const told = toldTo(ada)
    await cut(bob, here)
    await cut(ada, here)

    here.clock.advance(900)
    here.clock.advance(100)
    await until(() => ada.network.state === 'open' && bob.network.state === 'open')
    await settled(ada, bob)

    t.strictSame(seenBy(ada, bob), Array(2).fill([1, 1]))
    t.strictSame(told(), [])
  })

  t.test(`it stays it for long, until somebody else is there, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada] = await troupe(here, ['host'], LATER)
    const code = ada.room.code
    const stay = await troupe(here, ['host'], NEVER)
    await cut(ada, here)
    await later(here, 999, ...stay)
    const early = await enter(here, { ...NEVER, code })
    const first = seenBy(early)
    await early.room.leave()
    here.clock.advance(1)
    await until(() => ada.network.state === 'open')
    await cut(stay[0], here)
    here.clock.advance(20_000)

    const late = await enter(here, { ...NEVER, code: stay[0].room.code })
    await settled(ada, late)

    t.strictSame(first, [[1, 1]])
    t.strictSame(seenBy(ada), [[1, 1]])
    t.strictSame(seenBy(late), [[2, 2]], 'away for too long, where somebody else is there')
    t.equal(late.room.members.get(2)?.role, 'host')
  })

  t.test(`only who is given a higher role deposes a host, over ${over}`, async (t) => {
    const here = await open(t)
    const people = await troupe(here, ['host', 'assistant', 'player', 'player'], FOUNDRYS)
    const [ada, bob, cleo, dan] = people
    await ada.room.assign(3, 'host')
    await ada.room.assign(1, 'player')
    await settled(...people)
    const first = seenBy(...people)
    await cleo.room.assign(4, 'host')
    await settled(...people)
    const second = seenBy(...people)
    await cleo.room.assign(3, 'assistant')
    await settled(...people)

    t.strictSame(first, Array(4).fill([3, 2]), 'the first has lost the role')
    t.strictSame(second, Array(4).fill([3, 2]), 'an equal deposes nobody')
    t.strictSame(seenBy(ada, bob, cleo, dan), Array(4).fill([4, 3]), 'a higher one does')
  })

  t.test(`a host that steps down makes place for another, over ${over}`, async (t) => {
    const here = await open(t)
    const [ada, bob] = await troupe(here, ['host', 'player'], NEVER)
    const told = toldTo(bob)

    await ada.room.assign(1, 'player')
    await settled(bob)
    const passed = told()
    await bob.room.assign(2, 'none')
    await settled(ada, bob)
    await ada.room.leave()
    await settled(bob)

    t.strictSame(passed, [['room.role_changed', { number: 1, role: 'player' }], ...promoted(2, 2)])
    t.strictSame(told().slice(3), [
      ['room.role_changed', { number: 2, role: 'none' }],
      ...promoted(1, 3),
      ...promoted(2, 4),
    ])
  })
}

for (const over of OVERS) {
  t.test(`who joins with a higher role is the host, over ${over}`, async (t) => {
    const kinds = HOUSE.kinds.map((kind) => ({
      ...kind,
      roles: { creator: 'assistant', joiner: 'host' } as const,
    }))
    const here = await world(t, { over, ...HOUSE, kinds })
    const ada = await enter(here, NEVER)
    const first = seenBy(ada)
    const bob = await enter(here, { ...NEVER, code: ada.room.code })
    const cleo = await enter(here, { ...NEVER, code: ada.room.code })
    await settled(ada, bob, cleo)

    t.strictSame(first, [[1, 1]])
    t.strictSame(seenBy(ada, bob, cleo), Array(3).fill([2, 2]))
  })

  t.test(`who comes first is host whatever a kind gives it, over ${over}`, async (t) => {
    const roles = { creator: 'player', joiner: 'none' } as const
    const kinds = HOUSE.kinds.map((kind) => ({ ...kind, roles }))
    const here = await world(t, { over, ...HOUSE, kinds })
    const ada = await enter(here, NEVER)
    const bob = await enter(here, { ...NEVER, code: ada.room.code })
    const hostless = await enter(here, FOUNDRYS)

    t.strictSame(seenBy(ada, bob), Array(2).fill([1, 1]))
    t.equal(ada.room.members.get(1)?.role, 'host', 'it is told with its seat')
    t.strictSame(seenBy(hostless), [[undefined, 0]])
    t.equal(hostless.room.members.get(1)?.role, 'player')
  })

  t.test(`a snapshot brings the host and its epoch, over ${over}`, async (t) => {
    const limits = { ...HOUSE.limits, resume_frames: 4 }
    const here = await world(t, { over, ...HOUSE, limits })
    const [ada, bob, cleo] = await troupe(here, ['host', 'player', 'player'], LATER)
    const told: unknown[] = []
    cleo.room.on('host', (host) => void told.push([host?.number, cleo.room.epoch]))
    await cut(cleo, here)

    await ada.room.assign(2, 'host')
    await ada.room.assign(1, 'player')
    await bob.room.assign(1, 'host')
    await bob.room.assign(2, 'player')
    await back(cleo, here)
    await settled(ada, bob, cleo)

    t.strictSame(told, [[1, 3]], 'the same host again is another epoch')
  })

  t.test(`where nobody is present who could be made host, nobody is, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const [ada, bob, cleo] = await troupe(here, ['host', 'player', 'player'], NEVER)
    await cut(ada, here)
    here.clock.advance(1_000)
    await cut(bob, here)
    await cut(cleo, here)
    here.clock.advance(29_500)

    const dan = await enter(here, { ...NEVER, code: ada.room.code })

    t.strictSame(seenBy(dan), [[4, 3]], 'the third change: nobody was, when the first had left')
    t.strictSame(
      [...dan.room.members.values()].map(({ role }) => role),
      ['player', 'player', 'host'],
    )
  })
}

t.test('a host is replaced though the clock goes on while it is judged', async (t) => {
  const turns: (() => void)[] = []
  let readings = [0]
  const hosts = createHosts(
    {
      now: () => (readings.length > 1 ? readings.shift() : readings[0]) ?? 0,
      after(_, judge) {
        turns.push(judge)
        return () => {}
      },
    },
    () => {},
  )
  const room = new Room('ROOM22', 1, kindOf('hall', {}), {})
  const [ada, bob] = [sit(room, 'ada', 'host'), sit(room, 'bob', 'player')]
  hosts.judge(room)

  Object.assign(ada, { away: true, awaySince: 0 })
  hosts.judge(room)
  // A timer of Node's may be a hair too early.
  readings = [HOST_MS - 0.0001, HOST_MS + 0.0001]
  for (let turn = turns.shift(); turn; turn = turns.shift()) turn()

  t.equal(room.host, bob)
})

function sit(room: Room, name: string, role: Role): Member {
  const member = room.propose(newReceiver(name), name, role, null)
  room.add(member)
  return member
}

/** Somebody who hears nothing. */
const newReceiver = (id: string) => new Vacancy(id, { id, guest: false, name: id })
