import { createLag, type Lag, type LaggingConnection } from '../../protocol/lag.ts'
import type { Connection, Transport } from '../core/session/connection.ts'
import type { Upgrade } from '../core/session/dialect.ts'
import type { World } from '../world.ts'

/** What is told of what comes in. */
export type Ear = Pick<Connection, 'receive' | 'ponged' | 'written' | 'closed' | 'flooded'>

/** Where transports come in: a hub, or what stands before it. */
export interface Door<E extends Ear = Ear> {
  /** Takes a new transport in, unless it has been closed with a code that says why not. */
  accept(transport: Transport, upgrade: Upgrade): E | undefined
  /** The socket of this connection is gone. */
  forget(ear: E): void
}

/**
 * A door behind a worse network: what passes is late, both ways and in order, and lost only where a
 * connection is cut.
 */
export function createLaggingDoor(door: Door, lag: Lag, world: World) {
  const roads = new Set<Road>()
  const led = new Map<Ear, { readonly road: Road; readonly ear: Ear }>()
  let opened = 0
  const end = (road: Road) => {
    roads.delete(road)
    road.end()
  }

  return {
    accept(transport: Transport, upgrade: Upgrade): Ear | undefined {
      const road = createRoad(transport, lag, ++opened, world)
      roads.add(road)
      const ear = door.accept(road.transport, upgrade)
      if (!ear) {
        // The close that says why is the last on its way.
        road.down(() => end(road))
        return undefined
      }
      const own = road.lead(ear)
      led.set(own, { road, ear })
      return own
    },
    forget(own: Ear): void {
      const gone = led.get(own)
      if (!gone) return
      led.delete(own)
      gone.road.up(() => {
        end(gone.road)
        door.forget(gone.ear)
      })
    },
    /** Nothing is late any more: what is on its way arrives now. */
    close(): void {
      for (const road of [...roads]) road.hurry()
    },
  }
}

/** What is late at most before whoever writes has to wait; kernels and cables hold about as much. */
export const MOST_LATE_BYTES = 1_048_576

type Road = ReturnType<typeof createRoad>

/** One connection's way to the server (up) and back (down). */
function createRoad(near: Transport, lag: Lag, number: number, world: World) {
  const onWay = { up: new Set<() => void>(), down: new Set<() => void>() }
  let isOver = false
  let late = 0
  let lead: Ear | undefined
  const line: LaggingConnection = createLag(lag, number, world, () => {
    world.log.info({ connection: number }, 'cut by lag')
    cut()
  })

  /** Passes on later, or at once where nothing is late any more. */
  const send = (way: 'up' | 'down', arrived: () => void): void => {
    if (isOver) return arrived()
    const once = () => {
      if (onWay[way].delete(once)) arrived()
    }
    onWay[way].add(once)
    line[way](once)
  }
  const up = (arrived: () => void) => send('up', arrived)
  const down = (arrived: () => void) => send('down', arrived)

  /** What is on its way is lost with the connection. */
  function cut(): void {
    isOver = true
    line.end()
    onWay.up.clear()
    onWay.down.clear()
    late = 0
    near.reset()
  }

  const transport: Transport = {
    address: near.address,
    // A network holds some of it by itself; with more, whoever writes has to wait.
    get unwritten() {
      return near.unwritten + Math.max(0, late - MOST_LATE_BYTES)
    },
    get taken() {
      return near.taken
    },
    write(frames) {
      // Its owner will use the buffer for something else meanwhile.
      const copy = Buffer.from(frames)
      late += copy.length
      down(() => {
        const waited = late > MOST_LATE_BYTES
        late -= copy.length
        if (near.write(copy) && waited) lead?.written()
      })
      return late <= MOST_LATE_BYTES
    },
    ping: () => down(() => near.ping()),
    close: (code, reason) => down(() => near.close(code, reason)),
    reset: cut,
  }

  return {
    transport,
    up,
    down,
    lead(ear: Ear): Ear {
      lead = ear
      return {
        receive: (bytes, isBinary) => up(() => ear.receive(bytes, isBinary)),
        ponged: (payload) => up(() => ear.ponged(payload)),
        flooded: () => up(() => ear.flooded()),
        closed: (code) => up(() => ear.closed(code)),
        // The machine's own, which no network delays.
        written: () => ear.written(),
      }
    },
    end(): void {
      isOver = true
      line.end()
    },
    hurry(): void {
      isOver = true
      line.end()
      for (const arrived of [...onWay.up, ...onWay.down]) arrived()
    },
  }
}
