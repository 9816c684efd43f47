/** Mostly enough for what one connection is written at once. */
const SCRATCH_BYTES = 131_072

let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)

/**
 * Hands frames over as one buffer, so that they are one system call. `use` says whether it is done
 * with the buffer: mostly it is, and the next ones are gathered in the same place.
 */
export function gathered(
  frames: readonly Buffer[],
  bytes: number,
  use: (all: Buffer) => boolean,
): void {
  if (bytes > SCRATCH_BYTES) return void use(Buffer.concat(frames, bytes))
  let at = 0
  for (const frame of frames) {
    scratch.set(frame, at)
    at += frame.length
  }
  if (!use(scratch.subarray(0, bytes))) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
}
