import { LIMITS, RATES } from '../limits.ts'
import { createClient } from './trace-client.ts'
import type { Frame, Limits } from './trace-frames.ts'
import { isBinary } from './trace-frames.ts'
import { createServer, type Old } from './trace-server.ts'

/** One thing that happens, or is found to be so; PROTOCOL.md says what each `do` means. */
export type Step = { readonly do: string } & Readonly<Record<string, unknown>>

export interface Trace {
  readonly name: string
  /** Whom it is about: what only the other can show is not in it. */
  readonly sides: readonly ('client' | 'server')[]
  /** The server's limits that are not the defaults. */
  readonly limits: Readonly<Partial<Limits>>
  /** How many claims of one session may follow each other at once. */
  readonly claims: number
  /** Of the client: another than the server's only where the trace is about that. */
  readonly fingerprint: string
  readonly steps: readonly Step[]
}

export interface TraceOptions {
  readonly sides?: Trace['sides']
  readonly limits?: Partial<Limits>
  readonly claims?: number
  /** Whose tables are other ones. */
  readonly other?: 'client' | 'server'
  /** In how many pages the server tells a snapshot. */
  readonly pages?: number
}

type Way = 'up' | 'down'
export type Play = ReturnType<typeof stage>['play']

const DEFAULTS = Object.fromEntries(
  Object.entries(LIMITS).map(([name, { value }]) => [name, value]),
) as Limits
const OTHER = 'other'
const CLAIMS = RATES.resume.burst

/** A trace before it is played. */
export interface Scenario {
  readonly name: string
  readonly run: (play: Play) => void
  readonly options: TraceOptions
}

export const trace = (
  name: string,
  run: Scenario['run'],
  options: TraceOptions = {},
): Scenario => ({ name, run, options })

/** What both sides do in a scenario, as their models say. */
export function played({ name, run, options }: Scenario, tables: string): Trace {
  const { sides = ['client', 'server'], limits = {}, claims = CLAIMS, other } = options
  const { play, steps } = stage(options, tables)
  run(play)
  const fingerprint = other === 'client' ? OTHER : tables
  return { name, sides, limits, claims, fingerprint, steps }
}

function stage({ limits = {}, claims = CLAIMS, other, pages = 1 }: TraceOptions, tables: string) {
  const steps: Step[] = []
  const queues: Record<Way, Frame[]> = { up: [], down: [] }
  const losing: Record<Way, boolean> = { up: false, down: false }
  let client = createClient((frame) => write('up', frame), of('client'))
  const server = createServer((frame) => write('down', frame), {
    ...{ limits: { ...DEFAULTS, ...limits }, fingerprint: of('server'), claims, pages },
  })
  let named = 0

  const play = {
    /** The client has asked for a connection and gets one; `lost` ways carry nothing. */
    open(...lost: Way[]): void {
      step('open')
      lose(lost)
      client.ask()
      server.open()
      client.opened()
      deliver()
    },
    /** The client has asked for a connection and gets none. */
    fail(): void {
      step('fail')
      client.ask()
      client.lose(1006)
    },
    /** From here on frames of these ways are lost, until the connection is. */
    lose: (...ways: Way[]): void => lose(ways),
    drop(code: number): void {
      step('drop', { code })
      lose([])
      server.drop(code)
      client.lose(code)
      deliver()
    },
    wait(ms: number): void {
      step('wait', { ms })
      server.pass(ms)
      if (ms >= 1_000) {
        server.tick()
        client.tick()
      }
      deliver()
    },

    request(type: string, data: object): void {
      step('request', { id: `${++named}`, type, data })
      ask(named, type, data)
      deliver()
    },
    /** A request of so many that one is enough to tell. */
    emit: (n: number, name = 'game.say'): void => play.request('event.emit', { name, args: [n] }),
    send(type: string, data: object): void {
      step('send', { type, data })
      client.send({ type, data })
      deliver()
    },
    bytes(hex: string): void {
      step('bytes', { hex })
      client.send(hex)
      deliver()
    },
    post(x: number, room?: string): void {
      const data = { name: 'game.at', args: [x] }
      step('post', { type: 'event.emit_latest', ...(room !== undefined && { room }), data })
      client.post('event.emit_latest', data, room)
      deliver()
    },
    answer(re: string, value: string): void {
      const data = { value }
      step('answer', { re, type: 'query', data })
      client.answer(re, 'query', data)
      deliver()
    },
    /** The next time its client hears this, the game makes a request. */
    when(event: string, n: number): void {
      const data = { name: 'game.say', args: [n] }
      const number = ++named
      step('when', { event, id: `${number}`, type: 'event.emit', data })
      client.when(event, () => ask(number, 'event.emit', data))
    },
    cut(): void {
      step('cut')
      client.cut()
    },
    close(): void {
      step('close')
      client.close()
    },
    /** The game begins anew with nothing but the token that it kept; its old connection is … */
    reload(old: Old): void {
      step('reload', { old })
      lose([])
      server.reload(old)
      client = createClient((frame) => write('up', frame), of('client'), client.kept)
      named = 0
    },
    /** The client has asked for a connection by itself. */
    asks(): void {
      client.ask()
    },
    comesBack: (): boolean => client.state === 'away',

    push(n: number): void {
      const frame = { type: 'notify', data: { data: n } }
      step('push', { frame })
      server.push(frame)
      deliver()
    },
    pushBytes(hex: string): void {
      step('push', { hex })
      server.push(hex)
      deliver()
    },
    ask(text: string): void {
      const data = { name: 'dialog', data: { text }, timeout: 30_000 }
      step('ask', { type: 'query', data })
      server.ask('query', data)
      deliver()
    },
    answered(id: string): void {
      step('answered', { id })
      server.answer(id)
      deliver()
    },
    slow(): void {
      step('slow')
      server.slow()
      play.drop(1006)
    },
    restart(): void {
      step('restart')
      server.restart()
    },
    rival(attempt: number): void {
      step('rival', { attempt })
      server.rival(attempt)
    },

    /** What both sides are now. */
    states(): void {
      const { state, link, counts, results, events } = client
      step('client', { state, link, ...counts, results, events })
      const { session } = server
      if (!session) return
      const { ledger, received } = session
      step('server', { state: session.state, sent: ledger.sent, received })
    },
  }
  return { play, steps }

  function of(side: 'client' | 'server'): string {
    return side === other ? OTHER : tables
  }

  function ask(number: number, type: string, data: object): void {
    const id = client.request(type, data)
    if (id !== `${number}`) throw new Error(`the trace says request ${number}, the client ${id}`)
  }

  function step(what: string, more: object = {}): void {
    steps.push({ do: what, ...more })
  }

  function lose(ways: readonly Way[]): void {
    losing.up = ways.includes('up')
    losing.down = ways.includes('down')
  }

  function write(way: Way, frame: Frame): void {
    if (losing[way]) pass(way, frame, { lost: true })
    else queues[way].push(frame)
  }

  function pass(way: Way, frame: Frame, more: object = {}): void {
    step(way, { ...(isBinary(frame) ? { hex: frame } : { frame }), ...more })
  }

  /** Everything that was written arrives, and what is written because of it. */
  function deliver(): void {
    for (;;) {
      const down = queues.down.shift()
      if (down !== undefined) {
        pass('down', down)
        client.receive(down)
        continue
      }
      const up = queues.up.shift()
      if (up === undefined) return
      pass('up', up)
      server.receive(up)
    }
  }
}
