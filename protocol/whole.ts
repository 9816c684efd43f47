/** U+0000 and half a surrogate pair: no client of ours can hold them, so that no text here does. */
const BROKEN = /\0|\p{Surrogate}/gu

/** Text without them: each is U+FFFD, as in what `toText` writes. */
export const wholeText = (text: string): string => text.replace(BROKEN, '\ufffd')

/** A JSON value whose text, the names of fields too, is whole. The value is not changed. */
export function whole(value: unknown): unknown {
  if (typeof value === 'string') return wholeText(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(whole)
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [wholeText(name), whole(item)]),
  )
}

/** The value of JSON text, whole; throws a SyntaxError for what is none. */
export function fromText(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return MAY_BREAK.test(text) ? whole(value) : value
}

/** Only such a text says something broken, or a pair that is none. */
export const MAY_BREAK = /\\u(?:0000|d[89a-f])/i
