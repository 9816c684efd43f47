import type { Socket } from 'node:net'
import { MESSAGES } from '../../protocol/index.ts'
import { isCounted } from '../../protocol/message.ts'
import type { Any } from './client.ts'
import { createRandom } from './clock.ts'
import { type Frame, frameOf, type Spoken } from './frames.ts'
import { type Direction, inReplay, type Plan, type Replay } from './plan.ts'
import { answerOf, type Claimed, type Race } from './races.ts'
import { createRelay, drop, type Ends, type Reader, type Relay } from './relay.ts'

/**
 * Where a connection is cut: inside a frame; after a request, before its reply; during a replay;
 * during a claim, before its reply; while two claims race; and before a claim that then comes late.
 */
export const CUTS = ['frame', 'request', 'replay', 'claim', 'race', 'stale'] as const
export type Cut = (typeof CUTS)[number]

/** What all lines through one proxy share. */
export interface Street {
  readonly port: number
  readonly tally: Readonly<Record<Cut, number>>
  /** How often each kind should happen: the rarer it was, the likelier it is next. */
  readonly goal: number
  readonly races: Race[]
  readonly wrongs: string[]
  isCutting: boolean
  count(cut: Cut): void
}

/** The connections of a client, as far as they matter to what is cut. */
interface Pair extends Ends, Claimed {
  /** What the client still meant to say over a connection that lives on at the server's side. */
  late: Buffer[] | undefined
  isLive: boolean
  /** Requests that were passed on and not answered yet. */
  readonly asked: Set<unknown>
  plan: Plan | undefined
}

/** Decides what is cut on one client's line. */
export class Cuts implements Reader<Pair> {
  readonly relay: Relay<Pair>
  readonly #street: Street
  readonly #random: ReturnType<typeof createRandom>
  /** A claim held back until the next one comes: then they race. */
  #rival: { readonly pair: Pair; readonly bytes: Buffer } | undefined
  /** What is delivered once a newer claim has won. */
  #late: (() => void)[] = []
  /** The highest attempt of a claim so far, copies included. */
  #highest = 0

  constructor(street: Street, seed: number) {
    this.#street = street
    this.#random = createRandom(seed)
    this.relay = createRelay(street.port, this)
  }

  begin(ends: Ends): Pair {
    return Object.assign(ends, {
      late: undefined,
      claim: undefined,
      answer: undefined,
      closed: undefined,
      isLive: false,
      asked: new Set(),
      plan: undefined,
    })
  }

  /** A frame from the client. */
  up(pair: Pair, { bytes, message }: Frame): void {
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
  down(pair: Pair, { bytes, message, closes }: Frame): void {
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

  /** Cuts on both sides, or on one, so that the other learns of it late. */
  #cut(pair: Pair, cut: Cut, rest?: Buffer): void {
    const side = this.#random.pick(['both', 'both', 'client', 'server'] as const)
    pair.isCut = true
    if (side === 'both') drop(pair)
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
    const copy = this.relay.open()
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
    pair.plan =
      plan?.at === 'replay' ? inReplay(plan, claim.data, message.data, this.#random) : undefined
    for (const deliver of this.#late.splice(0)) deliver()
  }
}

const isRequest = (message: Any): boolean =>
  message?.id !== undefined && isCounted(MESSAGES, message)
