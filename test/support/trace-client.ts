import { createKept } from '../../web-client/kept.ts'
import { type Data, openLink, type WebSocketLike } from '../../web-client/link.ts'
import { createSession } from '../../web-client/session.ts'
import type { Any } from './client.ts'
import { createClock } from './clock.ts'
import { memoryStorage } from './storage.ts'
import { named, type Side, type Step, type Trace } from './traces.ts'

/** How long the client waits before it comes back, where the server does not say. */
const BACKOFF_MS = 60_000
const URL = 'ws://trace'
const TIMEOUT_MS = 10_000
const STEP_MS = 1_000
/** Longer than any trace takes. */
const FOR_EVER = 1e12

/** The web client's session, on a WebSocket that does what the trace says. */
export function clientOf(_trace: Trace): Side {
  let clock = createClock()
  const written: Any[] = []
  let results: string[] = []
  let events: string[] = []
  let socket: Scripted | undefined
  let asked: Scripted | undefined

  class Scripted implements WebSocketLike {
    onopen: WebSocketLike['onopen'] = null
    onmessage: WebSocketLike['onmessage'] = null
    onclose: WebSocketLike['onclose'] = null
    onerror: WebSocketLike['onerror'] = null
    isOver = false

    constructor() {
      asked = this
    }

    send(data: Data): void {
      if (typeof data !== 'string') written.push(Buffer.from(data).toString('hex'))
      else {
        const message = JSON.parse(data)
        if (message.type !== 'ping') written.push(message)
        else setImmediate(() => this.hear(pong(message.id)))
      }
    }

    close(): void {
      this.isOver = true
    }

    hear(data: string | ArrayBuffer): void {
      this.onmessage?.({ data } as never)
    }

    end(code: number): void {
      this.isOver = true
      this.onclose?.({ code, reason: '' } as never)
    }
  }

  const wishes: Step[] = []
  const storage = memoryStorage()
  let session = start()

  return {
    written,
    writes: 'up',
    receive({ frame, hex }) {
      if (hex === undefined) socket?.hear(JSON.stringify(frame))
      else socket?.hear(Uint8Array.from(Buffer.from(hex, 'hex')).buffer)
    },
    does: {
      open() {
        socket = take()
        socket.onopen?.({} as never)
      },
      fail: () => take().end(1006),
      drop: ({ code }) => socket?.end(code),
      wait: ({ ms }) => clock.advance(ms),
      request,
      send: ({ type, data }) => session.send(type as never, data as never),
      bytes: ({ hex = '' }) =>
        session.sendBytes('packet', Uint8Array.from(Buffer.from(hex, 'hex'))),
      post: ({ type, room, data }) => session.post(type as never, data as never, { room }),
      answer: ({ re, type, data }) => session.answer({ type, id: re } as never, type, data),
      when: (step) => void wishes.push(step),
      cut: () => session.cut(),
      close: () => session.close(),
      reload,
    },
    state: () => ({
      state: session.state,
      link: asked ? 'asked' : socket && !socket.isOver ? 'open' : 'none',
      ...session.counts,
      results: [...results].sort(
        (one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10),
      ),
      events,
    }),
    plain: (found, expected) =>
      ['session.hello', 'session.resume'].includes(expected.type) ? named(found, expected) : found,
    close: () => session.close(),
  }

  /** Of the page that was there nothing is left but what it kept. */
  function reload(): void {
    clock = createClock()
    socket = undefined
    results = []
    events = []
    wishes.length = 0
    session = start()
  }

  /** A page that finds what the one before it kept. */
  function start() {
    const session = createSession({
      ...{ url: URL, timers: clock, connectTimeout: TIMEOUT_MS },
      openLink: (events) => openLink(Scripted, URL, events, clock, TIMEOUT_MS),
      ...{ backoff: () => BACKOFF_MS, pause: BACKOFF_MS, pingEvery: 5_000 },
      kept: createKept(storage, URL, fail),
      report: fail,
    })
    session.on('state', (state) => hear(state))
    session.on('reset', (reason) => hear(`reset ${reason}`))
    session.on('lost', (reason) => hear(`lost ${reason}`))
    session.on('snapshot', (pages) => hear(`snapshot ${pages.length}`))
    session.on('error', ({ code }) => hear(`error ${code}`))
    session.on('message', ({ type }) => hear(`message ${type}`))
    session.on('bytes', (frame) => hear(`bytes ${Buffer.from(frame).toString('hex')}`))
    void session.start().catch(() => {})
    return session
  }

  /** The connection that it asks for now, or once it has waited long enough. */
  function take(): Scripted {
    for (let ms = 0; !asked && ms < BACKOFF_MS; ms += STEP_MS) clock.advance(STEP_MS)
    const taken = asked
    asked = undefined
    if (!taken) throw new Error('the client asks for no connection')
    return taken
  }

  function request({ id, type, data }: Step): void {
    const note = (code: string) => void results.push(`${id} ${code}`)
    session.request(type as never, data as never, { timeout: FOR_EVER }).then(
      () => note('OK'),
      ({ code }) => note(code),
    )
  }

  function hear(event: string): void {
    events.push(event)
    const at = wishes.findIndex((wish) => wish.event === event)
    for (const wish of at < 0 ? [] : wishes.splice(at, 1)) request(wish)
  }
}

function fail(problem: unknown): never {
  throw problem
}

const pong = (id: string) => JSON.stringify({ type: 'ping', re: id, data: { time: 0 } })
