import { Connection, type Transport } from '../../server/core/session/connection.ts'
import type { Session } from '../../server/core/session/session.ts'
import { payloadOf, push } from '../../server/core/wire/frame.ts'
import { Refusal } from '../../server/core/wire/refusal.ts'
import { createHub, defineRoom } from '../../server/server.ts'
import type { Any } from './client.ts'
import { createClock, createTestWorld } from './clock.ts'
import { framesOf } from './frames.ts'
import { named, type Side, type Trace } from './traces.ts'

/** Longer than a reader may make no progress. */
const STALLED_MS = 12_000

/** A hub, on transports that do what the trace says. */
export function serverOf({ limits, claims }: Trace): Side {
  const clock = createClock()
  const written: Any[] = []
  const thinking = new Map<string, () => void>()
  /** What the server chose, and what the trace calls it. */
  const names: (readonly [chosen: string, name: string])[] = []
  /** Connections whose client answers pings. */
  const present = new Set<Connection>()
  let opened = 0
  let hub = start()
  let connection: Connection | undefined
  let session: Session | undefined
  let unwritten = 0
  let last = ''

  return {
    written,
    writes: 'down',
    receive({ frame, hex }) {
      last = frame?.id
      if (hex === undefined) connection?.receive(Buffer.from(chosen(JSON.stringify(frame))), false)
      else connection?.receive(Buffer.from(hex, 'hex'), true)
      follow()
    },
    does: {
      open() {
        const it = accept((bytes) => {
          if (connection === undefined || connection === it) written.push(...messagesIn(bytes))
        })
        connection = it
        follow()
      },
      drop: ({ code }) => drop(code),
      wait: ({ ms }) => clock.advance(ms),
      push: ({ frame }) => session?.send(push(frame.type as 'notify', frame.data)),
      ask({ type, data }) {
        const question = { type, data, origin: {}, timeout: data.timeout, cause: null }
        session?.ask(question).catch(() => {})
      },
      answered: ({ id }) => thinking.get(id)?.(),
      slow() {
        unwritten = 1
        clock.advance(STALLED_MS)
        unwritten = 0
      },
      reload({ old }) {
        if (old === 'gone') return drop(1001)
        if (connection && old === 'there') present.add(connection)
        connection = undefined
      },
      restart() {
        hub.close()
        hub = start()
      },
      rival: ({ attempt }) => rival(attempt),
    },
    state() {
      follow()
      return {
        state: session?.ended ? 'ended' : session?.connection ? 'live' : 'away',
        sent: session?.resume.sent,
        received: session?.resume.received,
      }
    },
    plain(found, expected) {
      const { type, data } = found ?? {}
      if (type === 'welcome') names.push([data.session, `session-${opened}`])
      if (type === 'welcome') names.push([data.token, `token-${opened}`])
      if (type === 'session.resume' && data.token) names.push([data.token, expected.data.token])
      if (type === 'room.join_or_create') names.push([data.room.code, expected.data?.room?.code])
      const its = JSON.parse(
        names.reduce(
          (text, [one, name]) => text.replaceAll(one, name),
          JSON.stringify(found ?? null),
        ),
      )
      if (type === 'welcome') its.data.time = 0
      if (type === 'error') its.data.message = expected.data?.message
      return named(its, expected)
    },
    close: () => hub.close(),
  }

  function start() {
    return createHub({
      world: createTestWorld(clock, opened + 1),
      limits,
      rates: { resume: { per_second: 2, burst: claims } },
      rooms: { duel: defineRoom({}) },
      dev: true,
      handlers: { 'event.emit': emitted, 'event.emit_latest': () => ({ delivered: 0 }) },
    })
  }

  /** What the game on the server does about an event. */
  function emitted(_: unknown, { name, args }: { name: string; args: readonly Any[] }): Any {
    const reply = { name, args, delivered: 0 }
    if (name === 'game.forbidden') throw new Refusal('PERMISSION_DENIED')
    if (name !== 'game.think') return reply
    return new Promise((resolve) => thinking.set(last, () => resolve(() => reply)))
  }

  function accept(heard: (bytes: Buffer) => void): Connection | undefined {
    opened++
    let isOver = false
    const end = () => {
      isOver = true
    }
    const transport: Transport = {
      address: 'trace',
      taken: 0,
      get unwritten() {
        return unwritten
      },
      write(bytes) {
        if (!isOver) heard(Buffer.from(bytes))
        return true
      },
      ping() {
        if (accepted instanceof Connection && present.has(accepted)) accepted.ponged()
      },
      close: end,
      reset: end,
    }
    const accepted = hub.accept(transport)
    return accepted instanceof Connection ? accepted : undefined
  }

  function drop(code: number): void {
    const closed = connection
    connection = undefined
    if (!closed) return
    if (code >= 4_000) closed.close(code as never)
    else closed.closed(code)
    hub.forget(closed)
  }

  /** A copy of the client claims its session, and goes. */
  function rival(attempt: number): void {
    const [token = ''] = [...names].reverse().find(([, name]) => name.startsWith('token-')) ?? []
    const other = accept(() => {})
    const { sent = 0, received = 0 } = session?.resume ?? {}
    const data = { token, attempt, sent: received, received: sent, forgotten: 0 }
    other?.receive(Buffer.from(JSON.stringify({ type: 'session.resume', id: 'r', data })), false)
    other?.closed(1006)
    if (other) hub.forget(other)
  }

  function follow(): void {
    session = connection?.session ?? session
  }

  function chosen(text: string): string {
    return names.reduce((so, [one, name]) => so.replaceAll(`"${name}"`, `"${one}"`), text)
  }
}

function messagesIn(bytes: Buffer): Any[] {
  return framesOf(bytes).map((frame) => JSON.parse(payloadOf(frame).toString()))
}
