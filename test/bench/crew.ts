import type { Client } from './client.ts'
import { contestants, entryOf, present, type Wider } from './contestants.ts'
import { CORES, keepOn } from './cores.ts'
import type { RoomKind, Wide } from './dialects.ts'
import { type Program, startProgram, type Usage } from './server.ts'

/** A server on its processor and the connections to it that this process holds on another. */
export interface Crew {
  readonly name: Wider
  readonly server: Program
  readonly dialect: Wide
  readonly clients: readonly Client[]
  /** Opens so many connections, in no room. */
  open(count: number): Promise<void>
  /** Opens so many that are all in one new room. */
  enter(count: number, kind?: RoomKind): Promise<readonly Client[]>
  /** Lets a client answer only what must be answered, as all do from the beginning. */
  rest(client: Client): void
  /** Ends the connections. */
  leave(): void
}

const NAMES: readonly Wider[] = ['estragon', 'before', 'ws', 'socket.io']
const ACK_MS = 1_000
const AT_ONCE = 50

/** Runs with a server of each, its rates lifted, and ends them whatever happens. */
export async function withCrews<T>(
  run: (crews: Readonly<Record<string, Crew>>, names: readonly Wider[]) => Promise<T>,
): Promise<T> {
  const release = keepOn(CORES)
  const names = present(NAMES)
  const crews: Record<string, Crew> = {}
  const acknowledging = setInterval(() => {
    for (const { clients } of Object.values(crews))
      for (const client of clients) client.acknowledge()
  }, ACK_MS)
  try {
    for (const name of names) crews[name] = await crewOf(name)
    return await run(crews, names)
  } finally {
    clearInterval(acknowledging)
    for (const { server } of Object.values(crews)) await server.close()
    release()
  }
}

/** What the server spent on each of so many things, in µs. */
export const spentOn = (count: number, before: Usage, after: Usage): number =>
  ((after.cpu_ms - before.cpu_ms) * 1000) / count

export async function crewOf(name: Wider): Promise<Crew> {
  const server = await startProgram(entryOf(name), { core: CORES?.server })
  const { dialect } = contestants[name]
  let clients: Client[] = []
  const rest = (client: Client) => {
    client.onMessage = (bytes, start, end) => void dialect.hears(client, bytes, start, end)
  }
  const take = (some: readonly Client[]) => {
    some.forEach(rest)
    clients.push(...some)
  }
  return {
    name,
    server,
    dialect,
    get clients() {
      return clients
    },
    async open(count) {
      for (let opened = 0; opened < count; opened += AT_ONCE) {
        const opening = Array.from({ length: AT_ONCE }, () => dialect.open(server.port))
        take(await Promise.all(opening))
      }
    },
    async enter(count, kind) {
      const { client, code } = await dialect.create(server.port, kind)
      const members = [client]
      while (members.length < count) members.push(await dialect.join(server.port, code))
      take(members)
      return members
    },
    rest,
    leave() {
      for (const client of clients) client.socket.destroy()
      clients = []
    },
  }
}
