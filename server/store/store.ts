import type { Operations, Store } from '../core/store/store.ts'
import { type Limits, limitsOf } from '../core/wire/limits.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { createSeldom } from '../core/wire/seldom.ts'
import type { World } from '../world.ts'
import { IN_MEMORY } from './database.ts'
import { createDirectStore } from './direct.ts'
import { createFailures } from './failures.ts'
import { startThread, type Thread } from './thread.ts'
import { weightOf } from './weight.ts'
import type { Answer, NumberedCall } from './worker.ts'

export { IN_MEMORY }

interface Waiting {
  readonly call: NumberedCall
  readonly bytes: number
  readonly resolve: (value: unknown) => void
  readonly reject: (refusal: Refusal) => void
  /** How many threads have been told of it. */
  posted: number
}

/** What may be done twice, as it changes nothing but when somebody was seen. */
const HARMLESS: ReadonlySet<string> = new Set<keyof Operations>([
  ...(['player.get', 'player.ban_of', 'player.banned', 'guest.recall', 'token.check'] as const),
  ...(['alias.get', 'alias.of', 'key.find', 'key.list', 'key.revoked'] as const),
  ...(['channel.get', 'channel.list', 'channel.count', 'channel.members'] as const),
  ...(['channel.is_member', 'channel.history'] as const),
])

/** A thread that died this soon after it began is not begun again at once. */
const SOON_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

/**
 * Opens the store, in a thread of its own, so that the event loop never waits on the disk; one in
 * memory stays in this thread. Of calls as many wait as the limits say. A thread that dies is begun
 * again: what it was to change has an unknown outcome, all else is done. Rejects with an Error that
 * says what is wrong with the file. Whoever opens it closes it.
 */
export async function openStore(
  file: string | undefined,
  world: Pick<World, 'soon' | 'log' | 'now' | 'after'>,
  limits: Partial<Limits> = {},
): Promise<Store> {
  const { soon, log, now, after } = world
  if (file === undefined || file === IN_MEMORY) return createDirectStore(log)
  const { storage_calls, storage_bytes } = limitsOf(limits)
  const { failed, down } = createFailures(log, createSeldom(now))
  const waiting = new Map<number, Waiting>()
  let outgoing: NumberedCall[] = []
  /** How much those that wait hold. */
  let held = 0
  let numbered = 0
  let isClosing = false
  /** How long until the next try, once one has failed. */
  let pause = 0
  let startedAt = 0
  let cancel = () => {}
  let closed = () => {}
  const over = new Promise<void>((resolve) => {
    closed = resolve
  })
  let thread: Thread | undefined
  let isStarting = true
  await start()

  return {
    run<K extends keyof Operations>(name: K, args: Parameters<Operations[K]>[0]) {
      return new Promise<ReturnType<Operations[K]>>((resolve, reject) => {
        if (isClosing || isDown()) return reject(down(isClosing ? undefined : pause))
        const bytes = weightOf(args)
        const isTooMuch = waiting.size > 0 && held + bytes > storage_bytes
        if (isTooMuch || waiting.size >= storage_calls) return reject(busy())
        held += bytes
        const call = { id: ++numbered, name, args }
        const settled = { resolve: resolve as (value: unknown) => void, reject }
        waiting.set(call.id, { call, bytes, ...settled, posted: 0 })
        if (outgoing.push(call) === 1) soon(post)
      })
    },
    get isDown() {
      return isDown()
    },
    async close() {
      post()
      isClosing = true
      cancel()
      if (isDown()) closed()
      thread?.close()
      await over
      refuse(() => down(undefined))
    },
  }

  function isDown(): boolean {
    return !thread && !isStarting
  }

  async function start(): Promise<void> {
    isStarting = true
    startedAt = now()
    try {
      thread = await startThread({ file: file as string, soon, answered: settle, ended })
    } finally {
      isStarting = false
    }
    pause = 0
    post()
    if (isClosing) thread.close()
  }

  /** What one turn of the event loop asked goes over together. */
  function post(): void {
    if (!thread || outgoing.length === 0) return
    thread.post(outgoing)
    for (const { id } of outgoing) {
      const one = waiting.get(id)
      if (one) one.posted++
    }
    outgoing = []
  }

  function settle(answer: Answer): void {
    const one = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (!one) return
    held -= one.bytes
    if ('failed' in answer) one.reject(failed(one.call.name, answer))
    else one.resolve(answer.value)
  }

  function ended(why: string): void {
    thread = undefined
    if (isClosing) return closed()
    const before = waiting.size
    refuse(({ call, posted }) =>
      posted === 0 || (posted === 1 && HARMLESS.has(call.name))
        ? undefined
        : new Refusal('OUTCOME_UNKNOWN', UNKNOWN),
    )
    outgoing = [...waiting.values()].map(({ call }) => call)
    log.error({ failed: why, unknown: before - waiting.size }, 'storage thread died')
    if (now() - startedAt < SOON_MS) startLater()
    else void startAgain()
  }

  async function startAgain(): Promise<void> {
    try {
      await start()
      log.warn({}, 'storage thread begun again')
    } catch (error) {
      if (isClosing) return closed()
      log.error({ failed: (error as Error).message }, 'storage thread not begun again')
      startLater()
    }
  }

  /** Until then nothing can be stored, and whoever asks is told. */
  function startLater(): void {
    pause = Math.min(Math.max(2 * pause, SOON_MS), LONGEST_PAUSE_MS)
    outgoing = []
    refuse(() => down(pause))
    cancel = after(pause, () => void startAgain())
  }

  /** Rejects whatever waits and is not to wait any more. */
  function refuse(why: (call: Waiting) => Refusal | undefined): void {
    for (const [id, call] of waiting) {
      const refusal = why(call)
      if (!refusal) continue
      waiting.delete(id)
      held -= call.bytes
      call.reject(refusal)
    }
  }
}

const UNKNOWN = 'the storage failed before it had answered: it may or may not have been done'

const RETRY_MS = 1_000
const busy = () => new Refusal('STORAGE_BUSY', undefined, { retry_ms: RETRY_MS })
