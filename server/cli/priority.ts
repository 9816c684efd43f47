import { readdirSync } from 'node:fs'
import { availableParallelism, getPriority, platform, setPriority } from 'node:os'

/** As much less as the storage's thread has. */
const NICE = 10
const LEAST = 19

/**
 * Where this process has one processor only, the event loop comes first on it: the threads that collect
 * garbage and compile beside it, each with as good a right by itself, made everybody wait 25 ms.
 */
export function putLoopFirst(): void {
  // Elsewhere threads have no priority of their own.
  if (platform() !== 'linux' || availableParallelism() > 1) return
  try {
    const nice = Math.min(getPriority() + NICE, LEAST)
    for (const thread of readdirSync('/proc/self/task').map(Number))
      if (thread !== process.pid) lower(thread, nice)
  } catch {
    // Where nothing says which threads there are, it goes on as it is.
  }
}

function lower(thread: number, nice: number): void {
  try {
    setPriority(thread, nice)
  } catch {
    // It has ended meanwhile.
  }
}
