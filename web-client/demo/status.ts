import type { State } from '../client.ts'

export interface StatusElements {
  readonly status: HTMLElement
  readonly roundTrip: HTMLElement
  readonly cut: HTMLButtonElement
  readonly reconnect: HTMLButtonElement
}

const TEXTS: Readonly<Record<State, string>> = {
  connecting: 'connecting…',
  open: 'connected',
  away: 'away: coming back…',
  closed: 'closed',
}

/** How the connection is, and what can be done about it. */
export function createStatus({ status, roundTrip, cut, reconnect }: StatusElements) {
  return {
    get state() {
      return status.dataset.state
    },
    show(state: State, text: string = TEXTS[state]): void {
      status.dataset.state = state
      status.textContent = text
      cut.disabled = state !== 'open'
      reconnect.hidden = state !== 'closed'
    },
    showRoundTrip(ms: number | undefined): void {
      const text = ms === undefined ? '' : ms < 1 ? '< 1 ms' : `${Math.round(ms)} ms`
      if (roundTrip.textContent !== text) roundTrip.textContent = text
      const isKnown = text !== '' && status.dataset.state === 'open'
      if (roundTrip.hidden === isKnown) roundTrip.hidden = !isKnown
    },
  }
}
