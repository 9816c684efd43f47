import { Reader, Writer } from '../../protocol/bytes.ts'
import { columnsOf, type StateColumns } from '../../protocol/state-columns.ts'
import { readStateHead } from '../../protocol/state-frame.ts'
import { writeStateUp } from '../../protocol/state-up.ts'
import { binaryFrameOf, Client, frameOf } from './client.ts'
import { colyseus } from './colyseus.ts'

/** Somebody who plays: what it does next, as a frame. */
export interface Player {
  readonly client: Client
  input(): Buffer
}

/** How the players of a contestant enter and say what they do. */
export interface Play {
  /** A new room, and the players in it. */
  room(port: number, size: number): Promise<Player[]>
}

export const estragonPlay: Play = {
  async room(port, size) {
    const first = await Client.open(port, { library: true })
    await first.welcome
    const { code, player } = await seated(first, 'room.create', { kind: 'arena' })
    const players = [player]
    while (players.length < size) {
      const client = await Client.open(port, { library: true })
      await client.welcome
      players.push((await seated(client, 'room.join', { code })).player)
    }
    return players
  },
}

async function seated(client: Client, type: string, data: object) {
  const [answer, told] = [client.next('"re":"a"'), client.next('"state.schema"')]
  client.write(frameOf({ type, id: 'a', data }), true)
  const { code } = (await answer).data.room
  const { number, tables, inputs } = (await told).data
  return { code, player: playing(client, number, columnsOf({ tables, inputs })) }
}

function playing(client: Client, room: number, known: StateColumns): Player {
  let [first, have] = [0, 0]
  client.onState = (bytes) => {
    have = readStateHead(new Reader(bytes)).tick
  }
  return {
    client,
    input() {
      first++
      const writer = new Writer()
      const values = stick(first).map((value) => Int32Array.of(value))
      writeStateUp(writer, known, { room, have, behind: 60, inputs: { first, n: 1, values } })
      return binaryFrameOf(Buffer.from(writer.taken()))
    },
  }
}

/** What is done in the input of this number: the same on every side. */
const stick = (number: number): readonly [x: number, y: number, fire: number] => [
  (number % 40 < 20 ? 1 : -1) * (number % 3 === 0 ? 0 : 1),
  number % 60 < 30 ? 1 : -1,
  number % 10 === 0 ? 1 : 0,
]

export const colyseusPlay: Play = {
  async room(port, size) {
    const { client, code } = await colyseus.create(port)
    const clients = [client]
    while (clients.length < size) clients.push(await colyseus.join(port, code))
    return clients.map(speaking)
  },
}

/** ROOM_DATA, `input`, and the fields as MessagePack has a map of them. */
const HEAD = Buffer.concat([Buffer.of(13, 0xa5), Buffer.from('input'), Buffer.of(0x84)])
const KEYS = ['seq', 'x', 'y', 'fire'].map((name) =>
  Buffer.concat([Buffer.of(0xa0 | name.length), Buffer.from(name)]),
)

function speaking(client: Client): Player {
  let seq = 0
  return {
    client,
    input() {
      seq++
      const [x, y, fire] = stick(seq)
      const number = Buffer.alloc(5, 0xce)
      number.writeUInt32BE(seq, 1)
      const values = [
        number,
        Buffer.of(x & 0xff),
        Buffer.of(y & 0xff),
        Buffer.of(fire ? 0xc3 : 0xc2),
      ]
      const fields = values.flatMap((value, index) => [KEYS[index] as Buffer, value])
      return binaryFrameOf(Buffer.concat([HEAD, ...fields]))
    },
  }
}
