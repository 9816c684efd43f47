import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/**
 * Where limits count who connects: its address; of the sixth version its first 64 bits, as whoever has
 * one of those has all of them.
 */
export function networkOf(address: string): string {
  const [bare = ''] = address.split('%')
  if (isIP(bare) !== 6) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1]
  if (mapped !== undefined) return mapped
  const [head = '', tail] = bare.split('::')
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')]
  const zeros = Math.max(0, GROUPS - before.length - after.length)
  const all = [...before, ...Array<string>(zeros).fill('0'), ...after]
  return `${all.slice(0, GROUPS / 2).join(':')}::/64`
}

const GROUPS = 8

/** Of 16 bits each; the last two may be written as an address of the fourth version. */
const groupsOf = (text: string): string[] =>
  text === ''
    ? []
    : text
        .split(':')
        .flatMap((group) =>
          group.includes('.') ? ['0', '0'] : [Number.parseInt(group, 16).toString(16)],
        )

/**
 * Whose request it is. Behind a proxy that is trusted: whom that proxy, and no one before it, says
 * it had it from, which is the last entry of X-Forwarded-For; what a client writes comes before it.
 * As limits count it.
 */
export function addressOf({ headers, socket }: IncomingMessage, trustProxy = false): string {
  const forwarded = trustProxy ? [headers['x-forwarded-for'] ?? []].flat().join() : ''
  const last = forwarded.split(',').at(-1)?.trim() ?? ''
  return networkOf(isIP(last) > 0 ? last : (socket.remoteAddress ?? 'unknown'))
}
