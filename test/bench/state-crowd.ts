import { Client, frameOf } from './client.ts'
import { colyseus } from './colyseus.ts'

/** Has so many clients enter what a server shows. */
export type Finder = (port: number, count: number) => Promise<Client[]>

export const TICK_MS = 50
export const TICKS_A_SECOND = 1_000 / TICK_MS

const AT_ONCE = 10

/** The first makes a room of a kind, the others join it. */
export const estragonFinder =
  (kind: string): Finder =>
  async (port, count) => {
    const first = await Client.open(port, { library: true })
    await first.welcome
    const { data } = await asked(first, 'room.create', { kind })
    const join = async () => {
      const client = await Client.open(port, { library: true })
      await client.welcome
      await asked(client, 'room.join', { code: data.room.code })
      return client
    }
    return [first, ...(await several(count - 1, join))]
  }

export const colyseusFinder: Finder = async (port, count) => {
  const { client, code } = await colyseus.create(port)
  return [client, ...(await several(count - 1, () => colyseus.join(port, code)))]
}

export const floorFinder: Finder = (port, count) =>
  several(count, () => Client.open(port, { library: false }))

function asked(client: Client, type: string, data: object) {
  const answer = client.next('"re":"a"')
  client.write(frameOf({ type, id: 'a', data }), true)
  return answer
}

/** One after the other, a few at once. */
async function several<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const all: T[] = []
  while (all.length < count) {
    const some = Math.min(AT_ONCE, count - all.length)
    all.push(...(await Promise.all(Array.from({ length: some }, make))))
  }
  return all
}
