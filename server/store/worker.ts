import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type Call, createCalls, type Outcome } from './calls.ts'
import { openDatabase, type Sql } from './database.ts'

/** What the other thread asks, with the number that its answer bears. */
export type NumberedCall = Call & { readonly id: number }
export type Answer = Outcome & { readonly id: number }
export type Order = readonly NumberedCall[] | 'close'

export type WorkerMessage =
  | { readonly ready: true }
  | { readonly broken: string }
  | { readonly answers: readonly Answer[] }

/** After a transaction so long passes until the next: what comes meanwhile shares its one write. */
const BATCH_MS = 10
/** No transaction holds the file longer than so many calls take. */
const MOST = 2_000

if (parentPort) open(parentPort, (workerData as { readonly file: string }).file)

function open(port: MessagePort, file: string): void {
  const say = (said: WorkerMessage) => port.postMessage(said)
  try {
    const sql = openDatabase(file)
    serve(port, sql, say)
  } catch (error) {
    return say({ broken: (error as Error).message })
  }
  say({ ready: true })
}

function serve(port: MessagePort, sql: Sql, say: (said: WorkerMessage) => void): void {
  const runAll = createCalls(sql)
  const queue: NumberedCall[] = []
  let isClosing = false

  port.on('message', (order: Order) => {
    take(order)
    while (queue.length > 0) {
      const asked = queue.splice(0, MOST)
      const outcomes = runAll(asked)
      say({ answers: outcomes.map((outcome, index) => ({ ...outcome, id: idOf(asked[index]) })) })
      if (queue.length === 0) pause()
      for (let more = next(); more; more = next()) take(more.message as Order)
    }
    if (!isClosing) return
    sql.close()
    process.exit(0)
  })

  const next = () => receiveMessageOnPort(port)

  function take(order: Order): void {
    if (order === 'close') isClosing = true
    else queue.push(...order)
  }

  /** This thread has nothing else to do. */
  function pause(): void {
    if (!isClosing) Atomics.wait(NEVER, 0, 0, BATCH_MS)
  }
}

/** Nobody wakes who waits on this. */
const NEVER = new Int32Array(new SharedArrayBuffer(4))

const idOf = (asked: NumberedCall | undefined) => asked?.id ?? 0
