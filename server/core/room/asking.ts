import { DEFAULT_ASK_MS } from '../../../protocol/queries.ts'
import type { Json } from '../../../protocol/schema.ts'
import { heardMs, toldMs } from '../../../protocol/timer.ts'
import type { Asker, Receiver } from '../delivery/receiver.ts'
import { Refusal } from '../wire/refusal.ts'
import { targetOf } from './audience.ts'
import type { HostWaits } from './host-wait.ts'
import { type Member, stampOf } from './member.ts'
import type { Room } from './room.ts'

/** What one member asks another. */
interface Inquiry {
  readonly room: Room
  readonly member: Member
  /** Who waits for the answer. */
  readonly asker: Asker & Receiver
  readonly to: readonly string[] | undefined
  readonly type: 'query' | 'function.call'
  /** How long it may take, in ms (30,000), as a message tells it. */
  readonly timeout: number | undefined
  /** What is asked; said once, when nothing but its size is in the way. */
  readonly say: () => object
}

/** One that waits for as long as its asker does. */
interface Waiting extends Inquiry {
  /** Which counts of its asker's it is asked with. */
  readonly generation: number
}

/** What it takes to ask the host, be it away. */
export interface HostOptions {
  readonly now: () => number
  /** Resolves when there is a host who is there, or none. */
  readonly untilHost: HostWaits['over']
}

/** Whether a question is for the active host, whoever that is. */
export const isForHost = (to: readonly string[] | undefined): boolean =>
  to?.length === 1 && to[0] === 'host'

/**
 * Asks the one member that `to` names; resolves with the value of its answer. A host who is away is
 * asked once it is back, or who is host then.
 */
export function askOne(inquiry: Inquiry, options: HostOptions): Promise<Json> {
  const { room, member, to } = inquiry
  if (isForHost(to) && room.host?.away) return askLater(inquiry, options)
  return ask(inquiry, targetOf(room, member, to), timeoutOf(inquiry))
}

async function askLater(inquiry: Inquiry, options: HostOptions): Promise<Json> {
  const { room, member, to } = inquiry
  const deadline = options.now() + timeoutOf(inquiry)
  await hostKnown(waitingOf(inquiry), options, timeoutOf(inquiry))
  const remaining = Math.max(1, Math.ceil(deadline - options.now()))
  return ask(inquiry, targetOf(room, member, to), remaining)
}

/** There is a host who is there, or none; and who asks is still in the room. */
async function hostKnown(inquiry: Waiting, { untilHost }: HostOptions, ms: number): Promise<void> {
  await untilHost(inquiry.room, inquiry.asker, ms)
  refuseGone(inquiry)
}

/** Refuses who has left meanwhile, has begun anew, or whose seat is another session's. */
function refuseGone({ room, member, asker, generation }: Waiting): void {
  if (asker.resume.generation !== generation) throw new Refusal('OUTCOME_UNKNOWN')
  if (room.memberOf(asker) !== member) throw new Refusal('NOT_IN_ROOM')
}

/**
 * Asks the active host; when it leaves before it has answered, the next one, within the same time.
 * Nobody is asked twice, and who is away already not before it is back: another may be host by then.
 */
export function askHost(inquiry: Inquiry, options: HostOptions): Promise<Json> {
  if (!inquiry.room.host) throw new Refusal('NO_HOST')
  return askHosts(inquiry, options)
}

async function askHosts(given: Inquiry, options: HostOptions): Promise<Json> {
  const deadline = options.now() + timeoutOf(given)
  const inquiry = { ...waitingOf(given), say: once(given.say) }
  const tried = new Set<Receiver>()
  const remaining = () => Math.max(1, Math.ceil(deadline - options.now()))
  let left = new Refusal('NO_HOST')
  for (;;) {
    if (inquiry.room.host?.away) await hostKnown(inquiry, options, remaining())
    const { host } = inquiry.room
    if (!host || tried.has(host.receiver)) throw left
    if (tried.size > 0) refuseGone(inquiry)
    tried.add(host.receiver)
    try {
      return await ask(inquiry, host, remaining())
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
      const data = { ...say(), timeout: toldMs(timeout) }
      // The room's logic, which saw it first, may have taken the seat away.
      if (room.memberOf(target.receiver) !== target)
        throw new Refusal('TARGET_LEFT', undefined, { cause })
      return data
    },
    origin: stampOf(room, member),
    timeout,
    cause,
    asker,
    whenLeft: (withdraw) => room.whenLeft(member, withdraw),
  })
  return (answer as { value: Json }).value
}

const timeoutOf = ({ timeout = DEFAULT_ASK_MS }: Inquiry): number => heardMs(timeout)

const waitingOf = (inquiry: Inquiry): Waiting => ({
  ...inquiry,
  generation: inquiry.asker.resume.generation,
})

function once<T>(run: () => T): () => T {
  let done: { readonly value: T } | undefined
  return () => {
    done ??= { value: run() }
    return done.value
  }
}
