import { Worker } from 'node:worker_threads'
import type { Answer, NumberedCall, WorkerMessage } from './worker.ts'

export interface ThreadOptions {
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
export async function startThread({ file, answered, ended }: ThreadOptions): Promise<Thread> {
  const url = new URL(
    import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js',
    import.meta.url,
  )
  const worker = new Worker(url, { workerData: { file } })
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
    if ('answers' in said) for (const answer of said.answers) answered(answer)
  })
  worker.once('exit', () => ended(why))
  return {
    post: (calls) => worker.postMessage(calls),
    close: () => worker.postMessage('close'),
  }
}
