import t from 'tap'
import type { Role } from '../protocol/rooms.ts'
import { createFlusher } from '../server/core/delivery/flusher.ts'
import { audienceOf, targetOf } from '../server/core/room/audience.ts'
import type { Member } from '../server/core/room/member.ts'
import { Room } from '../server/core/room/room.ts'
import { Session } from '../server/core/session/session.ts'
import { limitsOf } from '../server/core/wire/limits.ts'
import { createNotify, type Group } from '../server/features/notify.ts'
import { kindOf } from './support/stage.ts'

const SEATS = 500
const limits = limitsOf()
const outside = { now: () => 0, after: () => () => {}, rates: false as const, onSlow() {} }
const flusher = createFlusher(() => {})

const newSession = (id: string, player?: string): Session => {
  const session = new Session(id, id, 'memory', { limits, flusher, ...outside })
  if (player !== undefined) session.player = { id: player, guest: false, name: player }
  return session
}

/** A room that counts how often one of its members was looked at in a walk over them. */
class Counted extends Room {
  looks = 0

  override get members(): Iterable<Member> {
    return this.#counted(super.members)
  }

  *#counted(members: Iterable<Member>) {
    for (const member of members) {
      this.looks++
      yield member
    }
  }
}

function crowd() {
  const room = new Counted('ROOM22', 1, kindOf('hall', { capacity: SEATS }), {})
  const members = Array.from({ length: SEATS }, (_, at) =>
    seated(room, newSession(`s${at}`, `p${at >> 1}`), at === 0 ? 'host' : 'player'),
  )
  room.host = members[0] ?? null
  room.groups.set('red', new Set(members.slice(0, 3)))
  room.looks = 0
  return { room, members, sender: members[7] as Member }
}

t.test('who is one, a player or a group is reached without a walk over all members', async (t) => {
  const { room, members, sender } = crowd()
  const ids = (...numbers: number[]) => numbers.map((at) => members[at]?.receiver)

  for (const [address, expected] of [
    ['self', ids(7)],
    ['host', ids(0)],
    ['session:s123', ids(123)],
    ['player:p50', ids(100, 101)],
    ['group:red', ids(0, 1, 2)],
  ] as const)
    t.strictSame([...audienceOf(room, sender, [address]).receivers], expected, address)
  const many = Array.from({ length: 64 }, (_, at) => `session:s${at}`)
  t.equal(audienceOf(room, sender, many).receivers.size, 64)
  t.equal(targetOf(room, sender, ['player:p60']).number, 121)
  t.equal(room.numbered(77), members[76])

  t.equal(room.looks, 0)
})

t.test('the same address sixty-four times costs as much as once', async (t) => {
  const { room, sender } = crowd()

  const { receivers, unreached } = audienceOf(room, sender, [
    ...Array(62).fill('others'),
    ...['group:blue', 'group:blue'],
  ])

  t.equal(receivers.size, SEATS - 1)
  t.strictSame(unreached, ['group:blue', 'group:blue'])
  t.ok(room.looks <= SEATS, `${room.looks} looks`)
})

t.test('a question to all is refused after a look at two', async (t) => {
  const { room, sender } = crowd()

  t.throws(() => targetOf(room, sender, ['all']), { code: 'INVALID_TARGET' })

  t.ok(room.looks <= 2, `${room.looks} looks`)
})

t.test(
  'a member is found by its player while it sits there, and from when it identifies',
  async (t) => {
    const { room, members, sender } = crowd()
    const at = (player: string) => [...room.ofPlayer(player)].map(({ number }) => number)
    const late = newSession('late')
    room.remove(members[400] as Member)
    room.remove(members[401] as Member)
    const { number } = seated(room, late, 'player')

    t.strictSame(at('p200'), [], 'gone')
    t.strictSame(at('bob'), [])
    late.player = { id: 'bob', guest: false, name: 'Bob' }
    room.identify(late)
    room.identify(late)
    t.strictSame(at('bob'), [number])
    late.player = null
    t.strictSame(at('bob'), [], 'it is that player no longer')
    room.remove(room.memberOf(late) as Member)
    t.strictSame(at('bob'), [])
    t.equal(room.numbered(number), undefined)
    t.throws(() => audienceOf(room, sender, ['session:late']), { code: 'INVALID_TARGET' })
  },
)

/** A group that counts how many of its sessions were looked at. */
function counted(sessions: Iterable<Session>): Group & { looks: number } {
  const all = new Set(sessions)
  return {
    looks: 0,
    size: all.size,
    has: (session) => all.has(session),
    *keys() {
      for (const session of all) {
        this.looks++
        yield session
      }
    },
  }
}

t.test('a player who notifies a large group costs no more than whom it may reach', async (t) => {
  const everybody = Array.from({ length: 5_000 }, (_, at) => newSession(`s${at}`))
  const [asker, other, backend] = everybody as [Session, Session, Session]
  const own = [asker, other]
  for (const session of own) session.player = { id: 'ada', guest: true, name: 'Ada' }
  const group = counted(everybody)
  let heard = 0
  let walks = 0
  const notify = createNotify({
    all() {
      walks++
      return everybody
    },
    sessionOf: (id) => everybody.find((one) => one.id === id),
    sessionsOf: (player) => (player === 'ada' ? new Set(own) : new Set()),
    membersOf: () => group,
    listenersOf: () => group,
    textOf: () => undefined,
    isBackend: (session) => session === backend,
    hears() {
      heard++
      return true
    },
    openTo: () => undefined,
  })
  for (const session of everybody) notify.observer.opened?.(session)
  const say = (target: string, session = asker) =>
    notify.handlers['notify.group']({ session } as never, { target, data: 1 })

  for (const target of ['public', 'room:ROOM22', 'channel:1', 'session:s0'])
    t.strictSame(await say(target), { delivered: 2 }, target)
  t.equal(heard, 8)
  t.equal(group.looks, 0)
  t.equal(walks, 0)

  t.strictSame(await say('public', backend), { delivered: 4_999 }, 'a backend is none of them')
  for (const session of everybody.slice(10)) {
    session.player = { id: session.id, guest: false, name: 'Bob' }
    notify.players.identified?.(session, session.player, undefined)
  }
  heard = 0
  t.strictSame(await say('public', backend), { delivered: 9 })
  t.equal(heard, 9)
  notify.observer.ended?.(asker, 'lost')
  t.strictSame(await say('public', backend), { delivered: 8 })
  t.equal(walks, 0, 'nobody walked over all sessions')
})

function seated(room: Room, session: Session, role: Role): Member {
  const member = room.propose(session, 'Ada', role, null)
  room.add(member)
  return member
}
