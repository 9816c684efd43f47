import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'
import { startProgram } from './program.ts'

/**
 * A browser whose tabs can go out of sight, as those that Playwright starts itself never do: it tells
 * them that they are in front, always. It has one context only.
 */
export async function openPhone(t: Test, executablePath: string, args: readonly string[] = []) {
  const { complaints } = startProgram(t, executablePath, [
    ...['--headless', '--no-sandbox', '--no-first-run', '--remote-debugging-port=0', ...args],
    `--user-data-dir=${t.testdir()}`,
  ])
  const line = await complaints.until((line) => LISTENING.test(line), 'a browser')
  const [, endpoint = ''] = LISTENING.exec(line) ?? []
  const browser: Browser = await chromium.connectOverCDP(endpoint, { noDefaults: true })
  t.teardown(() => browser.close())
  const [context] = browser.contexts()
  if (!context) throw new Error('expected a context, as every browser has')
  return { newContext: async (): Promise<BrowserContext> => context }
}

/** Puts the phone into a pocket: the tab is hidden, and runs no more. Returns what takes it out. */
export async function pocket(page: Page): Promise<() => Promise<void>> {
  const context = page.context()
  const control = await context.newCDPSession(page)
  const cover = await context.newPage()
  await cover.bringToFront()
  await page.waitForFunction(isHidden, undefined, { polling: 20 })
  await control.send('Page.setWebLifecycleState', { state: 'frozen' })
  return async () => {
    await control.send('Page.setWebLifecycleState', { state: 'active' })
    await page.bringToFront()
    await cover.close()
  }
}

declare const document: { readonly hidden: boolean }
const isHidden = () => document.hidden

const LISTENING = /listening on (ws:\S+)/
