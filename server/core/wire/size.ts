import { toText } from '../../../protocol/message.ts'
import { Refusal } from './refusal.ts'

/** How many bytes a value is as JSON, as it leaves. */
export const jsonBytes = (value: unknown): number => Buffer.byteLength(toText(value))

/** Refuses with TOO_LARGE what is more than `most` bytes as JSON; what is not there is none. */
export function checkBytes(place: string, value: unknown, most: number): void {
  if (value === undefined) return
  const bytes = jsonBytes(value)
  if (bytes > most)
    throw new Refusal('TOO_LARGE', `${place}: ${bytes} bytes; expected at most ${most}`)
}
