import { DEFAULT_ASK_MS } from '../../../protocol/queries.ts'
import type { Json } from '../../../protocol/schema.ts'
import type { Session } from '../session/session.ts'
import { Refusal } from '../wire/refusal.ts'
import { targetOf } from './audience.ts'
import { type Member, type Room, stampOf } from './room.ts'

/** What one member asks another. */
export interface Asked {
  readonly room: Room
  readonly asker: Member
  readonly to: readonly string[] | undefined
  readonly type: 'query' | 'function.call'
  readonly data: { readonly timeout?: number }
}

/** Asks the one member that `to` names; resolves with the value of its answer. */
export const askOne = (asked: Asked): Promise<Json> =>
  ask(asked, targetOf(asked.room, asked.asker, asked.to), asked.data.timeout ?? DEFAULT_ASK_MS)

/**
 * Asks the active host; when it leaves before it has answered, the next one, within the same time.
 * Nobody is asked twice.
 */
export function askHost(asked: Asked, now: () => number): Promise<Json> {
  if (!asked.room.host) throw new Refusal('NO_HOST')
  return askHosts(asked, now)
}

async function askHosts(asked: Asked, now: () => number): Promise<Json> {
  const deadline = now() + (asked.data.timeout ?? DEFAULT_ASK_MS)
  const tried = new Set<Session>()
  let left = new Refusal('NO_HOST')
  for (;;) {
    const { host } = asked.room
    if (!host || tried.has(host.session)) throw left
    tried.add(host.session)
    try {
      return await ask(asked, host, Math.max(1, Math.ceil(deadline - now())))
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'TARGET_LEFT') throw error
      left = error
    }
  }
}

async function ask(
  { room, asker, type, data }: Asked,
  target: Member,
  timeout: number,
): Promise<Json> {
  const cause = { member: target.number, player: target.session.player?.id ?? null }
  const answer = await target.session.ask({
    type,
    data: { ...data, timeout },
    origin: stampOf(room, asker),
    timeout,
    cause,
    asker: asker.session,
  })
  return (answer as { value: Json }).value
}
