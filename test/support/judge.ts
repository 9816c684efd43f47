import type { Json } from '../../protocol/schema.ts'
import { defineRoom, Refusal, shape } from '../../server/server.ts'

/**
 * A room that hears, executes and answers, for the scenarios of every client. `judge.heard` is what it
 * heard so far: [name, args, number] of each event and packet. It refuses `judge.plea` with no words,
 * and keeps `judge.hush` from everybody.
 */
export const JUDGE = defineRoom({
  namespaces: ['judge'],
  onCreate: () => ({ heard: [] as Json[] }),
  onMessage: (_, { name }) => (name === 'judge.hush' ? false : undefined),
  onEvent({ own }, { name, args, from }) {
    if (args.length === 0) throw new Refusal('PERMISSION_DENIED', 'Objection!')
    own.heard.push([name, [...args], from.number])
  },
  onPacket: ({ own }, { name }, from) => void own.heard.push([name, [], from.number]),
  functions: {
    'judge.add': {
      args: shape.tuple(shape.integer('int32'), shape.integer('int32')),
      value: shape.integer('int32'),
      run: (_, [a, b]) => a + b,
    },
    'judge.bless': ({ own }, args, from) => void own.heard.push(['bless', [...args], from.number]),
  },
  queries: {
    'judge.heard': ({ own }) => own.heard,
    'judge.who': async (_, data: Json, { name }) => [data, name],
  },
})
