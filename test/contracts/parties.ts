import type { Test } from 'tap'
import type { Parties } from '../../server/core/party/parties.ts'
import type { Change, Deed, Party } from '../../server/core/party/party.ts'
import { limitsOf } from '../../server/core/wire/limits.ts'
import { Refusal } from '../../server/core/wire/refusal.ts'

/** Opens what holds parties, of a test's own; it is closed with the test. */
export type OpenParties = (t: Test) => Promise<Parties>

const LIMITS = limitsOf({ party_members: 3, party_invitations: 2, data_bytes: 64 })
const made = (player: string, code: string, open = true): Deed => ({
  ...{ do: 'create', player, code, name: player, own: {}, properties: {}, open },
})
const joined = (player: string, code: string): Deed => ({
  ...{ do: 'join', player, code, name: player, own: {} },
})

/** What everything that holds parties promises, wherever it holds them. */
export function partiesContract(t: Test, name: string, open: OpenParties): void {
  const promise = (title: string, run: (t: Test, held: Held) => Promise<void>) =>
    t.test(`${title} (${name})`, async (t) => run(t, hold(await open(t))))

  promise('a player is in one party at a time', async (t, { act }) => {
    await act(made('ada', 'AAAAAA'))
    await act(made('bob', 'BBBBBB'))

    t.equal(await act(joined('ada', 'BBBBBB')), 'ALREADY_IN_PARTY')
    t.equal(await act(made('ada', 'CCCCCC')), 'ALREADY_IN_PARTY')
    await act({ do: 'leave', player: 'ada', reason: 'left' })
    t.match(await act(joined('ada', 'BBBBBB')), { leader: 'bob', members: { length: 2 } })
    t.equal(await act(joined('cleo', 'AAAAAA')), 'PARTY_NOT_FOUND', 'nobody is left in it')
  })

  promise('of many who join at once no more get in than there is room for', async (t, { act }) => {
    await act(made('ada', 'AAAAAA'))

    const all = await Promise.all(
      ['bob', 'cleo', 'dan', 'eve'].map((player) => act(joined(player, 'AAAAAA'))),
    )

    t.equal(all.filter((one) => one === 'PARTY_FULL').length, 2)
  })

  promise('what changed is heard in order, before the deed is done', async (t, held) => {
    const { act, changes } = held
    await act(made('ada', 'AAAAAA'))
    await act(joined('bob', 'AAAAAA'))
    await act({ do: 'away', player: 'bob', away: true })
    await act({ do: 'ready', player: 'bob', ready: false })
    await act({ do: 'leave', player: 'ada', reason: 'left' })

    t.strictSame(
      changes.map(({ what, player, party }) => [what, player, party.members.length]),
      [
        ['joined', 'ada', 1],
        ['joined', 'bob', 2],
        ['member', 'bob', 2],
        ['left', 'ada', 1],
        ['updated', 'bob', 1],
      ],
      'what changes nothing is not told',
    )
    held.stop()
    await act({ do: 'leave', player: 'bob', reason: 'lost' })
    t.equal(changes.length, 5)
  })

  promise(
    'only its leader leads, and what is refused changes nothing',
    async (t, { act, changes }) => {
      await act(made('ada', 'AAAAAA'))
      await act(joined('bob', 'AAAAAA'))
      const { length } = changes

      const refused = [
        await act({ do: 'kick', player: 'bob', whom: 'ada' }),
        await act({ do: 'promote', player: 'bob', whom: 'bob' }),
        await act({ do: 'update', player: 'bob', properties: { mode: 'hard' } }),
        await act({ do: 'kick', player: 'ada', whom: 'ada' }),
        await act({ do: 'promote', player: 'ada', whom: 'nobody' }),
        await act({ do: 'update', player: 'ada', properties: { long: 'x'.repeat(64) } }),
        await act({ do: 'ready', player: 'nobody', ready: true }),
        await act({ do: 'pass', player: 'bob' }),
      ]

      t.strictSame(refused.slice(0, 7), [
        ...['NOT_PARTY_LEADER', 'NOT_PARTY_LEADER', 'NOT_PARTY_LEADER'],
        ...['INVALID_TARGET', 'INVALID_TARGET', 'TOO_LARGE', 'NOT_IN_PARTY'],
      ])
      t.equal(changes.length, length)
    },
  )

  promise('who was kicked comes back only where it is invited', async (t, { act }) => {
    await act(made('ada', 'AAAAAA'))
    await act(joined('bob', 'AAAAAA'))
    await act({ do: 'kick', player: 'ada', whom: 'bob' })

    t.equal(await act(joined('bob', 'AAAAAA')), 'NOT_INVITED')
    await act({ do: 'invite', player: 'ada', whom: 'bob' })
    t.match(await act(joined('bob', 'AAAAAA')), { members: { length: 2 } })
  })

  promise('a party that is not open takes the invited, each once', async (t, { act }) => {
    await act(made('ada', 'AAAAAA', false))
    await act({ do: 'invite', player: 'ada', whom: 'bob' })
    await act({ do: 'invite', player: 'ada', whom: 'cleo' })
    await act({ do: 'invite', player: 'ada', whom: 'dan' })

    t.equal(await act(joined('bob', 'AAAAAA')), 'NOT_INVITED', 'the oldest of three goes')
    t.match(await act({ do: 'decline', player: 'cleo', code: 'AAAAAA' }), { code: 'AAAAAA' })
    t.equal(await act({ do: 'decline', player: 'cleo', code: 'AAAAAA' }), 'PARTY_NOT_FOUND')
    t.match(await act(joined('dan', 'AAAAAA')), { members: { length: 2 } })
    await act({ do: 'leave', player: 'dan', reason: 'left' })
    t.equal(await act(joined('dan', 'AAAAAA')), 'NOT_INVITED')
  })

  promise('who has been there for longest leads where the leader is not', async (t, { act }) => {
    await act(made('ada', 'AAAAAA'))
    await act(joined('bob', 'AAAAAA'))
    await act(joined('cleo', 'AAAAAA'))
    await act({ do: 'away', player: 'bob', away: true })

    t.match(await act({ do: 'pass', player: 'ada' }), { leader: 'ada' }, 'it is there')
    await act({ do: 'away', player: 'ada', away: true })
    t.match(await act({ do: 'pass', player: 'ada' }), { leader: 'cleo' }, 'bob is away')
    await act({ do: 'leave', player: 'cleo', reason: 'left' })
    t.match(await act({ do: 'away', player: 'bob', away: false }), { leader: 'ada' })
  })
}

interface Held {
  readonly changes: readonly Change[]
  /** The party, or the code of why not. */
  act(deed: Deed): Promise<Party | string>
  stop(): void
}

function hold(parties: Parties): Held {
  const changes: Change[] = []
  const stop = parties.listen((change) => void changes.push(change))
  return {
    changes,
    stop,
    act: (deed) =>
      parties.act(deed, LIMITS).catch((error: unknown) => {
        if (error instanceof Refusal) return error.code
        throw error
      }),
  }
}
