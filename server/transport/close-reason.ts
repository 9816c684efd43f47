/** What a close carries beside its code: a control frame holds 125 bytes (RFC 6455, section 5.5). */
export const MOST_REASON_BYTES = 123

/** A reason as a close can carry it: one that is too long ends with …, after a whole character. */
export function closeReason(text: string): string {
  if (Buffer.byteLength(text) <= MOST_REASON_BYTES) return text
  let bytes = Buffer.byteLength(CUT)
  let kept = ''
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > MOST_REASON_BYTES) break
    kept += character
  }
  return kept + CUT
}

const CUT = '…'
