import { createLuck, type Lag } from '../lag.ts'

const LAGS: readonly Lag[] = [
  { delay: 80, jitter: 20, cut: 0.01, stall: 0.02, seed: 1 },
  { delay: 5, jitter: 40, cut: 0.3, stall: 0.5, seed: 4_294_967_295 },
]
const CONNECTIONS = [1, 2, 1_000]
const MANY = 24

/** How long messages take and what seconds bring, by the seed and the number of a connection. */
export const lagVectors = (): object[] =>
  LAGS.flatMap((lag) =>
    CONNECTIONS.map((connection) => {
      const luck = createLuck(lag, connection)
      const many = <T>(one: () => T) => Array.from({ length: MANY }, one)
      return {
        ...{ ...lag, connection, up: many(luck.up), down: many(luck.down) },
        seconds: many(luck.second),
      }
    }),
  )
