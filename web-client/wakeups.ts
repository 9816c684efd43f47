/**
 * Calls `wake` whenever the device says that it is online, or in front, again; returns what ends it.
 */
export type Wakeups = (wake: () => void) => () => void

/** The part of a browser's window that is used. */
export interface Window {
  addEventListener(type: string, listener: () => void): void
  removeEventListener(type: string, listener: () => void): void
  readonly document: {
    readonly visibilityState: string
    addEventListener(type: string, listener: () => void): void
    removeEventListener(type: string, listener: () => void): void
  }
}

/** Those of a browser: the network is there, or the page is shown again. */
export const wakeupsOf =
  (window: Window): Wakeups =>
  (wake) => {
    const { document } = window
    const shown = () => document.visibilityState === 'visible' && wake()
    window.addEventListener('online', wake)
    window.addEventListener('pageshow', wake)
    document.addEventListener('visibilitychange', shown)
    return () => {
      window.removeEventListener('online', wake)
      window.removeEventListener('pageshow', wake)
      document.removeEventListener('visibilitychange', shown)
    }
  }

/** Those of this platform; elsewhere than in a page there are none. */
export function platformWakeups(): Wakeups | undefined {
  const platform = globalThis as unknown as Partial<Window> // a browser’s is more than that
  return platform.document && platform.addEventListener ? wakeupsOf(platform as Window) : undefined
}
