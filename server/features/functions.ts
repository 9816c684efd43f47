import type { functions as functionsTable } from '../../protocol/functions.ts'
import type { HandlersOf } from '../core/dispatch/dispatch.ts'
import { askHost, askOne } from '../core/room/asking.ts'
import { deliver } from '../core/room/audience.ts'
import { stampOf } from '../core/room/member.ts'
import type { Resolve } from '../core/room/seated.ts'
import { push } from '../core/wire/frame.ts'

export interface FunctionsOptions {
  readonly now: () => number
  readonly resolve: Resolve
}

/** Functions: registered names that others may execute. */
export function createFunctions({ now, resolve }: FunctionsOptions) {
  const handlers: HandlersOf<(typeof functionsTable)['messages']> = {
    'function.call'(context, { timeout, ...asked }) {
      const { room, member } = resolve(context)
      room.permit(member, 'execute')
      const { session: asker, to } = context
      const data = {
        ...room.transform({ type: 'function', from: member, ...asked }),
        ...(timeout !== undefined && { timeout }),
      }
      const call = { room, member, asker, to, type: 'function.call', data } as const
      const isForHost = to?.length === 1 && to[0] === 'host'
      const answer = isForHost ? askHost(call, now) : askOne(call)
      return answer.then((value) => () => ({ value }))
    },
    'function.cast'(context, asked) {
      const { room, member } = resolve(context)
      room.permit(member, 'execute')
      const data = room.transform({ type: 'function', from: member, ...asked })
      const message = push('function.cast', data, stampOf(room, member))
      return deliver(context, { room, member }, message, {})
    },
  }
  return { handlers }
}
