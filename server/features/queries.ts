import { BUILT_IN_QUERIES, queries as queriesTable } from '../../protocol/queries.ts'
import { check, type Json } from '../../protocol/schema.ts'
import type { HandlersOf } from '../core/dispatch/dispatch.ts'
import { askOne, type HostOptions } from '../core/room/asking.ts'
import { isForServer } from '../core/room/audience.ts'
import type { Words } from '../core/room/kind.ts'
import { type Logic, swallowed } from '../core/room/logic.ts'
import type { Resolve } from '../core/room/seated.ts'
import { Refusal } from '../core/wire/refusal.ts'

export interface QueriesOptions extends HostOptions {
  readonly resolve: Resolve
  readonly logic: Logic
}

/** Queries: questions from one player to another, or to the room's own logic. */
export function createQueries({ resolve, logic, ...hosts }: QueriesOptions) {
  const handlers: HandlersOf<(typeof queriesTable)['messages']> = {
    query(context, { name, data, timeout }) {
      const { room, member } = resolve(context)
      room.permit(member, 'query')
      const { session: asker, to = [] } = context
      const message = { type: 'query', name, args: [data], to, from: member } as const
      if (isForServer(to))
        return logic.answer(context, { room, message, timeout, problemOf: problemIn })
      refuseWrong(problemInBuiltIn(message, 'query.data'), 'INVALID_MESSAGE_DATA')
      let asked: Words = message
      const say = () => {
        const words = logic.pass(room, message, (all) => problemIn(all) ?? problemInBuiltIn(all))
        if (!words) throw swallowed(name)
        asked = words
        return { name: words.name, data: words.args[0] ?? null }
      }
      const inquiry = { room, member, asker, to, type: 'query', timeout, say } as const
      const answer = askOne(inquiry, hosts)
      return answer.then((value) => {
        const problem = problemInAnswer(asked, value)
        refuseWrong(problem, 'REMOTE_ERROR')
        return () => ({ value })
      })
    },
  }
  return { handlers }
}

const QUERY = queriesTable.messages.query.data

/** What is wrong with a query that the room's logic made of another; its data is its one argument. */
function problemIn({ name, args }: Words): string | undefined {
  if (!Array.isArray(args) || args.length > 1) return 'args: expected an array of one'
  return check(QUERY, { name, data: args[0] ?? null }, 'query')
}

function problemInBuiltIn({ name, args: [data = null] }: Words, place = 'data') {
  const builtIn = builtInNamed(name)
  return builtIn && check(builtIn.data, data, place)
}

function problemInAnswer({ name }: Words, value: Json): string | undefined {
  const builtIn = builtInNamed(name)
  return builtIn && check(builtIn.value, value, `${name} answer`)
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
