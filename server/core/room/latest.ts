import type { AllMessages } from '../../../protocol/index.ts'
import type { DataOf } from '../../../protocol/message.ts'
import { type Outgoing, push, type Stamp } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import { audienceOf, type Ear } from './audience.ts'
import type { Member } from './member.ts'
import type { Room } from './room.ts'

/** Those whom a latest event was for, by their numbers. */
interface Reach {
  has(number: number): boolean
}

/** What a member said that its next of the same name and key replaces. */
export interface Latest {
  /** As it was said: nobody has it in their hands. */
  readonly message: Outgoing
  readonly number: number
  readonly reach: Reach
}

/** Of one member, by name and key, the oldest first. */
interface Own {
  readonly byKey: Map<string, Latest>
  bytes: number
}

/**
 * The newest latest event of each member, name and key in one room, for whoever missed it: away,
 * or on a connection that was lost with it. What a member said goes with its seat.
 */
export class LatestEvents {
  readonly #room: Room
  readonly #limits: Pick<Limits, 'latest_keys' | 'latest_bytes'>
  readonly #bySender = new Map<number, Own>()
  #numbered = 0

  constructor(room: Room, limits: Pick<Limits, 'latest_keys' | 'latest_bytes'>) {
    this.#room = room
    this.#limits = limits
  }

  /** The number of the next one. */
  next(): number {
    return ++this.#numbered
  }

  /** Keeps what a member says in place of what it said before; the oldest of too much goes. */
  keep({ number }: Member, latest: Latest): void {
    const own = this.#bySender.get(number) ?? { byKey: new Map(), bytes: 0 }
    const { latest_keys, latest_bytes } = this.#limits
    const { key, size } = latest.message
    take(own, key)
    own.byKey.set(key, latest)
    own.bytes += size
    for (const oldest of own.byKey.keys()) {
      if (own.byKey.size <= latest_keys && own.bytes <= latest_bytes) break
      take(own, oldest)
    }
    this.#bySender.set(number, own)
    if (this.#bySender.size > this.#room.size) this.#forgetGone()
  }

  /** What of it was for this member, in the order in which it was said. */
  for({ number }: Member): Outgoing[] {
    this.#forgetGone()
    return [...this.#bySender.values()]
      .flatMap(({ byKey }) => [...byKey.values()])
      .filter(({ reach }) => reach.has(number))
      .sort((one, other) => one.number - other.number)
      .map(({ message }) => message)
  }

  #forgetGone(): void {
    for (const number of this.#bySender.keys())
      if (!this.#room.numbered(number)) this.#bySender.delete(number)
  }
}

/** As it travels: to one reader it replaces what waits of the same sender, name and key. */
export const latestPush = (data: DataOf<AllMessages['event.latest']>, stamp: Stamp): Outgoing =>
  push(
    'event.latest',
    data,
    stamp,
    `event.latest ${stamp.room} ${stamp.from.member} ${data.name} ${data.key}`,
  )

/** Whom `to` reaches now; who comes later is none of them. */
export function reachOf(room: Room, sender: Member, to: readonly string[], ear: Ear): Reach {
  const { newest } = room
  const isToAll = to.includes('all')
  if (isToAll || to.every((address) => address === 'others'))
    return { has: (number) => number <= newest && (isToAll || number !== sender.number) }
  const numbers = new Set<number>()
  for (const receiver of audienceOf(room, sender, to, ear).receivers) {
    const member = room.memberOf(receiver)
    if (member) numbers.add(member.number)
  }
  return numbers
}

function take(own: Own, key: string): void {
  own.bytes -= own.byKey.get(key)?.message.size ?? 0
  own.byKey.delete(key)
}
