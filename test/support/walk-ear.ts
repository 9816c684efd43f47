import { isDeepStrictEqual } from 'node:util'
import type { Any } from './client.ts'
import type { Model } from './walk-model.ts'

/** Hears every frame of one client, and what the model expects next in its place. */
export function createEar(model: Model, wrong: (what: string) => void) {
  let current = ''
  let candidate = ''
  let attempt: number | undefined
  let pages: object[] = []

  return {
    onSend({ type, data }: Any): undefined {
      if (type === 'session.resume') attempt = data.attempt
      if (type === 'session.hello') attempt = undefined
    },
    onReceive(message: Any): undefined {
      const { type, data } = message
      if (type === 'welcome') return welcomed(data)
      if (type === 'session.resume') return answered(data)
      if (type === 'session.snapshot') return restored(data)
      if (/^(session\.|presence\.|ping$)/.test(type)) return
      const awaited = model.sessions.get(current)?.awaited
      // A session that is over for the model, but not yet for its client, hears the last of it.
      if (!awaited) return
      const next = awaited.shift()
      if (type === 'player.identify' && next?.data.player === null) return
      if (!isSame(next, message))
        wrong(`heard ${JSON.stringify(message)} instead of ${JSON.stringify(next)}`)
    },
  }

  function welcomed({ session, token }: Any): undefined {
    model.tokens.set(token, session)
    candidate = session
    if (attempt === undefined) current = session
  }

  function answered({ resumed, kept }: Any): undefined {
    pages = []
    if (kept) wrong('was reset instead of resumed')
    if (!resumed) current = candidate
  }

  function restored(page: Any): undefined {
    pages.push(...page.rooms)
    if (page.more) return
    const said = model.sessions.get(current)?.restored
    const seats = pages.map((seat) => ({ ...seat, more: false }))
    if (said && said.attempt === attempt && !isDeepStrictEqual(said.rooms, seats))
      wrong(`got ${JSON.stringify(pages)} instead of ${JSON.stringify(said.rooms)}`)
    pages = []
  }
}

function isSame(expected: Any, message: Any): boolean {
  if (message.type !== 'error') return isDeepStrictEqual(expected, message)
  return expected?.re === message.re && expected?.data.code === message.data.code
}
