import { BUILT_IN_QUERIES, type queries as queriesTable } from '../../protocol/queries.ts'
import { check } from '../../protocol/schema.ts'
import type { HandlersOf } from '../core/dispatch/dispatch.ts'
import { askOne } from '../core/room/asking.ts'
import type { Resolve } from '../core/room/seated.ts'
import { Refusal } from '../core/wire/refusal.ts'

export interface QueriesOptions {
  readonly resolve: Resolve
}

/** Queries: questions from one player to another. */
export function createQueries({ resolve }: QueriesOptions) {
  const handlers: HandlersOf<(typeof queriesTable)['messages']> = {
    query(context, { name: asked, data: given, timeout }) {
      const { room, member } = resolve(context)
      room.permit(member, 'query')
      const message = { type: 'query', name: asked, args: [given], from: member } as const
      const { name, args } = room.transform(message)
      const [data = null] = args
      const builtIn = builtInNamed(name)
      refuseWrong(builtIn && check(builtIn.data, data, 'query.data'), 'INVALID_MESSAGE_DATA')
      const question = { name, data, ...(timeout !== undefined && { timeout }) }
      const { session: asker, to } = context
      const answer = askOne({ room, member, asker, to, type: 'query', data: question })
      return answer.then((value) => {
        refuseWrong(builtIn && check(builtIn.value, value, `${name} answer`), 'REMOTE_ERROR')
        return () => ({ value })
      })
    },
  }
  return { handlers }
}

const builtInNamed = (name: string) =>
  Object.hasOwn(BUILT_IN_QUERIES, name)
    ? BUILT_IN_QUERIES[name as keyof typeof BUILT_IN_QUERIES]
    : undefined

function refuseWrong(
  problem: string | undefined,
  code: 'INVALID_MESSAGE_DATA' | 'REMOTE_ERROR',
): void {
  if (problem) throw new Refusal(code, problem)
}
