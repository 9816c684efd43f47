import { functions as functionsTable } from '../../protocol/functions.ts'
import { check } from '../../protocol/schema.ts'
import type { HandlersOf } from '../core/dispatch/dispatch.ts'
import { askHost, askOne, type HostOptions, isForHost } from '../core/room/asking.ts'
import { deliver, type Ear, isForServer, OTHERS, type Saying } from '../core/room/audience.ts'
import type { RoomMessage, Words } from '../core/room/kind.ts'
import {
  type Logic,
  problemAtServer,
  refuseMisfit,
  swallowed,
  unregistered,
} from '../core/room/logic.ts'
import { stampOf } from '../core/room/member.ts'
import type { Room } from '../core/room/room.ts'
import type { Resolve } from '../core/room/seated.ts'
import { push } from '../core/wire/frame.ts'

export interface FunctionsOptions extends HostOptions {
  readonly resolve: Resolve
  readonly logic: Logic
}

/** Functions: registered names that others, or the room's own logic, may execute. */
export function createFunctions({ resolve, logic, ...hosts }: FunctionsOptions) {
  const handlers: HandlersOf<(typeof functionsTable)['messages']> = {
    'function.call'(context, { timeout, ...asked }) {
      const { room, member } = resolve(context)
      room.permit(member, 'execute')
      const { session: asker, to = [] } = context
      const message = { type: 'function', ...asked, to, from: member } as const
      if (isForServer(to))
        return logic.answer(context, { room, message, timeout, problemOf: problemIn })
      const say = () => {
        const words = logic.pass(room, message, problemIn)
        if (!words) throw swallowed(asked.name)
        return { name: words.name, args: words.args }
      }
      const call = { room, member, asker, to, type: 'function.call', timeout, say } as const
      const answer = isForHost(to) ? askHost(call, hosts) : askOne(call, hosts)
      return answer.then((value) => () => ({ value }))
    },
    'function.cast'(context, asked) {
      const place = resolve(context)
      const { room, member: from } = place
      room.permit(from, 'execute')
      const { to = OTHERS } = context
      const message = { type: 'function', ...asked, to, from } as const
      return deliver(context, place, earOf(room, asked.name), () => say(room, message))
    },
  }
  return { handlers }

  function say(room: Room, message: RoomMessage): Saying<object> {
    const isHeard = message.to.includes('server') && has(room, message.name)
    if (isHeard) refuseMisfit(room, 'function', message, 'function.cast.args')
    const words = logic.pass(
      room,
      message,
      (changed) =>
        problemIn(changed) ?? (isHeard ? problemAtServer(room, 'function', changed) : undefined),
    )
    if (!words) return { said: {} }
    const { name, args } = words
    return {
      said: {},
      message: push('function.cast', { name, args }, stampOf(room, message.from)),
      hear: () =>
        logic.hear(room, () => room.hooks.handlerOf?.('function', name)?.run(args, message.from)),
    }
  }
}

const CAST = functionsTable.messages['function.cast'].data

const problemIn = (words: Words) => check(CAST, words, 'function')

const has = ({ hooks }: Room, name: string) => hooks.handlerOf?.('function', name) !== undefined

const earOf = (room: Room, name: string): Ear => ({
  hears: has(room, name),
  deaf: () => unregistered(room, 'function', name),
})
