import { PAGE_BYTES } from './envelope.ts'
import { jsonBytes } from './size.ts'

/** A part of a list, and where the next part begins; null after the last. */
export interface Page<T, Cursor> {
  readonly page: readonly T[]
  readonly next: Cursor | null
  /** Of what is larger all by itself, where it is. */
  readonly tooLarge: readonly Cursor[]
  /** How many bytes it is as JSON, about; 0 where nobody asked for so many at most. */
  readonly bytes: number
}

/**
 * The first page of what was found: at most `most`, and as JSON at most `bytes`. Of what is larger all
 * by itself only its place is told, so that it hides nothing behind it; a page may be empty and still
 * go on. Ask for one more than `most`, so that it can be told whether more follow.
 */
export function paged<T, Cursor>(
  found: readonly T[],
  most: number,
  cursorOf: (last: T) => Cursor,
  bytes = Number.POSITIVE_INFINITY,
): Page<T, Cursor> {
  const room = createPage(bytes)
  const page: T[] = []
  const tooLarge: Cursor[] = []
  let looked = 0
  for (const item of found.slice(0, most)) {
    const verdict = room.take(item)
    if (verdict === 'full') break
    if (verdict === 'fits') page.push(item)
    else if (room.take(cursorOf(item)) === 'fits') tooLarge.push(cursorOf(item))
    else if (looked > 0) break
    looked++
  }
  const last = found[looked - 1]
  const next = last !== undefined && looked < found.length ? cursorOf(last) : null
  return { page, next, tooLarge, bytes: room.taken }
}

/** How a page tells of what is too large; nothing where nothing is. */
export const told = <C>({ tooLarge }: { readonly tooLarge: readonly C[] }) =>
  tooLarge.length > 0 ? { too_large: tooLarge } : {}

/** Room for entries as JSON: whether the next one fits, or has to wait, or never will. */
export function createPage(bytes: number) {
  const most = bytes - PAGE_BYTES
  let left = most
  return {
    get taken() {
      return left < most ? most - left : 0
    },
    take(item: unknown): 'fits' | 'full' | 'never' {
      if (most === Number.POSITIVE_INFINITY) return 'fits'
      const size = jsonBytes(item) + 1
      if (size > most) return 'never'
      if (size > left) return 'full'
      left -= size
      return 'fits'
    },
  }
}
