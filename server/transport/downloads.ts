import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Limits } from '../core/wire/limits.ts'
import type { World } from '../world.ts'
import { addressOf } from './address.ts'

export interface DownloadsOptions {
  readonly world: World
  readonly limits: Pick<Limits, 'downloads' | 'download_ms'>
  /** Whether a proxy in front says who asks (false). */
  readonly trustProxy?: boolean
}

/** What ends a download; undefined where its address has as many as it may. */
export type Downloads = (
  request: IncomingMessage,
  response: ServerResponse,
) => (() => void) | undefined

/** How many files are on their way to each address; who takes nothing for long is cut off. */
export function createDownloads(options: DownloadsOptions): Downloads {
  const { world, limits, trustProxy } = options
  const byAddress = new Map<string, number>()

  return (request, response) => {
    const address = addressOf(request, trustProxy)
    if ((byAddress.get(address) ?? 0) >= limits.downloads) return undefined
    change(address, 1)
    const stop = watch(request, response)
    return () => {
      stop()
      change(address, -1)
    }
  }

  function change(address: string, by: number): void {
    const count = (byAddress.get(address) ?? 0) + by
    if (count > 0) byAddress.set(address, count)
    else byAddress.delete(address)
  }

  function watch({ socket }: IncomingMessage, response: ServerResponse): () => void {
    const taken = () => socket.bytesWritten - socket.writableLength
    let before = taken()
    const look = () => {
      const now = taken()
      if (now === before) return void response.destroy()
      before = now
      cancel = world.after(limits.download_ms, look)
    }
    let cancel = world.after(limits.download_ms, look)
    return () => cancel()
  }
}
