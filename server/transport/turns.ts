import type { World } from '../world.ts'

/** What is read of one connection, in its order. */
export interface Line {
  /** Does it now, where its address has time left in this turn; or else in one of the next. */
  hear(bytes: number, act: () => void): void
  /** Its connection is gone, which is the last that is heard of it. */
  end(act: () => void): void
}

/** What can be kept from reading on. */
export interface Reader {
  pause(): void
  goOn(): void
}

export interface Turns {
  line(address: string, reader: Reader): Line
}

/** How much of a connection may wait before no more of it is read. */
const [MOST_WAITING, MOST_WAITING_BYTES] = [16, 16_384]

/** What one address takes of the event loop. */
interface Share {
  readonly address: string
  /** How many connections it has. */
  lines: number
  /** How long, in ms, the loop was busy with it in this turn. */
  spent: number
  /** Of its connections, those of which something waits: the next one first. */
  readonly waiting: Waiting[]
}

type Waiting = { next(): boolean }

/**
 * Shares the event loop: where there are others, what connections of one address say keeps it busy for
 * `turn_ms` in a turn at most, or for one message. The rest waits for the next turn, when the others
 * have been heard, and comes from each address, and there from each connection, in turn.
 */
export function createTurns({ now, soon }: Pick<World, 'now' | 'soon'>, turn_ms: number): Turns {
  const shares = new Map<string, Share>()
  const spending = new Set<Share>()
  const queue: Share[] = []
  let isSet = false

  return {
    line(address, reader) {
      const share = shares.get(address) ?? { address, lines: 0, spent: 0, waiting: [] }
      shares.set(address, share)
      share.lines++
      return createLine(share, reader)
    },
  }

  function createLine(share: Share, reader: Reader): Line {
    let acts: (() => void)[] = []
    let at = 0
    let held = 0
    let isPaused = false
    const own: Waiting = { next }

    return {
      hear(bytes, act) {
        if (acts.length === 0 && !isOver(share.spent)) return spend(share, act)
        wait(act)
        held += bytes
        if (isPaused || (acts.length - at < MOST_WAITING && held < MOST_WAITING_BYTES)) return
        isPaused = true
        reader.pause()
      },
      end(act) {
        const last = () => {
          act()
          if (--share.lines === 0) shares.delete(share.address)
        }
        if (acts.length === 0) last()
        else wait(last)
      },
    }

    function wait(act: () => void): void {
      if (acts.push(act) > 1) return
      if (share.waiting.push(own) === 1) queue.push(share)
      set()
    }

    /** Does what is next; whether more waits. */
    function next(): boolean {
      const act = acts[at++]
      if (act) spend(share, act)
      if (at < acts.length) return true
      acts = []
      at = held = 0
      if (isPaused) reader.goOn()
      isPaused = false
      return false
    }
  }

  function spend(share: Share, act: () => void): void {
    const began = now()
    act()
    share.spent += now() - began
    spending.add(share)
    set()
  }

  /** Whether that was enough for one turn. */
  function isOver(ms: number): boolean {
    return ms >= turn_ms && shares.size > 1
  }

  function set(): void {
    if (isSet) return
    isSet = true
    soon(turn)
  }

  function turn(): void {
    isSet = false
    for (const share of spending) share.spent = 0
    spending.clear()
    const began = now()
    while (queue.length > 0) {
      const share = queue.shift() as Share
      const line = share.waiting.shift()
      if (line?.next()) share.waiting.push(line)
      if (share.waiting.length > 0) queue.push(share)
      if (isOver(now() - began)) break
    }
    if (queue.length > 0) set()
  }
}
