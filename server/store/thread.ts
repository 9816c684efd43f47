import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { World } from '../world.ts'
import type { Answer, NumberedCall, WorkerData, WorkerMessage } from './worker.ts'

export interface ThreadOptions extends Pick<World, 'soon'> {
  readonly file: string
  readonly answered: (answer: Answer) => void
  /** It has ended, asked to or not. */
  readonly ended: (why: string) => void
}

/** A thread that has a file open. */
export interface Thread {
  post(calls: readonly NumberedCall[]): void
  /** Ends it once all that was posted before is done. */
  close(): void
}

/** Resolves once the file is open; rejects with an Error that says what is wrong with it. */
export async function startThread(options: ThreadOptions): Promise<Thread> {
  const url = new URL(
    import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js',
    import.meta.url,
  )
  const { port1: own, port2: answers } = new MessageChannel()
  const workerData: WorkerData = { file: options.file, answers }
  const worker = new Worker(url, { workerData, transferList: [answers] })
  let isFetching = false
  let why = 'the storage thread has ended'
  await new Promise<void>((resolve, reject) => {
    worker.once('message', (said: WorkerMessage) => {
      if ('broken' in said) reject(new Error(said.broken))
      else resolve()
    })
    worker.on('error', (error) => {
      why = error.message
      reject(error)
    })
    worker.once('exit', () => reject(new Error(why)))
  })
  worker.on('message', (said: WorkerMessage) => {
    if (!('answered' in said) || isFetching) return
    isFetching = true
    fetch()
  })
  worker.once('exit', () => {
    while (take());
    own.close()
    options.ended(why)
  })
  return {
    post: (calls) => worker.postMessage(calls),
    close: () => worker.postMessage('close'),
  }

  /** A piece in each turn of the event loop, as what is done about it takes its time, too. */
  function fetch(): void {
    isFetching = take()
    if (isFetching) options.soon(fetch)
  }

  /** Whether there was a piece. */
  function take(): boolean {
    const piece = receiveMessageOnPort(own)
    if (!piece) return false
    for (const answer of piece.message as readonly Answer[]) options.answered(answer)
    return true
  }
}
