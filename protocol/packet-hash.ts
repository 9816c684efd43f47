import stringify from 'fast-json-stable-stringify'

/**
 * Tells whether two sides were made from the same packets, in hexadecimal: FNV-1a of 64 bits (Fowler,
 * Noll, Vo) of the stable-stringified shapes. It finds a mistake, not an attack, and a browser can
 * make it at once, which it cannot a SHA-256.
 */
export function hashOf(shapes: unknown): string {
  let hash = OFFSET
  for (const byte of new TextEncoder().encode(stringify(shapes)))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME)
  return hash.toString(16).padStart(16, '0')
}

const OFFSET = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n
