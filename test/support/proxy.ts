import { CUTS, type Cut, Cuts, type Street } from './cuts.ts'
import { outcomeOf, type Race } from './races.ts'
import type { Line } from './relay.ts'

/** Stands between clients and a server on this machine, and cuts what passes. */
export interface CuttingProxy {
  /** How often each kind of cut was seen to happen. */
  readonly tally: Readonly<Record<Cut, number>>
  readonly total: number
  /** The races seen so far of which both claims were answered, and how they ended. */
  readonly races: readonly string[]
  /** What a server that keeps its word does not do. */
  readonly wrongs: readonly string[]
  isCutting: boolean
  /** A way through for one client; its cuts follow from the seed. */
  line(seed: number): Promise<Line>
  /** Resolves when `total` cuts have been made, at least `each` of every kind. */
  reached(total: number, each?: number): Promise<void>
  close(): Promise<void>
}

export async function createProxy(port: number, goal: number): Promise<CuttingProxy> {
  const tally = Object.fromEntries(CUTS.map((cut) => [cut, 0])) as Record<Cut, number>
  const lines: { close(): Promise<void> }[] = []
  const races: Race[] = []
  const wrongs: string[] = []
  const waiters = new Set<() => void>()
  const street: Street = {
    port,
    tally,
    goal,
    races,
    wrongs,
    isCutting: false,
    count(cut) {
      tally[cut]++
      for (const look of [...waiters]) look()
    },
  }
  const total = () => CUTS.reduce((sum, cut) => sum + tally[cut], 0)
  return {
    tally,
    wrongs,
    get total() {
      return total()
    },
    get races() {
      return races.flatMap((race) => outcomeOf(race) ?? [])
    },
    get isCutting() {
      return street.isCutting
    },
    set isCutting(value) {
      street.isCutting = value
    },
    async line(seed) {
      const { relay } = new Cuts(street, seed)
      lines.push(relay)
      await relay.listen()
      return relay
    },
    reached: (wanted, each = 0) =>
      new Promise((resolve) => {
        const look = () => {
          if (total() < wanted || CUTS.some((cut) => tally[cut] < each)) return
          waiters.delete(look)
          resolve()
        }
        waiters.add(look)
        look()
      }),
    async close() {
      await Promise.all(lines.map((line) => line.close()))
    },
  }
}
