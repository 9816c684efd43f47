import t from 'tap'
import type { WebSocketLike } from '../web-client/link.ts'
import { type PeerClient, settle, sit } from './support/peers.ts'
import { both, until } from './support/promise.ts'
import { type TestWorld, world } from './support/world.ts'

/** A client of Godot's own, as bytes. */
interface Stock {
  readonly socket: WebSocketLike
  readonly heard: Buffer[]
  readonly closed: Promise<number>
  isClosed: boolean
  say(...parts: readonly (readonly number[] | Buffer | string)[]): void
  /** Resolves with so many messages. */
  until(count: number): Promise<Buffer[]>
}

function stock(w: TestWorld, path: string): Stock {
  const socket = new w.Socket(`${w.url}${path}`)
  socket.binaryType = 'arraybuffer'
  const heard: Buffer[] = []
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }: { code: number }) => {
      one.isClosed = true
      resolve(code)
    }
  })
  socket.onerror = () => {}
  socket.onmessage = ({ data }: { data: unknown }) => {
    heard.push(Buffer.from(data as ArrayBuffer))
  }
  const one: Stock = {
    ...{ socket, heard, closed },
    isClosed: false,
    say(...parts) {
      const bytes = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
      socket.send(Uint8Array.from(bytes))
    },
    async until(count) {
      await until(() => heard.length >= count, `${count} messages`)
      return heard
    },
  }
  return one
}

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
const hex = (...parts: readonly (readonly number[] | Buffer | string)[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string))).toString('hex')
const hexes = (all: readonly Buffer[]) => all.map((one) => one.toString('hex'))

/** A host and another peer with the add-on. */
async function room(w: TestWorld, open: object = {}): Promise<[PeerClient, PeerClient]> {
  const ada = await sit(w, 'ada')
  const ben = await sit(w, 'ben', ada.code)
  await ada.open(open)
  await ben.open({ engine: ada.opened ? ((open as { engine?: number }).engine ?? 4) : 4 })
  return [ada, ben]
}

const RPC = [0x20, 1, 2]
const raw = Buffer.from(RPC).toString('latin1')

both('a Godot 4 client without the add-on is a peer of a mesh', {}, async (t, w) => {
  const [ada, ben] = await room(w)
  const cleo = stock(w, `/godot/${ada.code}`)
  const [number] = await cleo.until(2)
  const id = number?.readInt32LE() ?? 0
  const before = [ada, ben].map((one) => one.heard().length)

  cleo.say(RPC)
  cleo.say([7, 3], int32(ben.peer), RPC)
  cleo.say([7, 3], int32(0), RPC)
  await until(() => ben.heard().length >= (before[1] ?? 0) + 2, 'ben hears')
  ada.say([id], Buffer.from(RPC))
  ben.say([id], Buffer.from(RPC))
  await settle(ada, ben)
  await ben.ask('relay.close')
  await cleo.until(5)

  t.ok(id > 1)
  t.strictSame(hexes(cleo.heard.slice(0, 2)), [hex(int32(id)), hex([7, 1], int32(ben.opened.peer))])
  t.strictSame(hexes(cleo.heard.slice(4)), [hex([7, 2], int32(ben.opened.peer))])
  t.strictSame(
    hexes(cleo.heard.slice(2, 4)).sort(),
    [hex([7, 3], int32(ben.opened.peer), RPC), hex(RPC)].sort(),
  )
  t.strictSame(ada.heard().slice(before[0], -1), Array(2).fill(`${id} says ${raw}`))
  t.strictSame(ben.heard().slice(before[1]), Array(2).fill(`${id} says ${raw}`))
})

both('a Godot 3 client without the add-on is a peer of a mesh', {}, async (t, w) => {
  const [ada, ben] = await room(w, { engine: 3 })
  const cleo = stock(w, `/godot3/${ada.code}`)
  const [first] = await cleo.until(3)
  const id = first?.readInt32LE(9) ?? 0
  const before = [ada, ben].map((one) => one.heard().length)

  cleo.say([0], int32(id), int32(-1), RPC)
  cleo.say([0], int32(id), int32(1), RPC)
  cleo.say([0], int32(1), int32(ben.peer), RPC)
  await until(() => ada.heard().length > (before[0] ?? 0), 'ada hears')
  ben.say([0], Buffer.from(RPC))
  await cleo.until(4)

  const ONE = int32(1)
  t.strictSame(hexes(cleo.heard), [
    hex([3], ONE, int32(0), int32(id)),
    hex([1], ONE, int32(0), ONE),
    hex([1], ONE, int32(0), int32(ben.peer)),
    hex([0], int32(ben.peer), int32(0), RPC),
  ])
  await settle(ada, ben)
  t.strictSame(ben.heard().slice(before[1]), [`${id} says ${raw}`], 'and not by a forged sender')
})

t.test(
  'what a Godot 3 client without the add-on says to all goes to those it knows, whom it told of it',
  async (t) => {
    const w = await world(t)
    const [ada, ben] = await room(w, { engine: 3 })
    const cleo = stock(w, `/godot3/${ada.code}`)
    const [first] = await cleo.until(3)
    const id = first?.readInt32LE(9) ?? 0
    const socket = w.sockets.at(-1)
    if (socket) socket.stalled = true
    const dan = await sit(w, 'dan', ada.code)
    await dan.open({ engine: 3 })

    cleo.say([0], int32(id), int32(0), 'before')
    cleo.say([0], int32(id), int32(-1), 'but 1')
    await settle(ada, ben, dan)
    if (socket) socket.stalled = false
    await cleo.until(4)
    await settle(ada)
    cleo.say([0], int32(id), int32(0), 'after')
    await until(() => ada.heard().includes(`${id} says after`), 'ada hears')
    await settle(ben, dan)

    const [before, but, after] = ['before', 'but 1', 'after'].map((text) => `${id} says ${text}`)
    const ofCleo = (one: PeerClient) => one.heard().filter((said) => said.startsWith(`${id} says`))
    t.strictSame(ofCleo(ada), [before, after])
    t.strictSame(ofCleo(ben), [before, but, after])
    t.strictSame(dan.heard(), [after])
  },
)

both(
  'a client without the add-on hears peer 1 alone in a star, which may police',
  {},
  async (t, w) => {
    const [ada, ben] = await room(w, { mode: 'star' })
    const cleo = stock(w, `/godot/${ada.code}`)
    const [number] = await cleo.until(1)
    const id = number?.readInt32LE() ?? 0
    const before = [ada, ben].map((one) => one.heard().length)

    cleo.say([7, 3], int32(ben.peer), RPC)
    await until(() => ada.heard().length > (before[0] ?? 0), 'ada hears')
    ada.say([id], Buffer.from([7, 1, 9, 0, 0, 0]))
    await cleo.until(2)

    t.strictSame(hexes(cleo.heard), [hex(int32(id)), hex([7, 1, 9, 0, 0, 0])])
    const relayed = Buffer.concat([Buffer.from([7, 3]), int32(ben.peer), Buffer.from(RPC)])
    t.strictSame(ada.heard().slice(before[0]), [`${id} says ${relayed.toString('latin1')}`])
    t.equal(ben.heard().length, before[1])
  },
)

both(
  'what a Godot 3 client without the add-on says in a star peer 1 hears, as it is',
  {},
  async (t, w) => {
    const [ada, ben] = await room(w, { engine: 3, mode: 'star' })
    const cleo = stock(w, `/godot3/${ada.code}`)
    const [first] = await cleo.until(2)
    const id = first?.readInt32LE(9) ?? 0
    const before = [ada, ben].map((one) => one.heard().length)
    const ONE = int32(1)
    const there = Buffer.concat([Buffer.from([1]), ONE, int32(0), int32(ben.peer)])
    const said = Buffer.concat([Buffer.from([0]), int32(ben.peer), int32(0), Buffer.from(RPC)])

    cleo.say([0], int32(id), int32(ben.peer), RPC)
    cleo.say([1], int32(id), int32(0), int32(77))
    await until(() => ada.heard().length > (before[0] ?? 0), 'ada hears')
    for (const packet of [Buffer.from(RPC), Buffer.from([3, ...there.subarray(1)]), there, said])
      ada.say([id], packet)
    await cleo.until(4)

    t.strictSame(hexes(cleo.heard), [
      hex([3], ONE, int32(0), int32(id)),
      hex([1], ONE, int32(0), ONE),
      hex(there),
      hex(said),
    ])
    await settle(ada, ben)
    const whole = Buffer.concat([Buffer.from([0]), int32(id), int32(ben.peer), Buffer.from(RPC)])
    t.strictSame(ada.heard().slice(before[0]), [`${id} says ${whole.toString('latin1')}`])
    t.equal(ben.heard().length, before[1])
  },
)

both('a client without the add-on waits for peer 1, and leaves with it', {}, async (t, w) => {
  const ada = await sit(w, 'ada')
  const ben = await sit(w, 'ben', ada.code)
  const cleo = stock(w, `/godot/${ada.code}`)
  await ada.next('room.member_joined')
  const { data } = await ada.next('room.member_joined')
  await settle(ada)
  const waited = cleo.heard.length

  await ada.open()
  await cleo.until(1)
  await ada.ask('room.leave')
  await cleo.closed
  await settle(ben)

  t.equal(waited, 0)
  t.match(ben.seen.filter(({ type }) => type === 'room.host_changed').at(-1)?.data, { host: 2 })
  t.ok(
    ben.seen.some(
      ({ type, data: left }) => type === 'room.member_left' && left.number === data.member.number,
    ),
  )
})

both('a client without the add-on is never host', {}, async (t, w) => {
  const ada = await sit(w, 'ada')
  await ada.open()
  const cleo = stock(w, `/godot/${ada.code}`)
  await cleo.until(1)

  await ada.ask('room.assign', { number: 2, role: 'host' })
  await ada.ask('room.leave')
  await cleo.closed
  const { data } = await ada.ask('room.join', { code: ada.code })

  t.match(data, { room: { host: 3 }, members: [{ number: 3, role: 'host' }] })
})

both(
  'a room that is not there, is locked, or is of the other Godot, takes no such client',
  {},
  async (t, w) => {
    const [ada] = await room(w)
    const nowhere = stock(w, '/godot/AAAAAA')
    const other = stock(w, `/godot3/${ada.code}`)
    await Promise.all([nowhere.closed, other.closed])
    await ada.ask('room.lock', { locked: true })
    const late = stock(w, `/godot/${ada.code}`)
    await late.closed

    t.strictSame(
      [nowhere, other, late].flatMap(({ heard }) => heard),
      [],
    )
    await settle(ada)
    t.equal(ada.seen.filter(({ type }) => type === 'room.member_left').length, 1, 'the other Godot')
  },
)

both(
  'a server that requires tickets takes no client without the add-on',
  { requireTicket: true },
  async (t, w) => {
    const cleo = stock(w, '/godot/AAAAAA')

    await cleo.closed
    t.strictSame(cleo.heard, [])
  },
)

both(
  'what only the system says is refused from a client without the add-on, and to it',
  {},
  async (t, w) => {
    const [ada, ben] = await room(w)
    const cleo = stock(w, `/godot/${ada.code}`)
    const [number] = await cleo.until(2)
    const id = number?.readInt32LE() ?? 0
    const before = [ada, ben].map((one) => one.heard().length)

    cleo.say([7, 1], int32(77))
    cleo.say([7, 3], int32(ben.peer), [7, 2], int32(1))
    cleo.say([7, 3], int32(ben.peer))
    ben.say([id], Buffer.from([7, 2, 1, 0, 0, 0]))
    ada.say([id], Buffer.from([7, 2, 1, 0, 0, 0]))
    await settle(ada, ben)
    ada.say([id], Buffer.from(RPC))
    cleo.say(RPC)
    await cleo.until(3)
    await until(() => ada.heard().length > (before[0] ?? 0), 'ada hears')

    t.strictSame(hexes(cleo.heard.slice(2)), [hex(RPC)])
    t.strictSame(ada.heard().slice(before[0]), [`${id} says ${raw}`])
    t.equal(ben.heard().length, before[1])
  },
)
