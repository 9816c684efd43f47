import type { Packet, PacketSet } from './packet.ts'
import { check, json } from './schema.ts'

/** What both sides do with packets that arrive: judge them in their order, then answer them. */

/** A packet, and what its bundles hold, in order. */
export const flattened = (packet: Packet): Packet[] =>
  packet.name === 'Bundle' && Array.isArray(packet.data)
    ? [packet, ...(packet.data as Packet[]).flatMap(flattened)]
    : [packet]

/** Lets the acceptors of all these packets validate them, in order; the first that throws ends it. */
export function validateAll<C>(
  packets: PacketSet<C>,
  all: readonly Packet[],
  context: C,
  from = 0,
): void | Promise<void> {
  for (let index = from; index < all.length; index++) {
    const { name, data } = all[index] as Packet
    const verdict = packets.acceptorOf(name)?.validate?.(data, context)
    if (verdict instanceof Promise)
      return verdict.then(() => validateAll(packets, all, context, index + 1))
  }
}

/** What the acceptor returns, or for a bundle what those of its packets do; null for nothing. */
export function respondTo<C>(packets: PacketSet<C>, packet: Packet, context: C): unknown {
  const acceptor = packets.acceptorOf(packet.name)
  if (packet.name !== 'Bundle' || acceptor?.respond)
    return acceptor?.respond?.(packet.data, context) ?? null
  const answers = (packet.data as Packet[]).map((one) => respondTo(packets, one, context))
  if (!answers.some((one) => one instanceof Promise)) return answers
  return Promise.all(answers).then((all) => all.map((one) => one ?? null))
}

/** An answer that can be told, null for undefined; throws where JSON cannot hold it. */
export function answerable(name: string, value: unknown): unknown {
  const answer = value ?? null
  const problem = check(ANY, answer, `${name}.respond`)
  if (problem) throw new TypeError(problem)
  return answer
}

const ANY = /* @__PURE__ */ json()

/** One client's packets, one after another however long one is thought about. */
export interface Turns {
  readonly waiting: number
  /** Calls `accepted` once `judge` is done and everything before it is; at once where both are. */
  take(judge: () => void | Promise<void>, accepted: () => unknown): unknown
  /** The same for what is done later: with what ends its turn, once `judge` is done. */
  enter(judge: () => void | Promise<void>): (() => void) | Promise<() => void>
}

export function createTurns(): Turns {
  let waiting = 0
  let tail: Promise<unknown> = Promise.resolve()
  return {
    get waiting() {
      return waiting
    },
    take(judge, accepted) {
      if (waiting > 0) return queue(judge, accepted)
      const verdict = judge()
      return verdict instanceof Promise ? queue(() => verdict, accepted) : accepted()
    },
    enter(judge) {
      if (waiting > 0) return inTurn(judge)
      const verdict = judge()
      return verdict instanceof Promise ? inTurn(() => verdict) : () => {}
    },
  }

  function inTurn(judge: () => void | Promise<void>): Promise<() => void> {
    let leave = () => {}
    const left = new Promise<void>((resolve) => {
      leave = resolve
    })
    waiting++
    const judged = tail.then(judge)
    const done = () => void waiting--
    tail = judged.then(() => left).then(done, done)
    return judged.then(() => leave)
  }

  function queue(judge: () => void | Promise<void>, accepted: () => unknown): Promise<unknown> {
    waiting++
    // In an object, so that whoever is behind does not wait for the answer as well.
    const turn = tail.then(judge).then(() => ({ outcome: accepted() }))
    const done = () => void waiting--
    tail = turn.then(done, done)
    return turn.then(({ outcome }) => outcome)
  }
}

/** The same promise, rejected with `late()` if it takes longer than `ms`. */
export function within<T>(
  after: (ms: number, callback: () => void) => () => void,
  ms: number,
  promise: Promise<T>,
  late: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = after(ms, () => reject(late()))
    promise.finally(cancel).then(resolve, reject)
  })
}
