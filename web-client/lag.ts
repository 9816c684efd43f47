import { createLag, type Lag } from '../protocol/lag.ts'
import { type Link, type LinkEvents, LOST, type Timers } from './link.ts'

export type OpenLink = (events: LinkEvents) => Link

/** Links over a network made worse: what goes either way is late, and chance cuts and stalls them. */
export function lagged(open: OpenLink, lag: Lag, timers: Timers): OpenLink {
  let connections = 0
  return (events) => {
    let isOver = false
    const line = createLag(lag, ++connections, timers, () => {
      link.cut()
      finish(LOST, 'cut by lag')
    })
    const heard = (tell: () => void) =>
      line.down(() => {
        if (!isOver) tell()
      })
    const link = open({
      opened: () => heard(events.opened),
      received: (data) => heard(() => events.received(data)),
      closed: (code, reason) => heard(() => finish(code, reason)),
    })

    function finish(code: number, reason: string): void {
      line.end()
      if (isOver) return
      isOver = true
      events.closed(code, reason)
    }

    return {
      send: (data) => line.up(() => link.send(data)),
      close(code, reason) {
        isOver = true
        line.up(() => {
          line.end()
          link.close(code, reason)
        })
      },
      cut() {
        isOver = true
        line.end()
        link.cut()
      },
    }
  }
}
