import { platform, setPriority } from 'node:os'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type Call, createCalls, type Outcome } from './calls.ts'
import { openDatabase, type Sql } from './database.ts'
import { weightOf } from './weight.ts'

/** What the other thread asks, with the number that its answer bears. */
export type NumberedCall = Call & { readonly id: number }
export type Answer = Outcome & { readonly id: number }
export type Order = readonly NumberedCall[] | 'close'

export type WorkerMessage =
  | { readonly ready: true }
  | { readonly broken: string }
  /** There are answers to fetch. */
  | { readonly answered: true }

export interface WorkerData {
  readonly file: string
  /** Where answers are put, in pieces that the other thread fetches one by one. */
  readonly answers: MessagePort
}

/** After a transaction so long passes until the next: what comes meanwhile shares its one write. */
const BATCH_MS = 10
/** A piece of answers holds no more than so many, and no more than one beyond so much. */
const [PIECE, PIECE_BYTES] = [32, 65_536]
/** No transaction holds the file longer than so many calls take. */
const MOST = 2_000

/** The event loop comes first where both want the same processor. */
const NICE = 10

// Elsewhere this is not about one thread.
if (parentPort && platform() === 'linux') setPriority(NICE)
if (parentPort) open(parentPort, workerData as WorkerData)

function open(port: MessagePort, { file, answers }: WorkerData): void {
  const say = (said: WorkerMessage) => port.postMessage(said)
  try {
    const sql = openDatabase(file)
    serve(port, sql, (all) => {
      for (const piece of piecesOf(all)) answers.postMessage(piece)
      say({ answered: true })
    })
  } catch (error) {
    return say({ broken: (error as Error).message })
  }
  say({ ready: true })
}

function serve(port: MessagePort, sql: Sql, answer: (all: readonly Answer[]) => void): void {
  const runAll = createCalls(sql)
  const queue: NumberedCall[] = []
  let isClosing = false

  port.on('message', (order: Order) => {
    take(order)
    while (queue.length > 0) {
      const asked = queue.splice(0, MOST)
      const outcomes = runAll(asked)
      answer(outcomes.map((outcome, index) => ({ ...outcome, id: idOf(asked[index]) })))
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

function* piecesOf(answers: readonly Answer[]): Iterable<readonly Answer[]> {
  let from = 0
  let bytes = 0
  for (const [index, answer] of answers.entries()) {
    bytes += weightOf(answer)
    const end = index + 1
    if (bytes < PIECE_BYTES && end - from < PIECE && end < answers.length) continue
    yield answers.slice(from, end)
    from = end
    bytes = 0
  }
}
