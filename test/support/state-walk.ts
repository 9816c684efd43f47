import { setImmediate as turn } from 'node:timers/promises'
import { MESSAGES } from '../../protocol/index.ts'
import { isCounted } from '../../protocol/message.ts'
import { angle, choice, defineState, fixed, group, near, table } from '../../protocol/state.ts'
import { type Column, inRing, quantise } from '../../protocol/state-columns.ts'
import { createServer, defineRoom, type GameRoom } from '../../server/server.ts'
import type { WebSocketConstructor } from '../../web-client/link.ts'
import { type Any, openRaw, type RawClient } from './client.ts'
import { createClock, createRandom, createTestWorld } from './clock.ts'
import { type MirrorRow, mirrorOf } from './state-mirror.ts'
import { UNHURRIED_MS } from './world.ts'

/* Members of a room who see some or all of it, stall, drop and come back, while all of it changes. */

const TICK_MS = 50
const RADIUS = 200

export const model = defineState({
  players: table({ id: 'uint32', x: fixed(0, 1000, 1), y: fixed(0, 1000, 1) }, { rows: 'members' }),
  things: table(
    {
      ...{ id: 'uint32', x: fixed(0, 1000, 0.5), turned: angle(8), yes: 'bool', sum: 'varint' },
      ...{ word: choice('one', 'two', 'three'), name: 'string' },
    },
    { most: 60 },
  ),
  close: table(
    { id: 'uint32', x: fixed(0, 1000, 1), y: fixed(0, 1000, 1), v: 'uint8' },
    { sees: near(RADIUS, 'players'), most: 80 },
  ),
  hands: table({ id: 'uint32', card: 'uint8' }, { sees: 'owner', most: 40 }),
  team: table({ id: 'uint32', v: 'uint16' }, { sees: group('red'), most: 40 }),
})
export const plain = defineState({ players: model.tables.players, things: model.tables.things })

/** What came of a walk. */
export interface Walked {
  readonly compared: number
  readonly told: Readonly<Record<string, number>>
}

interface Extent {
  readonly seed: number
  readonly steps: number
  readonly Socket: WebSocketConstructor
}

type Room = GameRoom<unknown, typeof model>

export async function walkState({ seed, steps, Socket }: Extent): Promise<Walked> {
  const random = createRandom(seed)
  const clock = createClock()
  const rooms: Room[] = []
  const keep = (room: unknown) => void rooms.push(room as Room)
  const server = await createServer({
    ...{ port: 0, host: '127.0.0.1', world: createTestWorld(clock, seed), rates: false },
    limits: { seated_heartbeat_ms: UNHURRIED_MS, heartbeat_ms: UNHURRIED_MS },
    rooms: {
      plain: defineRoom({ state: plain, onCreate: keep }),
      seen: defineRoom({ state: model, onCreate: keep }),
    },
  })
  const url = `ws://127.0.0.1:${server.port}`
  const told: Record<string, number> = {}
  const tell = (what: string) => {
    told[what] = (told[what] ?? 0) + 1
  }
  let ids = 0
  let compared = 0
  try {
    const all: Walker[] = []
    for (const kind of ['plain', 'seen']) {
      const code = server.rooms.create(kind)
      for (let count = 0; count < 6; count++) all.push(await createWalker(Socket, url, code, tell))
    }
    for (let step = 1; step <= steps; step++) {
      for (const room of rooms) change(room)
      clock.advance(TICK_MS)
      for (const walker of all) await act(walker, step)
      if (step % 25 === 0) await rest(all)
      else await turn()
    }
    await rest(all)
    return { compared, told }
  } finally {
    await server.close()
  }

  function change(room: Room): void {
    if (random.below(5) === 0) return tell('silent step')
    for (const row of room.state.players) {
      if (row.id === 0) row.id = row.owner
      if (random.below(3) === 0) row.x = random.below(1001)
      if (random.below(3) === 0) row.y = random.below(1001)
    }
    changeTable(room.state.things, (row) => {
      if (random.below(2) === 0) row.x = random.below(2001) / 2
      if (random.below(3) === 0) row.turned = random.below(700) / 100 - 3.5
      if (random.below(4) === 0) row.yes = !row.yes
      if (random.below(6) === 0) row.sum = random.below(2_000_000_000) - 1_000_000_000
      if (random.below(8) === 0) row.word = ['one', 'two', 'three'][random.below(3)]
      if (random.below(8) === 0) row.name = `n${random.below(1000)}`
    })
    if (!room.state.close) return
    const place = (row: Any) => {
      row.x = random.below(1001)
      row.y = random.below(1001)
    }
    changeTable(
      room.state.close,
      (row) => {
        if (random.below(4) === 0) place(row)
        if (random.below(2) === 0) row.v = random.below(256)
      },
      place,
    )
    changeTable(room.state.hands, (row) => {
      row.card = random.below(256)
    })
    changeTable(room.state.team, (row) => {
      row.v = random.below(65_536)
    })
    const member = room.members[random.below(room.members.length || 1)]
    if (member && random.below(10) === 0)
      room.group('red')[random.below(2) ? 'add' : 'delete'](member)
  }

  /** Adds, removes and changes rows; now and then a great many. */
  function changeTable(rows: Any, alter: (row: Any) => void, begin?: (row: Any) => void): void {
    const isBurst = random.below(40) === 0
    if (isBurst) tell('burst')
    for (const row of [...rows]) {
      if (random.below(isBurst ? 2 : 25) === 0) {
        row.remove()
        tell('removed')
      } else if (random.below(3) === 0) alter(row)
    }
    for (let count = isBurst ? 20 : random.below(3); count > 0; count--) {
      const { members } = rooms.find(({ state }) => Object.values(state).includes(rows)) as Room
      const owner =
        rows === rooms[1]?.state.hands ? members[random.below(members.length || 1)] : undefined
      try {
        const row = rows.add({ id: ++ids }, owner)
        begin?.(row)
        tell('added')
      } catch {
        tell('full')
      }
    }
  }

  async function act(walker: Walker, step: number): Promise<void> {
    if (walker.isGone) {
      if (step >= walker.backAt) await walker.resume(random.below(4) > 0)
      return
    }
    if (walker.isStalled) {
      if (step >= walker.backAt) walker.stall(false)
      return
    }
    const chance = random.below(100)
    if (chance < 2) {
      walker.stall(true)
      walker.backAt = step + 1 + random.below(random.below(10) === 0 ? 400 : 30)
    } else if (chance < 4) {
      walker.drop()
      walker.backAt = step + random.below(40)
    } else if (chance < 5) await walker.again()
    else if (chance < 6) await walker.resync()
  }

  /** Everybody reads what there is; then each has just what it may see. */
  async function rest(all: readonly Walker[]): Promise<void> {
    for (const walker of all) {
      if (walker.isStalled) walker.stall(false)
      if (walker.isGone) await walker.resume(true)
    }
    // A gate opens with what is read, and frames are made with the next step.
    for (let count = 0; count < 4; count++) {
      clock.advance(TICK_MS)
      for (const walker of all) await walker.settled()
    }
    for (const walker of all) {
      const room = rooms.find(({ code }) => code === walker.code) as Room
      compare(room, walker)
      compared++
    }
  }
}

interface Walker {
  readonly code: string
  isGone: boolean
  isStalled: boolean
  backAt: number
  readonly number: number
  rows(table: string): ReadonlyMap<number, MirrorRow>
  readonly columns: (table: string) => readonly Column[]
  stall(isStalled: boolean): void
  drop(): void
  resume(knows: boolean): Promise<void>
  again(): Promise<void>
  resync(): Promise<void>
  settled(): Promise<void>
}

async function createWalker(
  Socket: WebSocketConstructor,
  url: string,
  code: string,
  tell: (what: string) => void,
): Promise<Walker> {
  let client = await openRaw(Socket, url)
  let mirror = mirrorOf(client, { keeps: false })
  let { token } = client.welcome
  let [attempt, sent, received, number] = [0, 0, 0, 0]
  const counted = () => received + client.seen.filter((one) => isCounted(MESSAGES, one)).length
  const ask = (type: string, data: object = {}) => {
    sent++
    return client.ask(type, data)
  }
  const socketOf = ({ socket }: RawClient) =>
    (socket as unknown as { _socket: { pause(): void; resume(): void } })._socket
  const join = async () => {
    const { data } = await ask('room.join', { code })
    number = data.you
  }
  await join()

  const walker: Walker = {
    code,
    isGone: false,
    isStalled: false,
    backAt: 0,
    get number() {
      return number
    },
    rows: (name) => (mirror.has(code) ? mirror.room(code).rows(name) : new Map()),
    columns: (name) => {
      const { tables } = code ? mirror.known(code) : { tables: [] }
      return tables.find(({ table: one }) => one.name === name)?.columns ?? []
    },
    stall(isStalled) {
      if (isStalled) tell('stalled')
      this.isStalled = isStalled
      if (isStalled) socketOf(client).pause()
      else socketOf(client).resume()
    },
    drop() {
      tell('dropped')
      this.isGone = true
      received = counted()
      client.drop()
    },
    async resume(knows) {
      this.isGone = false
      const before = mirror
      const next = await openRaw(Socket, url)
      const { token: own } = next.welcome
      mirror = mirrorOf(next, { keeps: false })
      mirror.goOn(before.held)
      client = next
      const states = knows ? before.states : []
      const counts = { sent, received, forgotten: 0 }
      const { data } = await next.ask('session.resume', {
        token,
        attempt: ++attempt,
        ...counts,
        states,
      })
      if (data.resumed) tell(knows ? 'resumed from its tick' : 'resumed anew')
      else {
        tell(`reset ${data.reason}`)
        ;[sent, received] = [0, 0]
        if (data.kept) return
        ;[token, attempt] = [own, 0]
        await join()
      }
    },
    async again() {
      tell('left and joined')
      await ask('room.leave')
      await join()
    },
    async resync() {
      tell('asked anew')
      await ask('state.resync')
    },
    async settled() {
      await client.settled()
      if (mirror.has(code) && mirror.room(code).gaps > 0) throw new Error('a frame did not follow')
    },
  }
  return walker
}

function compare(room: Room, walker: Walker): void {
  const member = room.members.find(({ number }) => number === walker.number)
  const players = [...room.state.players] as Any[]
  const own = players.find(({ owner }) => owner === walker.number)
  for (const name of Object.keys(room.state)) {
    const rows = [...((room.state as Any)[name] as Iterable<Any>)]
    const columns = walker.columns(name)
    const has = walker.rows(name)
    const expected = new Map(rows.map((row) => [row.slot as number, row]))
    for (const [slot, row] of expected) {
      const sight = sees(name, row)
      const seen = has.get(slot)
      if (sight === 'no' && seen) throw new Error(`${name} ${slot}: is seen`)
      if (sight === 'yes' && !seen) throw new Error(`${name} ${slot}: is not seen`)
      if (seen) same(`${name} ${slot}`, columns, row, seen)
    }
    for (const slot of has.keys())
      if (!expected.has(slot)) throw new Error(`${name} ${slot}: is there no longer`)
  }

  function sees(name: string, row: Any): 'yes' | 'no' | 'either' {
    if (name === 'hands') return row.owner === walker.number ? 'yes' : 'no'
    if (name === 'team') return member && room.group('red').members.includes(member) ? 'yes' : 'no'
    if (name !== 'close') return 'yes'
    if (!own) return 'no'
    const distance = Math.hypot(row.x - own.x, row.y - own.y)
    return distance <= RADIUS ? 'yes' : distance > RADIUS * 1.2 ? 'no' : 'either'
  }
}

const WORDS = ['one', 'two', 'three']

function same(place: string, columns: readonly Column[], row: Any, seen: MirrorRow): void {
  for (const [index, column] of columns.entries()) {
    const value = row[column.name]
    const number = typeof value === 'string' ? WORDS.indexOf(value) : Number(value)
    const wanted = column.raw ? value : inRing(column, quantise(column, number))
    const got = column.raw ? seen[index] : inRing(column, seen[index] as number)
    if (wanted !== got) throw new Error(`${place}.${column.name}: ${got}, expected ${wanted}`)
  }
}
