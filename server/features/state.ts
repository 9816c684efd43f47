import type { state as stateTable } from '../../protocol/state.ts'
import type { Context, HandlersOf } from '../core/dispatch/dispatch.ts'
import type { Resolve } from '../core/room/seated.ts'
import { Refusal } from '../core/wire/refusal.ts'

/** What rooms know. None has tables yet: whoever asks for one is told so. */
export function createState({ resolve }: { readonly resolve: Resolve }) {
  const handlers: HandlersOf<(typeof stateTable)['messages']> = {
    'state.add': (context, { table }) => refuse(context, `state.add.table: no table ${table}`),
    'state.remove': (context, { table }) =>
      refuse(context, `state.remove.table: no table ${table}`),
    'state.resync'(context) {
      const { room } = resolve(context)
      throw new Refusal('UNSUPPORTED', `state.resync: ${room.code} has no tables`)
    },
  }
  return { handlers }

  function refuse(context: Context, text: string): never {
    resolve(context)
    throw new Refusal('TABLE_NOT_FOUND', text)
  }
}
