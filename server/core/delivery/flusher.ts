import { Pool } from './pool.ts'

/** Who has something to write, as a flusher needs it. */
export interface Writer {
  /** Writes what there is, as far as the socket takes it; never throws. */
  flush(): void
  /** Bytes that wait for the reader. */
  readonly unwritten: number
  /** Gives the reader up, and what waits for it. */
  giveUp(): void
}

/**
 * Collects who has something to write, lets each write once at the end of the turn, and bounds what
 * all of them together could not.
 */
export interface Flusher {
  later(writer: Writer): void
  /** So many bytes of this writer's wait for its reader. */
  owes(writer: Writer, bytes: number): void
  /** Where all of them join what they write. */
  readonly pool: Pool
}

/** Above `most` bytes unwritten in all, the largest writers are given up. */
export function createFlusher(
  soon: (callback: () => void) => void,
  most = Number.POSITIVE_INFINITY,
): Flusher {
  let waiting: Writer[] = []
  let total = 0
  const owed = new Map<Writer, number>()

  return {
    later(writer) {
      if (waiting.push(writer) === 1) soon(flush)
    },
    owes,
    pool: new Pool(),
  }

  function flush(): void {
    const now = waiting
    waiting = []
    for (const writer of now) writer.flush()
    if (total > most) bound()
  }

  function owes(writer: Writer, bytes: number): void {
    total += bytes - (owed.get(writer) ?? 0)
    if (bytes > 0) owed.set(writer, bytes)
    else owed.delete(writer)
  }

  /** Sockets may have taken much since they were last asked, so that each is asked again first. */
  function bound(): void {
    for (const writer of owed.keys()) owes(writer, writer.unwritten)
    const largest = [...owed].sort(([, one], [, other]) => other - one)
    for (const [writer] of largest) {
      if (total <= most) return
      writer.giveUp()
    }
  }
}
