/** Answers the bench over IPC, and ends when the bench is gone. */
export function report(port) {
  process.on('message', (what) => {
    if (what !== 'usage' && what !== 'collect') return
    if (what === 'collect') for (let round = 0; round < 3; round++) globalThis.gc?.()
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed, external } = process.memoryUsage()
    const at = performance.now()
    const usage = { at, cpu_ms: (user + system) / 1000, rss, heap: heapUsed + external }
    process.send({ usage })
  })
  process.on('disconnect', () => process.exit())
  process.send({ port })
}

/** Tells the bench of a warning in the log. */
export function warn(fields, msg) {
  process.send({ warning: { ...fields, msg } })
}
