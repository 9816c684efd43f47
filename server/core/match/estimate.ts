/** How long one waits, by how long those of the last matches did; of late only. */
export function createEstimate(now: () => number) {
  const waits: { readonly at: number; readonly ms: number }[] = []

  return {
    /** Somebody has waited for so many ms, and was found a match. */
    add(ms: number): void {
      waits.push({ at: now(), ms })
      if (waits.length > MOST) waits.shift()
    },
    /** Half of them waited less; null while there are too few to say. */
    median(): number | null {
      const late = waits.filter(({ at }) => now() - at <= RECENT_MS).map(({ ms }) => ms)
      if (late.length < LEAST) return null
      return late.sort((one, other) => one - other)[late.length >> 1] ?? null
    },
  }
}

const MOST = 50
const LEAST = 5
const RECENT_MS = 600_000
