/** How late steps were, and how many inputs were done, since it was asked last. */
export function createLateness() {
  let late = []
  let done = 0
  process.on('message', (what) => {
    if (what !== 'late') return
    const sorted = Float64Array.from(late).sort()
    const at = (part) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0
    process.send({ late: { steps: sorted.length, p50: at(0.5), p99: at(0.99), done } })
    late = []
    done = 0
  })
  return {
    add: (ms) => void late.push(ms),
    did: () => void done++,
  }
}
