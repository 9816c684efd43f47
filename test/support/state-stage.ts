import { setImmediate as turn } from 'node:timers/promises'
import type { Test } from 'tap'
import type { HubOptions } from '../../server/server.ts'
import type { RawClient } from './client.ts'
import { type Stage, stage } from './stage.ts'
import { mirrorOf } from './state-mirror.ts'

export const TICK_MS = 50

export const create = async (client: RawClient, kind: string, more = {}): Promise<string> => {
  const answer = await client.ask('room.create', { kind, ...more })
  if (answer.type === 'error') throw new Error(`${answer.data.code}: ${answer.data.message}`)
  return answer.data.room.code
}

/** All that was written has been read. */
export async function quiet(): Promise<void> {
  for (let count = 0; count < 8; count++) await turn()
}

export type Mirrored = ReturnType<typeof mirrorOf> & { readonly client: RawClient }

/** A hub in memory, whose rooms' steps come when the test says. */
export function staging(t: Test, options: HubOptions = {}) {
  const here: Stage = stage(t, options)
  const of = (client: RawClient): Mirrored => {
    const mirror = mirrorOf(client)
    return Object.defineProperties({ client } as Mirrored, Object.getOwnPropertyDescriptors(mirror))
  }
  return {
    ...here,
    /** So many steps pass, each seen by everybody. */
    async tick(count = 1): Promise<void> {
      for (; count > 0; count--) {
        here.clock.advance(TICK_MS)
        await quiet()
      }
    },
    /** A client that follows the state of its rooms. */
    mirrored: Object.assign(async () => of(await here.raw()), { of }),
  }
}
