import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { MESSAGES } from '../../protocol/index.ts'
import { isCounted } from '../../protocol/message.ts'
import type { WebSocketConstructor, WebSocketLike } from '../../web-client/link.ts'
import type { Any } from './client.ts'
import { createRandom } from './clock.ts'

/**
 * Where a connection is cut: inside a frame; after a request, before its reply; during a replay;
 * during a claim, before its reply; while two claims race; and before a claim that then comes late.
 */
export const CUTS = ['frame', 'request', 'replay', 'claim', 'race', 'stale'] as const
export type Cut = (typeof CUTS)[number]

/** Stands between clients and a server on this machine, and cuts what passes. */
export interface CuttingProxy {
  /** How often each kind of cut was seen to happen. */
  readonly tally: Readonly<Record<Cut, number>>
  readonly total: number
  /** The races seen so far of which both claims were answered, and how they ended. */
  readonly races: readonly string[]
  /** What a server that keeps its word does not do. */
  readonly wrongs: readonly string[]
  isCutting: boolean
  /** A way through for one client; its cuts follow from the seed. */
  line(seed: number): Promise<Line>
  /** Resolves when `total` cuts have been made, at least `each` of every kind. */
  reached(total: number, each?: number): Promise<void>
  close(): Promise<void>
}

export interface Line {
  readonly url: string
  /** Cuts what is open and refuses what comes, until `release`. */
  hold(): void
  release(): void
}

export async function createProxy(port: number, goal: number): Promise<CuttingProxy> {
  const tally = Object.fromEntries(CUTS.map((cut) => [cut, 0])) as Record<Cut, number>
  const lines: { close(): Promise<void> }[] = []
  const races: Race[] = []
  const wrongs: string[] = []
  const waiters = new Set<() => void>()
  const street: Street = {
    port,
    tally,
    goal,
    races,
    wrongs,
    isCutting: false,
    count(cut) {
      tally[cut]++
      for (const look of [...waiters]) look()
    },
  }
  const total = () => CUTS.reduce((sum, cut) => sum + tally[cut], 0)
  return {
    tally,
    wrongs,
    get total() {
      return total()
    },
    get races() {
      return races.flatMap((race) => outcomeOf(race) ?? [])
    },
    get isCutting() {
      return street.isCutting
    },
    set isCutting(value) {
      street.isCutting = value
    },
    async line(seed) {
      const line = new Way(street, seed)
      lines.push(line)
      await line.listen()
      return line
    },
    reached: (wanted, each = 0) =>
      new Promise((resolve) => {
        const look = () => {
          if (total() < wanted || CUTS.some((cut) => tally[cut] < each)) return
          waiters.delete(look)
          resolve()
        }
        waiters.add(look)
        look()
      }),
    async close() {
      await Promise.all(lines.map((line) => line.close()))
    },
  }
}

/** What all lines share. */
interface Street {
  readonly port: number
  readonly tally: Readonly<Record<Cut, number>>
  /** How often each kind should happen: the rarer it was, the likelier it is next. */
  readonly goal: number
  readonly races: Race[]
  readonly wrongs: string[]
  isCutting: boolean
  count(cut: Cut): void
}

type Answer = 'resumed' | 'kept' | 'stale'

/** A client's connection and the one it leads to; without a client, one side may live on. */
interface Pair {
  readonly client: Socket | undefined
  readonly upstream: Socket
  /** The client's handshake. */
  head: Buffer
  /** From here on nothing passes any more; what the server still says is watched. */
  isCut: boolean
  /** What the client still meant to say over a connection that lives on at the server's side. */
  late: Buffer[] | undefined
  claim: Any
  answer: Answer | undefined
  /** The code the server closed it with. */
  closed: number | undefined
  isLive: boolean
  /** Requests that were passed on and not answered yet. */
  readonly asked: Set<unknown>
  plan: Plan | undefined
}

type Direction = 'up' | 'down'

type Replay = { readonly at: 'replay'; readonly direction: Direction; after: number }
type Plan =
  /** Inside a frame, in a replay, after a request, at its reply: after so many that pass. */
  | { readonly at: 'frame'; readonly direction: Direction; after: number }
  | Replay
  | { readonly at: 'request' | 'reply'; after: number }
  /** At the answer to the claim: none of it passes, or a part. */
  | { readonly at: 'answer'; readonly part: boolean }
  /** A race with a copy: only a refusal passes. */
  | { readonly at: 'verdict' }
  /** A claim delivered late. */
  | { readonly at: 'refusal' }

/** Two claims of one session that were both on their way before either was answered. */
type Race = readonly [Pair, Pair]

/** One client's way through the proxy. */
class Way implements Line {
  readonly #street: Street
  readonly #random: ReturnType<typeof createRandom>
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  /** A claim held back until the next one comes: then they race. */
  #rival: { readonly pair: Pair; readonly bytes: Buffer } | undefined
  /** What is delivered once a newer claim has won. */
  #late: (() => void)[] = []
  #isHeld = false
  /** The highest attempt of a claim so far, copies included. */
  #highest = 0

  constructor(street: Street, seed: number) {
    this.#street = street
    this.#random = createRandom(seed)
    this.#server = createServer((client) => this.#accept(client))
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  hold(): void {
    this.#isHeld = true
    for (const pair of this.#pairs) if (!pair.isCut) this.#drop(pair)
  }

  release(): void {
    this.#isHeld = false
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) this.#drop(pair)
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    if (this.#isHeld) return void client.destroy()
    const pair = this.#open(client)
    const read = createReader(
      (head) => {
        pair.head = head
        pair.upstream.write(head)
      },
      (frame) => this.#up(pair, frame),
    )
    client.setNoDelay(true)
    client.on('data', read)
    client.on('error', () => {})
    client.on('close', () => pair.isCut || this.#drop(pair))
  }

  #open(client?: Socket): Pair {
    const upstream = connect(this.#street.port, '127.0.0.1')
    const pair: Pair = {
      client,
      upstream,
      head: Buffer.alloc(0),
      isCut: client === undefined,
      late: undefined,
      claim: undefined,
      answer: undefined,
      closed: undefined,
      isLive: false,
      asked: new Set(),
      plan: undefined,
    }
    this.#pairs.add(pair)
    const read = createReader(
      (head) => client?.write(head),
      (frame) => this.#down(pair, frame),
    )
    upstream.setNoDelay(true)
    upstream.on('data', read)
    upstream.on('error', () => {})
    upstream.on('close', () => {
      this.#pairs.delete(pair)
      if (!pair.isCut) this.#drop(pair)
    })
    return pair
  }

  #drop(pair: Pair): void {
    pair.isCut = true
    pair.client?.destroy()
    pair.upstream.destroy()
  }

  /** Cuts on both sides, or on one, so that the other learns of it late. */
  #cut(pair: Pair, cut: Cut, rest?: Buffer): void {
    const side = this.#random.pick(['both', 'both', 'client', 'server'] as const)
    pair.isCut = true
    if (side === 'both') this.#drop(pair)
    else if (side === 'client') this.#orphan(pair, rest)
    else {
      pair.upstream.destroy()
      setTimeout(() => pair.client?.destroy(), 1 + this.#random.below(8))
    }
    this.#street.count(cut)
  }

  /** The client's side only: the server believes that it is still there. */
  #orphan(pair: Pair, rest?: Buffer): void {
    const late = rest ? [rest] : []
    pair.isCut = true
    pair.late = late
    pair.client?.destroy()
    this.#late.push(() => pair.upstream.write(Buffer.concat(late)))
  }

  /** A frame from the client. */
  #up(pair: Pair, { bytes, message }: Frame): void {
    if (pair.isCut) return void pair.late?.push(bytes)
    if (message?.type === 'session.resume') return this.#claimed(pair, { bytes, message })
    if (message?.type === 'session.hello') pair.isLive = true
    const plan = this.#planOf(pair)
    if (message && plan?.at === 'replay' && this.#isReplayed(plan, 'up', message))
      return this.#cut(pair, 'replay', bytes)
    if (message && plan?.at === 'frame' && plan.direction === 'up' && plan.after-- === 0)
      return this.#tear(pair, 'frame', pair.upstream, bytes)
    pair.upstream.write(bytes)
    if (!isRequest(message)) return
    pair.asked.add(message.id)
    if (plan?.at === 'request' && plan.after-- === 0) this.#cut(pair, 'request')
  }

  /** A frame from the server. */
  #down(pair: Pair, { bytes, message, closes }: Frame): void {
    if (closes !== undefined) return this.#closing(pair, closes, bytes)
    if (message?.re !== undefined && message.re === pair.claim?.id)
      return this.#answered(pair, { bytes, message })
    if (pair.isCut) return
    const plan = this.#planOf(pair)
    if (message && plan?.at === 'replay' && this.#isReplayed(plan, 'down', message))
      return this.#cut(pair, 'replay')
    if (message && plan?.at === 'frame' && plan.direction === 'down' && plan.after-- === 0)
      return this.#tear(pair, 'frame', pair.client, bytes)
    if (pair.asked.delete(message?.re) && plan?.at === 'reply' && plan.after-- === 0)
      return this.#cut(pair, 'request')
    pair.client?.write(bytes)
  }

  #closing(pair: Pair, code: number, bytes: Buffer): void {
    pair.closed = code
    if (pair.plan?.at === 'verdict' && !pair.isCut) this.#orphan(pair)
    if (pair.isCut) return void pair.upstream.destroy()
    if (code !== 1000) this.#street.wrongs.push(`a living connection was closed with ${code}`)
    pair.client?.write(bytes)
  }

  /** Passes a part of a frame on, and then nothing. */
  #tear(pair: Pair, cut: Cut, to: Socket | undefined, bytes: Buffer): void {
    const at = 1 + this.#random.below(bytes.length - 1)
    to?.write(bytes.subarray(0, at))
    this.#cut(pair, cut, to === pair.upstream ? bytes.subarray(at) : undefined)
  }

  /** What happens to a living connection; decided at its first frame. */
  #planOf(pair: Pair): Plan | undefined {
    if (pair.plan || !pair.isLive || !this.#street.isCutting) return pair.plan
    const after = this.#random.below(20)
    const direction = this.#random.pick(['up', 'down'] as const)
    const at = this.#random.pick(['request', 'reply'] as const)
    pair.plan =
      this.#pick(['frame', 'request']) === 'frame'
        ? { at: 'frame', direction, after }
        : { at, after }
    return pair.plan
  }

  #isReplayed(plan: Replay, direction: Direction, message: Any): boolean {
    return plan.direction === direction && isCounted(MESSAGES, message) && plan.after-- === 0
  }

  #pick(cuts: readonly Cut[]): Cut {
    const { goal, tally } = this.#street
    const weights = cuts.map((cut) => Math.max(1, goal - tally[cut]))
    let at = this.#random.below(weights.reduce((sum, weight) => sum + weight, 0))
    const chosen = cuts.find((_, index) => {
      at -= weights[index] ?? 0
      return at < 0
    })
    return chosen ?? 'frame'
  }

  /** A claim from the client. */
  #claimed(pair: Pair, { bytes, message }: Spoken): void {
    pair.claim = message
    const rival = this.#rival
    this.#rival = undefined
    if (rival) return this.#race([rival.pair, rival.bytes], [pair, bytes])
    const { attempt } = message.data
    const comesLate = attempt <= this.#highest
    this.#highest = Math.max(this.#highest, attempt)
    if (comesLate || !this.#street.isCutting) return void pair.upstream.write(bytes)
    const cut = this.#pick(CUTS)
    if (cut === 'claim') this.#cutClaim(pair, bytes)
    else if (cut === 'stale') this.#holdBack(pair, bytes)
    else if (cut === 'race' && this.#random.below(2) === 0) this.#copy(pair, { bytes, message })
    else if (cut === 'race') {
      this.#rival = { pair, bytes }
      this.#orphan(pair)
    } else {
      // How much there is to replay is known from the answer.
      const direction = this.#random.pick(['up', 'down'] as const)
      if (cut === 'replay') pair.plan = { at: 'replay', direction, after: 0 }
      pair.upstream.write(bytes)
    }
  }

  #cutClaim(pair: Pair, bytes: Buffer): void {
    const how = this.#random.pick(['part', 'whole', 'unanswered', 'half answered'] as const)
    if (how === 'part') return this.#tear(pair, 'claim', pair.upstream, bytes)
    pair.upstream.write(bytes)
    if (how === 'whole') return this.#cut(pair, 'claim')
    pair.plan = { at: 'answer', part: how === 'half answered' }
  }

  /** To the client the connection is gone; its claim comes when a newer one has won. */
  #holdBack(pair: Pair, bytes: Buffer): void {
    pair.plan = { at: 'refusal' }
    this.#orphan(pair, bytes)
  }

  /** A copy of the claim over a connection of its own, just as good or a better one. */
  #copy(pair: Pair, { bytes, message }: Spoken): void {
    const attempt = message.data.attempt + this.#random.below(2)
    this.#highest = attempt
    const claim = { ...message, data: { ...message.data, attempt } }
    const copy = this.#open()
    copy.claim = claim
    copy.upstream.write(pair.head)
    copy.upstream.once('data', () => {
      if (pair.isCut) return void copy.upstream.destroy()
      pair.plan = { at: 'verdict' }
      this.#race([pair, bytes], [copy, frameOf(JSON.stringify(claim))])
      if (this.#random.below(2) === 0) this.#orphan(pair)
    })
  }

  /** Both claims at once, in either order. */
  #race(...claims: [one: [Pair, Buffer], other: [Pair, Buffer]]): void {
    const first = this.#random.below(2)
    for (const at of [first, 1 - first]) claims[at]?.[0].upstream.write(claims[at]?.[1] ?? '')
    this.#street.races.push([claims[0][0], claims[1][0]])
    this.#street.count('race')
  }

  /** The answer to a claim. */
  #answered(pair: Pair, { bytes, message }: Spoken): void {
    const { plan, claim, client } = pair
    const answer = answerOf(message)
    pair.answer = answer
    if (!answer) this.#street.wrongs.push(`a claim was answered ${JSON.stringify(message)}`)
    if (plan?.at === 'refusal') {
      if (answer === 'stale') this.#street.count('stale')
      else this.#street.wrongs.push(`a stale claim was ${answer}`)
    }
    if (pair.isCut) {
      if (answer === 'stale') pair.upstream.destroy()
      return
    }
    if (plan?.at === 'answer' && plan.part) return this.#tear(pair, 'claim', client, bytes)
    if (plan?.at === 'answer') return this.#cut(pair, 'claim')
    if (plan?.at === 'verdict' && answer !== 'stale') return this.#orphan(pair)
    client?.write(bytes)
    if (answer === 'stale') {
      pair.isCut = true
      client?.end()
      return void pair.upstream.destroy()
    }
    pair.isLive = true
    pair.plan = plan?.at === 'replay' ? this.#replayPlan(plan, claim.data, message.data) : undefined
    for (const deliver of this.#late.splice(0)) deliver()
  }

  /** Between the first and the last of the frames that one side lacks; of both if need be. */
  #replayPlan({ direction }: Replay, claim: Any, reply: Any): Plan | undefined {
    if (!reply.resumed) return undefined
    const lacks = { up: claim.sent - reply.received, down: reply.sent - claim.received }
    const other = direction === 'up' ? 'down' : 'up'
    const chosen = lacks[direction] >= 2 ? direction : other
    if (lacks[chosen] < 2) return undefined
    return { at: 'replay', direction: chosen, after: 1 + this.#random.below(lacks[chosen] - 1) }
  }
}

/** How a race ended, once both claims are answered: the winner's answer, and the loser's fate. */
function outcomeOf([one, other]: Race): string | undefined {
  const [low, high] = [one, other].sort((a, b) => a.claim.data.attempt - b.claim.data.attempt) as [
    Pair,
    Pair,
  ]
  if (!high.answer || !(low.answer || low.closed)) return undefined
  const isTie = low.claim.data.attempt === high.claim.data.attempt
  const stale = [low, high].filter(({ answer }) => answer === 'stale')
  if (stale.length === 1 && (isTie || stale[0] === low)) return 'one was told STALE_ATTEMPT'
  if (stale.length === 0 && !isTie && low.closed === 4103) return 'one was closed with 4103'
  if (stale.length === 0 && !isTie && low.closed === undefined) return undefined
  return `attempts ${low.claim.data.attempt} and ${high.claim.data.attempt}: ${low.answer} (${low.closed}) and ${high.answer} (${high.closed})`
}

function answerOf({ type, data }: Any): Answer | undefined {
  if (type === 'error') return data.code === 'STALE_ATTEMPT' ? 'stale' : undefined
  if (data.resumed) return 'resumed'
  return data.kept ? 'kept' : undefined
}

const isRequest = (message: Any): boolean =>
  message?.id !== undefined && isCounted(MESSAGES, message)

/* WebSocket frames (RFC 6455, section 5.2), as far as clients and server here use them. */

interface Frame {
  readonly bytes: Buffer
  /** What a text frame says. */
  readonly message?: Any
  /** The code of a close frame; 1005 where it has none. */
  readonly closes?: number
}
type Spoken = Pick<Frame, 'bytes' | 'message'>

/** Takes bytes as they come; gives the handshake, then whole frames. */
function createReader(onHead: (head: Buffer) => void, onFrame: (frame: Frame) => void) {
  let rest: Buffer = Buffer.alloc(0)
  let isOpen = false
  return (chunk: Buffer): void => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    if (!isOpen) {
      const end = rest.indexOf('\r\n\r\n')
      if (end < 0) return
      isOpen = true
      onHead(rest.subarray(0, end + 4))
      rest = rest.subarray(end + 4)
    }
    for (let size = sizeOf(rest); size <= rest.length; size = sizeOf(rest)) {
      const bytes = rest.subarray(0, size)
      rest = rest.subarray(size)
      onFrame(readFrame(bytes))
    }
  }
}

/** How many bytes the frame takes that begins here; Infinity while that cannot be known. */
function sizeOf(bytes: Buffer): number {
  if (bytes.length < 2) return Number.POSITIVE_INFINITY
  const head = headOf(bytes)
  if (bytes.length < head) return Number.POSITIVE_INFINITY
  const short = (bytes[1] ?? 0) & 0x7f
  if (short < 126) return head + short
  return head + (short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)))
}

const headOf = (bytes: Buffer): number => {
  const second = bytes[1] ?? 0
  const short = second & 0x7f
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (second & 0x80 ? 4 : 0)
}

function readFrame(bytes: Buffer): Frame {
  const head = headOf(bytes)
  const payload = Buffer.from(bytes.subarray(head))
  if ((bytes[1] ?? 0) & 0x80) {
    const mask = bytes.subarray(head - 4, head)
    for (let at = 0; at < payload.length; at++)
      payload[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0)
  }
  const opcode = (bytes[0] ?? 0) & 0x0f
  if (opcode === 0x1) return { bytes, message: JSON.parse(payload.toString()) }
  if (opcode === 0x8) return { bytes, closes: payload.length < 2 ? 1005 : payload.readUInt16BE(0) }
  return { bytes }
}

/** A text frame as a client sends it, masked with zeros. */
function frameOf(text: string): Buffer {
  const size = Buffer.byteLength(text)
  const head = Buffer.from(size < 126 ? [0x81, 0x80 | size] : [0x81, 0xfe, size >> 8, size & 0xff])
  return Buffer.concat([head, Buffer.alloc(4), Buffer.from(text)])
}

/* A client's own sockets. */

/** What a look at a message may do: nothing, lose it (`true`), or put another in its place. */
type Look = (message: Any) => true | object | undefined

/** Sees what passes through the sockets of one client. */
export interface Tap {
  onSend?: Look
  onReceive?: Look
}

/** A WebSocket class like `Socket` with a tap on it, until its owner drops it. */
export function tapped(Socket: WebSocketConstructor, tap: Tap): WebSocketConstructor {
  return class implements WebSocketLike {
    onopen: ((event: never) => void) | null = null
    onmessage: ((event: never) => void) | null = null
    onclose: ((event: never) => void) | null = null
    onerror: ((event: never) => void) | null = null
    readonly #socket: WebSocketLike
    #isDropped = false

    constructor(url: string) {
      const socket = new Socket(url)
      this.#socket = socket
      socket.onopen = (event) => this.onopen?.(event)
      socket.onclose = (event) => this.onclose?.(event)
      socket.onerror = (event) => this.onerror?.(event)
      socket.onmessage = ({ data }: { readonly data: unknown }) => {
        const text = this.#isDropped ? undefined : through(tap.onReceive, String(data))
        if (text !== undefined) this.onmessage?.({ data: text } as never)
      }
    }

    send(text: string): void {
      const passed = through(tap.onSend, text)
      if (passed !== undefined) this.#socket.send(passed)
    }

    close(code?: number, reason?: string): void {
      this.#isDropped = true
      this.#socket.close(code, reason)
    }

    terminate(): void {
      this.#isDropped = true
      this.#socket.terminate?.()
    }
  }
}

function through(look: Look | undefined, text: string): string | undefined {
  const outcome = look?.(JSON.parse(text))
  if (outcome === true) return undefined
  return outcome === undefined ? text : JSON.stringify(outcome)
}
