import { acceptPackets, definePackets, ValidationError } from '../../server/game/packets.ts'

/** The packets of the stage, as the server and every client know them. */
export const PACKETS = definePackets({
  Action: { data: { payload: 'varint', type: 'string' } },
  AskMe: { data: { number: 'int32' }, doc: 'The server asks its sender for the double.' },
  BundleMe: { doc: 'The server sends bundles in bundles, and answers with what they came to.' },
  Double: { data: { number: 'int32' } },
  Echo: { data: 'packer' },
  Guarded: { data: { word: 'string' } },
  Nothing: {},
  Player: {
    data: {
      health: 'varuint',
      jumping: 'boolean',
      position: ['int16'],
      attributes: { str: 'uint8', agi: 'uint8', int: 'uint8' },
      icon: 'buffer',
    },
  },
  Reload: { data: 'string', doc: 'The server sends Refresh, then Redirect with this address.' },
  Slap: {},
})

const add = (payload: number) => ['Action', { payload, type: 'ADD' }] as const

/** 20, 23 and 26, each deeper than the one before: 69. */
export const ADDS = ['Bundle', [add(20), ['Bundle', [add(23), ['Bundle', [add(26)]]]]]] as const

/** The same with what the stage's server does about them. */
export function stagePackets() {
  const totals = new WeakMap<object, number>()
  return acceptPackets(PACKETS, {
    Action: {
      respond({ payload }, { session }) {
        const total = (totals.get(session) ?? 0) + payload
        totals.set(session, total)
        return total
      },
    },
    AskMe: {
      async respond({ number }, { session }) {
        try {
          return { answer: await session.ask(['Double', { number }]) }
        } catch (error) {
          return { refused: error instanceof ValidationError ? error.code : `${error}` }
        }
      },
    },
    BundleMe: { respond: (_data, { session }) => session.ask(ADDS) },
    Echo: { respond: (data) => data },
    Guarded: {
      async validate({ word }) {
        if (word !== 'please') throw new ValidationError({ code: 404, reason: 'no such word' })
      },
      respond: ({ word }) => word.toUpperCase(),
    },
    Nothing: { respond: () => undefined },
    Player: { respond: (data) => data.position },
    Reload: {
      respond(address, { session }) {
        session.send(['Refresh'])
        session.send(['Redirect', address])
      },
    },
  })
}
