import { isEvent } from './client.ts'
import { ageOf, drive, enter, enterAll, stamped, type Walker } from './crowd.ts'
import { kernelBytes } from './kernel.ts'
import { comeBack, type Return, sees, stall, steadily, throttle } from './readers.ts'
import type { Server } from './server.ts'

/** How many are in the plaza. */
export const PLAZA = 100
/** Of all together, each second. */
const CHATS = 100
const TEXT_LENGTH = 6_000
const SAMPLE_MS = 250
const LAST_MOVES_MS = 200
/** Only a failure meets it. */
const BOUND_MS = 60_000
const READ_BYTES = 4_096

/** One arm of the slow readers’ comparison: what happened in each of its runs. */
export class Arm {
  /** How late the others heard what was said, in ms, run by run. */
  readonly ages: number[][] = []
  /** What each of the others got, in bytes a second. */
  readonly rates: number[] = []
  /** The server’s resident bytes. */
  readonly rss: number[] = []
  /** From stopping to read until back in its seat, in ms. */
  readonly away: number[] = []
  /** What the kernel held for the stalled one: at most, and once it had been reset. */
  readonly kernel = { most: 0, after: 0 }
  /** How long the reader at half speed needed to catch up when all was said, in ms. */
  catchUp = 0
  readonly #server: Server
  readonly #others: readonly Walker[]
  readonly #extras: Set<Walker>

  /** `extras` are the two that come and go. */
  constructor(server: Server, others: readonly Walker[], extras: Set<Walker>) {
    this.#server = server
    this.#others = others
    this.#extras = extras
  }

  /** A hundred who all read. */
  async normal(ms: number): Promise<void> {
    const two = await enterAll(this.#server, 2)
    this.#take(...two)
    await this.#busy([...this.#others, ...two], ms)
    await this.#leave(...two)
  }

  /** Ninety-eight who read, one who does not and one at `rate` bytes a second. */
  async slow(ms: number, rate: number, toTheEnd: boolean): Promise<void> {
    const stalled = await enter(this.#server)
    const halved = await enter(this.#server, { readBytes: READ_BYTES })
    this.#take(stalled, halved)
    const endThrottle = throttle(halved, steadily(rate))
    let isDropped = false
    halved.client.onClose = () => {
      isDropped = true
    }
    let returned: Walker | undefined
    const returning = this.#stall(stalled).then((walker) => {
      returned = walker
    })
    await this.#busy([...this.#others, halved], ms, () => returned !== undefined)
    await returning
    if (!returned) throw new Error('the stalled reader was not reset')
    if (toTheEnd) await this.#settle(halved, returned)
    endThrottle()
    if (isDropped) throw new Error('the reader at half speed was dropped')
    await this.#leave(halved, returned)
  }

  /** Lets one stop reading; resolves once it is back in its seat. */
  async #stall(stalled: Walker): Promise<Walker> {
    stall(stalled)
    const { localPort } = stalled.client.socket
    const start = performance.now()
    const sampler = setInterval(() => {
      this.kernel.most = Math.max(this.kernel.most, kernelBytes(localPort))
    }, SAMPLE_MS)
    const walker = checkReturn(await comeBack(this.#server.port, stalled))
    clearInterval(sampler)
    this.kernel.after = Math.max(this.kernel.after, kernelBytes(localPort))
    this.away.push(performance.now() - start)
    this.#extras.delete(stalled)
    this.#take(walker)
    return walker
  }

  /** Everybody stands still; resolves once both slow readers know where. */
  async #settle(...readers: Walker[]): Promise<void> {
    const all = [...this.#others, ...readers]
    const seen = readers.map((reader) => sees(reader, all))
    await drive(all, LAST_MOVES_MS)
    const start = performance.now()
    await Promise.all(seen)
    this.catchUp = performance.now() - start
  }

  /** At least `ms` of moving and talking, and until `isEnough`. */
  async #busy(walkers: readonly Walker[], ms: number, isEnough = () => true): Promise<void> {
    const ages: number[] = []
    for (const { client } of this.#others)
      client.onMessage = (bytes, start, end) => {
        if (isEvent(bytes, start)) ages.push(ageOf(bytes, end, TEXT_LENGTH))
      }
    const sampler = setInterval(async () => {
      this.rss.push((await this.#server.usage()).rss)
    }, SAMPLE_MS)
    const talk = { chats: CHATS, chat: () => stamped(TEXT_LENGTH) }
    const before = { bytes: bytesOf(this.#others), at: performance.now() }
    await drive(walkers, ms, talk)
    const seconds = (performance.now() - before.at) / 1000
    this.rates.push((bytesOf(this.#others) - before.bytes) / this.#others.length / seconds)
    await drive(walkers, BOUND_MS, { ...talk, until: isEnough })
    clearInterval(sampler)
    for (const { client } of this.#others) client.onMessage = () => {}
    this.ages.push(ages)
  }

  #take(...walkers: Walker[]): void {
    for (const walker of walkers) this.#extras.add(walker)
  }

  async #leave(...walkers: Walker[]): Promise<void> {
    for (const walker of walkers) {
      this.#extras.delete(walker)
      await walker.client.close()
    }
  }
}

/** Throws unless it is back in its seat and was told who else is there. */
function checkReturn({ walker, answer, snapshot }: Return): Walker {
  const { resumed, kept, reason } = answer
  if (resumed !== false || kept !== true || reason !== 'SLOW')
    throw new Error(`expected a seat kept for a slow reader, got ${resumed} ${kept} ${reason}`)
  const [{ you, members }] = snapshot.rooms
  if (you !== walker.number || members.length !== PLAZA)
    throw new Error(`expected seat ${walker.number} of ${PLAZA}, got ${you} of ${members.length}`)
  return walker
}

const bytesOf = (walkers: readonly Walker[]) =>
  walkers.reduce((sum, { client }) => sum + client.bytes, 0)
