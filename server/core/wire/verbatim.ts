import { toText } from '../../../protocol/message.ts'
import { MAY_BREAK } from '../../../protocol/whole.ts'

/**
 * What stands at a path of names in JSON text, as it was written: `1e20` and `1.0` are other bytes
 * once JavaScript has read them. Undefined where nothing stands there. U+0000 and half
 * surrogates, which no Godot can hold, become U+FFFD as everywhere.
 */
export function verbatim(text: string, path: readonly string[]): string | undefined {
  let at = afterSpace(text, 0)
  for (const name of path) {
    const found = memberAt(text, at, name)
    if (found === undefined) return undefined
    at = found
  }
  return wellFormed(text.slice(at, endOf(text, at)))
}

/** Where the value of a member begins; of several of one name the last counts, as in JSON.parse. */
function memberAt(text: string, object: number, name: string): number | undefined {
  if (text[object] !== '{') return undefined
  let found: number | undefined
  let at = afterSpace(text, object + 1)
  while (text[at] === '"') {
    const end = endOfText(text, at)
    const value = afterSpace(text, afterSpace(text, end) + 1)
    if (JSON.parse(text.slice(at, end)) === name) found = value
    at = afterSpace(text, endOf(text, value))
    if (text[at] === ',') at = afterSpace(text, at + 1)
  }
  return found
}

/** Where the value that begins at a place ends. */
function endOf(text: string, start: number): number {
  if (text[start] === '"') return endOfText(text, start)
  if (!OPENING.has(text[start] ?? '')) return placeOf(AFTER_SCALAR, text, start)
  let level = 0
  let at = start
  do {
    at = placeOf(STRUCTURE, text, at)
    const found = text[at] ?? ''
    if (found === '"') at = endOfText(text, at)
    else {
      level += OPENING.has(found) ? 1 : -1
      at++
    }
  } while (level > 0 && at < text.length)
  return at
}

function endOfText(text: string, start: number): number {
  for (let at = start + 1; ; at += 2) {
    at = placeOf(IN_TEXT, text, at)
    if (text[at] !== '\\') return at + 1
  }
}

const afterSpace = (text: string, at: number): number => placeOf(NO_SPACE, text, at)

/** Where one of these comes next, or the end. */
function placeOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.exec(text)?.index ?? text.length
}

const OPENING: ReadonlySet<string> = new Set('{[')
const NO_SPACE = /[^ \t\n\r]/g
const IN_TEXT = /["\\]/g
const STRUCTURE = /["{}[\]]/g
const AFTER_SCALAR = /[,\]} \t\n\r]/g

function wellFormed(text: string): string {
  if (!MAY_BREAK.test(text)) return text
  let made = ''
  for (let at = 0; at < text.length; ) {
    const start = placeOf(QUOTE, text, at)
    const end = Math.min(endOfText(text, start), text.length)
    const one = text.slice(start, end)
    made += text.slice(at, start) + (MAY_BREAK.test(one) ? toText(JSON.parse(one)) : one)
    at = end
  }
  return made
}

const QUOTE = /"/g
