import { readFileSync } from 'node:fs'

/** What the kernel holds of a connection, at both of its ends; 0 once it is gone. */
export function kernelBytes(localPort = 0): number {
  const port = localPort.toString(16).toUpperCase().padStart(4, '0')
  let sum = 0
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const [, local, remote, , queues] = line.trim().split(/\s+/)
    if (!local?.endsWith(`:${port}`) && !remote?.endsWith(`:${port}`)) continue
    for (const queue of queues?.split(':') ?? []) sum += Number.parseInt(queue, 16)
  }
  return sum
}
