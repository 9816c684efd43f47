import { DEFAULT_ASK_MS } from '../../../protocol/queries.ts'
import type { Json } from '../../../protocol/schema.ts'
import type { Asker, Receiver } from '../delivery/receiver.ts'
import { Refusal } from '../wire/refusal.ts'
import { targetOf } from './audience.ts'
import { type Member, stampOf } from './member.ts'
import type { Room } from './room.ts'

/** What one member asks another. */
interface Inquiry {
  readonly room: Room
  readonly member: Member
  /** Who waits for the answer. */
  readonly asker: Asker
  readonly to: readonly string[] | undefined
  readonly type: 'query' | 'function.call'
  /** How long it may take, in ms (30,000). */
  readonly timeout: number | undefined
  /** What is asked; said once, when nothing but its size is in the way. */
  readonly say: () => object
}

/** Asks the one member that `to` names; resolves with the value of its answer. */
export const askOne = (inquiry: Inquiry): Promise<Json> =>
  ask(inquiry, targetOf(inquiry.room, inquiry.member, inquiry.to), timeoutOf(inquiry))

/**
 * Asks the active host; when it leaves before it has answered, the next one, within the same time.
 * Nobody is asked twice.
 */
export function askHost(inquiry: Inquiry, now: () => number): Promise<Json> {
  if (!inquiry.room.host) throw new Refusal('NO_HOST')
  return askHosts(inquiry, now)
}

async function askHosts(given: Inquiry, now: () => number): Promise<Json> {
  const deadline = now() + timeoutOf(given)
  const inquiry = { ...given, say: once(given.say) }
  const tried = new Set<Receiver>()
  let left = new Refusal('NO_HOST')
  for (;;) {
    const { host } = inquiry.room
    if (!host || tried.has(host.receiver)) throw left
    tried.add(host.receiver)
    try {
      return await ask(inquiry, host, Math.max(1, Math.ceil(deadline - now())))
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'TARGET_LEFT') throw error
      left = error
    }
  }
}

async function ask(
  { room, member, asker, type, say }: Inquiry,
  target: Member,
  timeout: number,
): Promise<Json> {
  const cause = { member: target.number, player: target.receiver.player?.id ?? null }
  const answer = await target.receiver.ask({
    type,
    make() {
      const data = { ...say(), timeout }
      // The room's logic, which saw it first, may have taken the seat away.
      if (room.memberOf(target.receiver) !== target)
        throw new Refusal('TARGET_LEFT', undefined, { cause })
      return data
    },
    origin: stampOf(room, member),
    timeout,
    cause,
    asker,
  })
  return (answer as { value: Json }).value
}

const timeoutOf = ({ timeout = DEFAULT_ASK_MS }: Inquiry): number => timeout

function once<T>(run: () => T): () => T {
  let done: { readonly value: T } | undefined
  return () => {
    done ??= { value: run() }
    return done.value
  }
}
