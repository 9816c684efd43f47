import type { Test } from 'tap'
import { createFlusher, type Flusher } from '../../server/core/delivery/flusher.ts'
import type { Receiver } from '../../server/core/delivery/receiver.ts'
import { audienceOf } from '../../server/core/room/audience.ts'
import type { Member } from '../../server/core/room/member.ts'
import type { Room, RoomKind } from '../../server/core/room/room.ts'
import { createRooms } from '../../server/core/room/rooms.ts'
import { encode, type Outgoing } from '../../server/core/wire/frame.ts'
import { type Limits, limitsOf } from '../../server/core/wire/limits.ts'
import type { World } from '../../server/world.ts'
import { createClock, createRandom, createTestWorld, seedOf } from '../support/clock.ts'

/** A message as its receiver has it. */
export interface Heard {
  readonly type: string
  readonly data: { readonly args?: readonly string[] }
}

/** A receiver, and what it has heard so far. */
export interface Listener {
  readonly receiver: Receiver
  heard(): readonly Heard[]
}

/** What a receiver lives with. */
export interface House extends Pick<World, 'now' | 'after' | 'log'> {
  readonly limits: Limits
  readonly flusher: Flusher
}

/** Opens receivers with ids of their own. */
export type OpenReceiver = (house: House, id: string) => Listener

/** Larger than what is said to all together. */
const LARGE = 10_000
const GATHER_MS = 50
const STEPS = 400

/** What a room may rely on, whatever sits in it. */
export function receiverContract(t: Test, name: string, open: OpenReceiver): void {
  const promise = (title: string, run: (t: Test, stage: Stage) => void | Promise<void>) =>
    t.test(`${title} (${name})`, async (t) => run(t, stageOf(open)))

  promise('who sits in a room hears in order what is said to all', (t, { sit, room, turn }) => {
    const [ada, ben] = [sit('ada'), sit('ben')]

    for (const text of ['one', 'two']) t.equal(room.broadcast(said(text)), 2)
    turn()
    room.broadcast(said('three'))
    turn()

    for (const one of [ada, ben]) t.strictSame(events(one), ['one', 'two', 'three'])
  })

  promise('what is said to one alone, or is large, keeps its place', (t, { sit, room, turn }) => {
    const [ada, ben] = [sit('ada'), sit('ben')]

    room.broadcast(said('one'))
    ada.receiver.send(said('to ada'))
    room.broadcast(said('large', LARGE))
    room.broadcast(said('two'))
    turn()

    t.strictSame(events(ada), ['one', 'to ada', 'large', 'two'])
    t.strictSame(events(ben), ['one', 'large', 'two'])
  })

  promise('who speaks does not hear itself', (t, { sit, room, turn }) => {
    const [ada, ben] = [sit('ada'), sit('ben')]

    t.equal(room.broadcast(said('ada speaks'), ada.receiver), 1)
    room.broadcast(said('ben speaks'), ben.receiver)
    turn()

    t.strictSame(events(ada), ['ben speaks'])
    t.strictSame(events(ben), ['ada speaks'])
  })

  promise('who comes hears what follows, who has left nothing more', (t, stage) => {
    const { sit, leave, room, turn } = stage
    const ada = sit('ada')

    room.broadcast(said('one'))
    const ben = sit('ben')
    room.broadcast(said('two'))
    leave(ada)
    room.broadcast(said('three'))
    turn()

    t.strictSame(events(ada), ['one', 'two'])
    t.strictSame(events(ben), ['two', 'three'])
    t.equal(room.memberOf(ada.receiver), undefined)
    t.equal(room.size, 1)
  })

  promise('others are told that it came and that it left', (t, { sit, leave, turn }) => {
    const ada = sit('ada')

    leave(sit('ben'))
    turn()

    t.match(ada.heard(), [
      { type: 'room.member_joined', data: { member: { number: 2, session: 'ben', name: 'ben' } } },
      { type: 'room.member_left', data: { number: 2, reason: 'left' } },
    ])
  })

  promise('it is found by its id and in a group', (t, { sit, room, turn }) => {
    const [ada, ben] = [sit('ada'), sit('ben')]
    room.groups.set('red', new Set([room.memberOf(ada.receiver) as Member]))
    const sender = room.memberOf(ben.receiver) as Member

    for (const address of ['session:ada', 'group:red', 'others'])
      t.strictSame([...audienceOf(room, sender, [address]).receivers], [ada.receiver], address)
    for (const one of audienceOf(room, sender, ['all']).receivers) one.send(said('all'))
    turn()

    t.strictSame([events(ada), events(ben)], [['all'], ['all']])
  })

  promise('what a room keeps together comes when its time is over', (t, { sit, quiet, pass }) => {
    const ada = sit('ada', quiet)

    quiet.broadcast(said('one'))
    quiet.broadcast(said('two'))
    pass(GATHER_MS)

    t.strictSame(events(ada), ['one', 'two'])
  })

  promise('what it was asked is given up when it leaves', async (t, { sit, leave, room }) => {
    const ada = sit('ada')
    const question = { type: 'query', data: { name: 'game.q', data: null }, timeout: 1_000 }
    const asked = ada.receiver.ask({ ...question, origin: { room: room.code }, cause: null })

    leave(ada)

    await t.rejects(asked, { code: 'TARGET_LEFT' })
  })

  promise('whatever is said, each hears it once and in order', (t, stage) => {
    const seed = seedOf()
    t.comment(`seed ${seed}`)
    walk(t, stage, createRandom(seed))
  })
}

type Stage = ReturnType<typeof stageOf>

/** Two rooms of a house whose turns end and whose time passes when the test says so. */
function stageOf(open: OpenReceiver) {
  const turns: (() => void)[] = []
  const clock = createClock()
  const limits = limitsOf({ resume_frames: 10_000, resume_bytes: 10_000_000 })
  const flusher = createFlusher((callback) => void turns.push(callback))
  const world = createTestWorld(clock)
  const rooms = createRooms(world, limits)
  const [room, quiet] = [rooms.create(KIND), rooms.create({ ...KIND, gather_ms: GATHER_MS })]

  const turn = () => {
    for (const callback of turns.splice(0)) callback()
  }
  return {
    room,
    quiet,
    turn,
    pass(ms: number) {
      clock.advance(ms)
      turn()
    },
    sit(id: string, into: Room = room): Listener {
      const listener = open({ ...world, limits, flusher }, id)
      rooms.enter(into.propose(listener.receiver, id, 'player', null), into)
      return listener
    },
    /** Sits down, or down again. */
    enter({ receiver }: Listener): void {
      if (!room.memberOf(receiver))
        rooms.enter(room.propose(receiver, receiver.id, 'player', null), room)
    },
    leave: ({ receiver }: Listener) => rooms.leave(receiver, room, 'left'),
  }
}

/** Says, comes and goes at random; what each heard is what a list of its own says. */
function walk(t: Test, { sit, enter, leave, room, turn }: Stage, random: Random): void {
  const actors = ['ada', 'ben', 'cyd'].map((id) => ({ ...sit(id), expected: [] as string[] }))
  const isHere = (one: Listener) => room.memberOf(one.receiver) !== undefined
  for (let step = 0; step < STEPS; step++) {
    const actor = actors[random.below(actors.length)] as (typeof actors)[number]
    const text = `step ${step}`
    const hear = (...ears: typeof actors) => {
      for (const { expected } of ears) expected.push(text)
    }
    const deeds = [
      () => turn(),
      () => (isHere(actor) ? leave(actor) : enter(actor)),
      () => {
        if (isHere(actor)) hear(actor)
        if (isHere(actor)) actor.receiver.send(said(text))
      },
      () => {
        hear(...actors.filter(isHere))
        room.broadcast(said(text, random.below(4) === 0 ? LARGE : 0))
      },
      () => {
        hear(...actors.filter((one) => isHere(one) && one !== actor))
        room.broadcast(said(text), actor.receiver)
      },
    ]
    deeds[random.below(deeds.length)]?.()
  }
  turn()
  for (const { expected, ...one } of actors) t.strictSame(events(one), expected, one.receiver.id)
}

type Random = ReturnType<typeof createRandom>

const KIND: RoomKind = {
  name: 'test',
  capacity: 10,
  namespaces: ['game'],
  linger_ms: Number.POSITIVE_INFINITY,
  succession: 'none',
  open: () => ({}),
}

const said = (text: string, bytes = 0): Outgoing =>
  encode({ type: 'event', data: { name: 'game.said', args: [text, '.'.repeat(bytes)] } }, 'counted')

/** The first argument of each event. */
const events = (listener: Listener): readonly string[] =>
  listener.heard().flatMap(({ type, data }) => (type === 'event' ? [data.args?.[0] ?? ''] : []))
