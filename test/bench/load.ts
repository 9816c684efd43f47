// The load, in a process of its own: players in rooms, one turn after the other.
import type { Client } from './client.ts'
import { contestants } from './contestants.ts'
import { ageOf } from './dialects.ts'
import { quantile } from './figures.ts'
import type { Drive, LoadOptions, Order, Result } from './generator.ts'

/** A turn of the load begins so often; what has arrived meanwhile is read together. */
const TURN_MS = 2
const ACK_MS = 1_000
/** Ages are counted in hundredths of a ms, up to a second. */
const AGE_US = 10
const AGES = 100_000
/** So many rooms fill up at once. */
const ROOMS_AT_ONCE = 5

// The parent wrote it.
const { port, contestant, roomSize, isPatient }: LoadOptions = JSON.parse(process.argv[2] ?? '')
const { dialect } = contestants[contestant]
const players: Client[] = []
const got: number[] = []
const ages = new Uint32Array(AGES + 1)
const cell = new Int32Array(new SharedArrayBuffer(4))
let isRecording = false
let isLeaving = false
let closed = 0
let refused: string | undefined

process.on('message', async ({ grow, drive }: Order) => {
  if (grow !== undefined) {
    await growTo(grow)
    process.send?.({ grown: players.length })
  }
  if (drive) await run(drive)
})
process.on('disconnect', () => {
  isLeaving = true
  process.exit()
})
process.send?.({ ready: true })

async function growTo(count: number): Promise<void> {
  while (players.length < count) {
    const rooms = Math.min(ROOMS_AT_ONCE, Math.ceil((count - players.length) / roomSize))
    await Promise.all(Array.from({ length: rooms }, fillRoom))
  }
}

async function fillRoom(): Promise<void> {
  const { client, code } = await dialect.create(port)
  enter(client)
  for (let seat = 1; seat < roomSize; seat++) enter(await dialect.join(port, code))
}

function enter(client: Client): void {
  const index = players.push(client) - 1
  got[index] = 0
  client.onClose = () => {
    if (!isLeaving) closed++
  }
  client.onMessage = (bytes, start, end) => {
    if (!isHeard(client, bytes, start, end) || !isRecording) return
    const age = Math.floor(ageOf(bytes, end, dialect) / AGE_US)
    const bucket = age < AGES ? age : AGES
    ages[bucket] = (ages[bucket] ?? 0) + 1
    got[index] = (got[index] ?? 0) + 1
  }
}

function isHeard(client: Client, bytes: Buffer, start: number, end: number): boolean {
  try {
    return dialect.hears(client, bytes, start, end)
  } catch (error) {
    refused ??= (error as Error).message
    return false
  }
}

/** Everybody sends in turn, so many a second all together; what happens in the last `ms` counts. */
async function run({ settle_ms, ms, per_second }: Drive): Promise<void> {
  const order = shuffled(players)
  const start = performance.now()
  const open = start + settle_ms
  const turns: number[] = []
  let sent = 0
  let acknowledged = 0
  let before = { sent: 0, cpu: process.cpuUsage() }
  let last = start
  await new Promise<void>((resolve) => {
    const turn = () => {
      const now = performance.now()
      if (!isRecording && now >= open) {
        before = { sent, cpu: process.cpuUsage() }
        record(true)
        process.send?.({ open: true })
      } else if (isRecording) turns.push(now - last)
      last = now
      const due = Math.floor(((now - start) * per_second) / 1000)
      for (; sent < due; sent++) order[sent % order.length]?.write(dialect.emit(), true)
      const told = Math.floor(((now - start) * order.length) / ACK_MS)
      for (; acknowledged < told; acknowledged++) order[acknowledged % order.length]?.acknowledge()
      if (now >= open + ms) return resolve()
      if (isPatient) return void setTimeout(turn, 1)
      Atomics.wait(cell, 0, 0, Math.max(0, now + TURN_MS - performance.now()))
      // What has arrived is read before an immediate runs.
      setImmediate(turn)
    }
    turn()
  })
  const elapsed = last - open
  const { user, system } = process.cpuUsage(before.cpu)
  record(false)
  process.send?.({ result: resultOf(sent - before.sent, elapsed, (user + system) / 1000, turns) })
}

function record(yes: boolean): void {
  if (yes) {
    ages.fill(0)
    got.fill(0)
  }
  isRecording = yes
}

function resultOf(sent: number, elapsed: number, cpu: number, turns: number[]): Result {
  const delivered = got.reduce((sum, count) => sum + count, 0)
  return {
    players: players.length,
    seconds: elapsed / 1000,
    sent,
    delivered,
    expected: sent * (roomSize - 1),
    least: Math.min(...got),
    p50: ageAt(delivered, 0.5),
    p99: ageAt(delivered, 0.99),
    load: cpu / elapsed,
    turn_p99: quantile(Float64Array.from(turns).sort(), 0.99),
    closed,
    ...(refused !== undefined && { refused }),
  }
}

/** The age in ms below which a share of `p` lies. */
function ageAt(count: number, p: number): number {
  let seen = 0
  for (let bucket = 0; bucket <= AGES; bucket++) {
    seen += ages[bucket] ?? 0
    if (seen >= count * p) return ((bucket + 1) * AGE_US) / 1000
  }
  return (AGES * AGE_US) / 1000
}

/** In an order that mixes the rooms, the same each time. */
function shuffled<T>(items: readonly T[]): T[] {
  const mixed = [...items]
  let seed = 1
  for (let at = mixed.length - 1; at > 0; at--) {
    // The generator of POSIX rand (ISO C, 7.22.2).
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff
    const other = (seed >> 8) % (at + 1)
    const item = mixed[at] as T
    mixed[at] = mixed[other] as T
    mixed[other] = item
  }
  return mixed
}
