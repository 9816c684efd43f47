const POOL_BYTES = 131_072

let pool = Buffer.allocUnsafeSlow(POOL_BYTES)
/** What comes before this in the pool may still be in use. */
let used = 0

/**
 * Hands frames over as one buffer, so that they are one system call. `write` says whether it is done
 * with the buffer: mostly it is, and the next ones are joined in the same place.
 */
export function writeTogether(
  frames: readonly Buffer[],
  bytes: number,
  write: (all: Buffer) => boolean,
): void {
  if (bytes > POOL_BYTES) return void write(Buffer.concat(frames, bytes))
  if (used + bytes > POOL_BYTES) {
    pool = Buffer.allocUnsafeSlow(POOL_BYTES)
    used = 0
  }
  let at = used
  for (const frame of frames) {
    pool.set(frame, at)
    at += frame.length
  }
  if (!write(pool.subarray(used, at))) used = at
}
