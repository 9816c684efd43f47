/** Calls back before each frame that is drawn, with its time; returns what ends it. */
export type Frames = (listener: (now: number) => void) => () => void

/** Those of a page; elsewhere there are none. */
export function platformFrames(): Frames | undefined {
  const { requestAnimationFrame: request, cancelAnimationFrame: cancel } =
    globalThis as unknown as Partial<Page>
  if (!request || !cancel) return undefined
  return (listener) => {
    let next = request.call(globalThis, function draw(now) {
      next = request.call(globalThis, draw)
      listener(now)
    })
    return () => cancel.call(globalThis, next)
  }
}

/** The part of a browser’s window that is used. */
interface Page {
  requestAnimationFrame(callback: (now: number) => void): number
  cancelAnimationFrame(handle: number): void
}
