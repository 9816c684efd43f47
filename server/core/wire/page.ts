/** A part of a list, and where the next part begins; null after the last. */
export interface Page<T, Cursor> {
  readonly page: readonly T[]
  readonly next: Cursor | null
}

/**
 * The first page of what was found: at most `most`, and as JSON at most `bytes`, but always one, so
 * that a list always goes on. Ask for one more than `most`, so that it can be told whether more follow.
 */
export function paged<T, Cursor>(
  found: readonly T[],
  most: number,
  cursorOf: (last: T) => Cursor,
  bytes = Number.POSITIVE_INFINITY,
): Page<T, Cursor> {
  const page = fitting(found.slice(0, most), bytes - OVERHEAD)
  const last = page.at(-1)
  return { page, next: last !== undefined && page.length < found.length ? cursorOf(last) : null }
}

function fitting<T>(items: readonly T[], bytes: number): readonly T[] {
  let left = bytes
  const end = items.findIndex((item, index) => {
    left -= Number.isFinite(left) ? Buffer.byteLength(JSON.stringify(item)) + 1 : 0
    return left < 0 && index > 0
  })
  return end < 0 ? items : items.slice(0, end)
}

/** What a message with a page says beside it. */
const OVERHEAD = 200
