import { MAX_NAME } from './players.ts'

/**
 * A display name as others see it; may be empty. White space is folded; control characters, and
 * what turns the reading direction or cannot be seen, are out; what joins the letters of Persian or
 * Sinhala, a family of emoji or a flag stays. What is too long is cut between two characters, as
 * the eye takes them.
 */
export const cleanName = (asked: string): string =>
  cut(asked.replace(HIDDEN, (_, kept?: string) => kept ?? ' ').trim()).replace(RAGGED, '')

/** Where letters or pictures are joined: not in scripts that never do, where nobody would see it. */
const JOINED = '[\\p{L}\\p{M}\\p{Extended_Pictographic}\\p{Emoji_Modifier}]'
const UNJOINED = `[${['Latin', 'Greek', 'Cyrillic', 'Han', 'Hiragana', 'Katakana', 'Hangul']
  .map((script) => `\\p{Script=${script}}`)
  .join('')}]`
const JOINER = `(?<=${JOINED})(?<!${UNJOINED})[\\u200c\\u200d](?!${UNJOINED})(?=${JOINED})`
/** A flag that is told by letters, as Scotland’s. */
const FLAG = '\\u{1f3f4}[\\u{e0030}-\\u{e007a}]{1,6}\\u{e007f}'
/** Signs around digits, which Unicode counts among the formatting characters. */
const SIGN = '[\\u0600-\\u0605\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u{110bd}\\u{110cd}]'
const HIDDEN = new RegExp(`(${JOINER}|${FLAG}|${SIGN})|(?:(?!${SIGN})[\\p{C}\\s])+`, 'gu')
/** What a cut may leave at the end. */
const RAGGED = /[\p{Cs}\s\u200c\u200d]+$/u

const CHARACTERS = new Intl.Segmenter('und', { granularity: 'grapheme' })

function cut(name: string): string {
  if (name.length <= MAX_NAME) return name
  let end = 0
  for (const { index, segment } of CHARACTERS.segment(name)) {
    if (index + segment.length > MAX_NAME) break
    end = index + segment.length
  }
  // One character alone may be longer.
  return name.slice(0, end || MAX_NAME)
}
