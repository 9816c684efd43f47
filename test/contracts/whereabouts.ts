import type { Test } from 'tap'
import { offline, type Presence, type Whereabouts } from '../../server/core/nodes/whereabouts.ts'

/** Opens what knows how players are, of a test's own; it is closed with the test. */
export type OpenWhereabouts = (t: Test) => Promise<Whereabouts>

const is = (player: string, text: string): Presence => ({
  ...{ player, status: 'online', text, data: {} },
})

/** What everything that knows how players are promises, wherever it is kept. */
export function whereaboutsContract(t: Test, name: string, open: OpenWhereabouts): void {
  t.test(`how players are is known, and heard in order (${name})`, async (t) => {
    const known = await open(t)
    const heard: Presence[] = []
    const stop = known.listen((presence) => heard.push(presence))
    const found = (...players: string[]) =>
      new Promise<readonly Presence[]>((resolve) => known.look(players, resolve))

    known.set(is('ada', 'one'))
    known.set(is('ada', 'two'))
    known.set(is('bob', ''))
    t.strictSame(await found('ada', 'nobody', 'bob'), [is('ada', 'two'), is('bob', '')])
    known.set(offline('ada'))
    t.strictSame(await found('ada', 'bob'), [is('bob', '')])
    known.set(offline('nobody'))
    stop()
    known.set(is('eve', ''))

    const all = [is('ada', 'one'), is('ada', 'two'), is('bob', ''), offline('ada')]
    t.strictSame(heard, all, 'not who was offline before, nor after one has stopped to listen')
  })

  t.test(`what is told of players is no older than what was heard (${name})`, async (t) => {
    const known = await open(t)
    let newest = ''
    known.listen(({ text }) => {
      newest = text
    })

    for (let turn = 0; turn < 20; turn++) {
      known.set(is('ada', `${turn}`))
      const told = new Promise<void>((resolve) =>
        known.look(['ada'], ([presence]) => {
          if (presence?.text !== newest) t.equal(presence?.text, newest)
          resolve()
        }),
      )
      known.set(is('ada', `${turn} again`))
      await told
    }
    t.pass('20 turns')
  })
}
