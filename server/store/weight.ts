/** What a number, a name's place or an entry takes, about. */
const ENTRY_BYTES = 8

/**
 * How many bytes a call holds while it waits, about: of all its text, and of the answer where it says
 * how many `bytes` that may be.
 */
export function weightOf(args: unknown): number {
  const { bytes = 0 } = args as { readonly bytes?: number }
  return bytes + textIn(args)
}

function textIn(value: unknown): number {
  if (typeof value === 'string') return ENTRY_BYTES + value.length
  if (typeof value !== 'object' || value === null) return ENTRY_BYTES
  let sum = ENTRY_BYTES
  for (const [name, one] of Object.entries(value)) sum += name.length + textIn(one)
  return sum
}
