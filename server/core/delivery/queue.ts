import type { Outgoing } from '../wire/frame.ts'
import { Share } from './share.ts'
import type { Source } from './source.ts'

/** For whom messages are made. */
export interface Taker {
  /** Whether its client can take a message that was made for it; where not, it has been told. */
  takes(message: Outgoing): boolean
}

type Entry<R> = Outgoing | Share | Source<R>

/** What waits to be written on one connection, in the order in which it leaves. */
export class Queue<R extends Taker> {
  /** Those that are taken or replaced are undefined. */
  #entries: (Entry<R> | undefined)[] = []
  #bytes = 0
  /** Where the newest *latest* message of a key is. */
  #latest: Map<string, number> | undefined
  #sources: Set<Source<R>> | undefined

  /** Of what is made already. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  push(message: Outgoing | Share): void {
    this.#entries.push(message)
    this.#bytes += bytesOf(message)
  }

  /** Queues a *latest* message; an older one of its key goes. */
  pushLatest(message: Outgoing): void {
    this.#latest ??= new Map()
    const older = this.#latest.get(message.key)
    const replaced = older === undefined ? undefined : this.#entries[older]
    if (older !== undefined && replaced && !this.#isSource(replaced)) {
      this.#bytes -= bytesOf(replaced)
      this.#entries[older] = undefined
    }
    this.#latest.set(message.key, this.#entries.length)
    this.push(message)
  }

  /** What it makes leaves from here; a source that waits already keeps its place. */
  mark(source: Source<R>): void {
    this.#sources ??= new Set()
    if (this.#sources.has(source)) return
    this.#sources.add(source)
    this.#entries.push(source)
  }

  /** The only message there is, or undefined where there are others or it has to be made. */
  takeOnly(): Outgoing | Share | undefined {
    const only = this.#entries[0]
    if (!only || this.#entries.length > 1 || this.#isSource(only)) return undefined
    this.#entries.pop()
    this.#latest = undefined
    this.#bytes -= bytesOf(only)
    return only
  }

  /** Takes the first messages, about `most` bytes, and makes what is to be made of that. */
  take(most: number, receiver: R): { readonly frames: Buffer[]; readonly bytes: number } {
    // What is made may say something itself, or lose the connection: then all this is cleared.
    const entries = this.#entries
    const frames: Buffer[] = []
    let bytes = 0
    let at = 0
    while (at < entries.length && bytes < most) {
      const entry = entries[at]
      const source = this.#isSource(entry) ? entry : undefined
      const message = this.#isSource(entry) ? made(entry, receiver) : entry
      if (message) {
        frames.push(message.frame)
        bytes += bytesOf(message)
      }
      if (source && message) continue
      if (source) this.#sources?.delete(source)
      else if (message) this.#bytes -= bytesOf(message)
      entries[at++] = undefined
    }
    if (this.#entries === entries) this.#drop(at)
    return { frames, bytes }
  }

  clear(): void {
    this.#entries = []
    this.#bytes = 0
    this.#latest = undefined
    this.#sources = undefined
  }

  /** The first `count` are taken. */
  #drop(count: number): void {
    this.#entries = count === this.#entries.length ? [] : this.#entries.slice(count)
    if (!this.#latest) return
    this.#latest = undefined
    for (const [index, entry] of this.#entries.entries()) {
      if (this.#isSource(entry) || entry instanceof Share || entry?.delivery !== 'latest') continue
      this.#latest ??= new Map()
      this.#latest.set(entry.key, index)
    }
  }

  #isSource(entry: Entry<R> | undefined): entry is Source<R> {
    return this.#sources !== undefined && entry !== undefined && 'make' in entry
  }
}

/** The next message of a source that its receiver takes; undefined when there is nothing more. */
export function made<R extends Taker>(source: Source<R>, receiver: R): Outgoing | undefined {
  for (;;) {
    const message = source.make(receiver)
    if (message?.delivery === 'counted')
      throw new TypeError(`${message.type}: what is made when it is written cannot be counted`)
    if (!message || receiver.takes(message)) return message
  }
}

const bytesOf = (message: Outgoing | Share): number =>
  message instanceof Share ? message.bytes : message.frame.length
