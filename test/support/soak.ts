/** Whether a test runs at its full size: `npm run soak -- NAME [--seed N]`. */
export const isSoak = process.env.ESTRAGON_SOAK !== undefined

/** A size as `npm test` has it, at most half a minute of it; or the full one. */
export const sized = <T>(small: T, full: T): T => (isSoak ? full : small)
