import { timingSafeEqual } from 'node:crypto'

/** Whether two hashes are equal, in a time that does not tell where they differ. */
export function isSame(hash: string, other: string): boolean {
  const [a, b] = [Buffer.from(hash), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
