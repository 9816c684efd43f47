import { Worker } from 'node:worker_threads'
import type { Operations, Store } from '../core/store/store.ts'
import { type Limits, limitsOf } from '../core/wire/limits.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'
import { IN_MEMORY } from './database.ts'
import { createDirectStore } from './direct.ts'
import type { Answer, NumberedCall, WorkerMessage } from './worker.ts'

export { IN_MEMORY }

interface Waiting {
  readonly name: string
  readonly resolve: (value: unknown) => void
  readonly reject: (refusal: Refusal) => void
}

/**
 * Opens the store, in a thread of its own, so that the event loop never waits on the disk; one in
 * memory stays in this thread. Of calls as many wait as the limits say. Rejects with an Error that
 * says what is wrong with the file. Whoever opens it closes it.
 */
export async function openStore(
  file: string | undefined,
  { soon, log }: Pick<World, 'soon' | 'log'>,
  limits: Partial<Limits> = {},
): Promise<Store> {
  if (file === undefined || file === IN_MEMORY) return createDirectStore(log)
  const { storage_calls } = limitsOf(limits)
  const url = new URL(
    import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js',
    import.meta.url,
  )
  const worker = new Worker(url, { workerData: { file } })
  const waiting = new Map<number, Waiting>()
  let outgoing: NumberedCall[] = []
  let numbered = 0
  let isOpen = true

  await new Promise<void>((resolve, reject) => {
    worker.once('message', (said: WorkerMessage) => {
      if ('broken' in said) reject(new Error(said.broken))
      else resolve()
    })
    worker.once('error', reject)
  })
  worker.on('message', (said: WorkerMessage) => {
    if ('answers' in said) for (const answer of said.answers) settle(answer)
  })
  worker.on('error', (error) => fail(error.message))
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      fail('the storage thread has ended')
      resolve()
    })
  })

  return {
    run<K extends keyof Operations>(name: K, args: Parameters<Operations[K]>[0]) {
      return new Promise<ReturnType<Operations[K]>>((resolve, reject) => {
        if (!isOpen) return reject(new Refusal('STORAGE_FAILED'))
        if (waiting.size >= storage_calls) return reject(new Refusal('STORAGE_BUSY'))
        const id = ++numbered
        waiting.set(id, { name, resolve: resolve as (value: unknown) => void, reject })
        if (outgoing.push({ id, name, args }) === 1) soon(post)
      })
    },
    async close() {
      post()
      if (isOpen) worker.postMessage('close')
      await exited
    },
  }

  /** What one turn of the event loop asked goes over together. */
  function post(): void {
    if (outgoing.length > 0 && isOpen) worker.postMessage(outgoing)
    outgoing = []
  }

  function settle(answer: Answer): void {
    const call = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (!call) return
    if (!('failed' in answer)) return call.resolve(answer.value)
    log.error({ operation: call.name, failed: answer.failed }, 'storage failed')
    call.reject(new Refusal('STORAGE_FAILED'))
  }

  function fail(why: string): void {
    if (isOpen && waiting.size > 0) log.error({ failed: why }, 'storage failed')
    isOpen = false
    for (const { reject } of waiting.values()) reject(new Refusal('STORAGE_FAILED'))
    waiting.clear()
  }
}
