import type { Test } from 'tap'
import type { Opening } from '../../server/core/match/opening.ts'
import type { OpenPool } from '../../server/core/match/pool.ts'
import type { QueueRules } from '../../server/core/match/rules.ts'
import type { Search } from '../../server/core/match/search.ts'
import { type Clock, createClock } from '../support/clock.ts'

/** What every pool of a queue promises, wherever its searches are held. */
export function queuesContract(t: Test, name: string, open: OpenPool): void {
  const promise = (title: string, run: (t: Test) => void) =>
    t.test(`${title} (${name})`, async (t) => run(t))

  promise('searches that fit are found together, once', (t) => {
    const { pool, told } = opened(open, { kind: 'arena', max: 2 })

    pool.add(search('ada'))
    pool.add(search('bob'))
    pool.add(search('cleo'))

    t.strictSame(told, [['found', 'ada bob']])
    t.equal(pool.size, 1)
  })

  promise('what was removed is found no more', (t) => {
    const { pool, told } = opened(open, { kind: 'arena', max: 2 })
    pool.add(search('ada'))

    t.equal(pool.remove('ada'), true)
    t.equal(pool.remove('ada'), false)
    pool.add(search('bob'))

    t.strictSame(told, [])
  })

  promise('what waits in vain expires, and nothing does once it is closed', (t) => {
    const { pool, told, clock } = opened(open, { kind: 'arena', max: 2, wait_ms: 1_000 })
    pool.add(search('ada', clock))
    clock.advance(999)
    t.strictSame(told, [])
    clock.advance(1)
    t.strictSame(told, [['expired', 'ada']])

    pool.add(search('bob', clock))
    pool.close()
    clock.advance(60_000)

    t.equal(told.length, 1)
  })

  promise('an opening is offered first, to who waits and to who comes, until withdrawn', (t) => {
    const { pool, told } = opened(open, { kind: 'arena', max: 2 })
    const opening: Opening = { key: '[]', teamFor: ({ size }) => (size === 1 ? 0 : undefined) }
    pool.add(search('ada'))

    pool.offer(opening)
    pool.add(search('bob'))
    pool.withdraw(opening)
    pool.add(search('cleo'))

    t.strictSame(told, [
      ['joins', 'ada'],
      ['joins', 'bob'],
    ])
    t.equal(pool.size, 1)
  })
}

function opened(open: OpenPool, rules: QueueRules) {
  const clock = createClock()
  const told: [string, string][] = []
  const pool = open({
    ...{ rules, world: clock, tries: 1_000, mayPlay: () => true },
    found: ({ entries }) =>
      void told.push([
        'found',
        entries
          .map(({ search }) => search.id)
          .sort()
          .join(' '),
      ]),
    joins: (_, { search }) => void told.push(['joins', search.id]),
    expired: ({ id }) => void told.push(['expired', id]),
  })
  return { pool, told, clock }
}

const search = (id: string, clock?: Clock): Search => ({
  id,
  since: clock?.now() ?? 0,
  searchers: [{ session: id, player: null, properties: {} }],
})
