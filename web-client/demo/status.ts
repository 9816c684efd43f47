import type { State } from '../client.ts'
import { createGraph } from './graph.ts'
import { PING_MS } from './visit.ts'

export interface StatusElements {
  readonly status: HTMLElement
  /** Holds the graph and the figure; keeps its place while there is nothing to say. */
  readonly roundTrip: HTMLElement
  readonly graph: Element
  readonly figure: HTMLElement
  readonly cut: HTMLButtonElement
  readonly reconnect: HTMLButtonElement
}

/** Outside, in no room, nobody needs to know how the connection is. */
type Shown = State | 'outside'

const TEXTS: Readonly<Record<Shown, string>> = {
  outside: 'not in a room',
  connecting: 'connecting…',
  open: 'connected',
  away: 'coming back…',
  closed: 'closed',
}

/** How the connection is, and what can be done about it. */
export function createStatus(elements: StatusElements) {
  const { status, roundTrip, figure, cut, reconnect } = elements
  const graph = createGraph(elements.graph)
  let sampled = Number.NEGATIVE_INFINITY

  return {
    get state() {
      return status.dataset.state
    },
    show(state: Shown, text: string = TEXTS[state]): void {
      status.dataset.state = state
      status.textContent = text
      cut.disabled = state !== 'open'
      reconnect.hidden = state !== 'closed'
    },
    /** Shows the last round trip at once, and adds it to the graph as often as it is measured. */
    showRoundTrip(last: number | undefined, now: number): void {
      const ms = status.dataset.state === 'open' ? last : undefined
      const text = ms === undefined ? '–' : ms < 1 ? '< 1 ms' : `${Math.round(ms)} ms`
      if (figure.textContent !== text) figure.textContent = text
      if (roundTrip.hidden && ms === undefined) return
      roundTrip.hidden = false
      if (now - sampled < PING_MS) return
      sampled = now
      graph.add(ms)
    },
  }
}
