import type { Test } from 'tap'
import { type Played, peerOf } from './engine-peers.ts'
import { startScript, type Tabs } from './web-browser.ts'

/** A game in a tab, of an export at that URL (web-export.ts), that does what it is told. */
export async function startWebPeer(
  t: Pick<Test, 'teardown'>,
  tabs: Tabs,
  url: string,
  name: string,
): Promise<Played> {
  const game = await startScript(t, tabs, url, 'res://test/puppet_in_browser.gd', {
    ESTRAGON_GAME: 'res://test/peer_game.gd',
  })
  const { page, lines } = game
  await lines.until((line) => line === 'ready', 'the game', BOUND_MS)
  return peerOf(name, game, {
    write: (line) => void page.evaluate(ask, line).catch(() => {}), // a tab that is gone answers nothing
    listen: (hear) =>
      void page.on('console', (message) => {
        if (message.text().startsWith('{"id":')) hear(message.text())
      }),
  })
}

const BOUND_MS = 60_000

declare const window: { ASKED?: string[] }

const ask = (line: string) => {
  window.ASKED ??= []
  window.ASKED.push(line)
}
