import { toText } from '../../../protocol/message.ts'
import { fromText } from '../../../protocol/whole.ts'
import { Refusal } from './refusal.ts'

/** JSON that came from outside; a problem where it is more than `most` bytes once it is written again. */
export interface Read {
  readonly value: unknown
  readonly problem?: Refusal
}

/** Reads JSON text, its text made whole; throws a SyntaxError for what is none. */
export function readJson(bytes: Buffer, most: number, place: string): Read {
  const text = bytes.toString('utf8')
  const value = fromText(text)
  if (bytes.length <= most / MOST_GROWTH || !EXPONENT.test(text)) return { value }
  const size = Buffer.byteLength(toText(value))
  if (size <= most) return { value }
  const problem = `${place}: expected at most ${most} bytes with every number’s digits, got ${size}`
  return { value, problem: new Refusal('TOO_LARGE', problem) }
}

/** Only a number with an exponent is written with more digits than it was said: 1e20 with 21. */
const EXPONENT = /\d[eE]/
const MOST_GROWTH = 6
