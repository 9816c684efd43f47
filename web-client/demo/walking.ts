import { type Point, walked, wayTo } from '../../protocol/plaza.ts'
import { createStick } from './stick.ts'

const KEYS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  KeyA: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  KeyD: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  KeyW: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
  KeyS: { x: 0, y: 1 },
}

/** Where keys and pointer lead. `pointAt` says which place of the plaza an event is at. */
export function createWalking(ground: HTMLElement, pointAt: (event: MouseEvent) => Point) {
  const pressed = new Set<string>()
  let goal: Point | undefined

  addEventListener('keydown', (event) => {
    if (!KEYS[event.code] || !isForWalking(event)) return
    event.preventDefault()
    pressed.add(event.code)
    goal = undefined
  })
  addEventListener('keyup', ({ code }) => pressed.delete(code))
  addEventListener('blur', () => pressed.clear())
  const stick = createStick(ground, (event) => {
    goal = pointAt(event)
  })

  return {
    /** Walks there, unless told otherwise. */
    go(place: Point): void {
      goal = place
    },
    /** Where we are `elapsed` ms after we were `at`. */
    step(at: Point, elapsed: number): Point {
      const ahead = direction() ?? stick.way
      if (ahead) goal = undefined
      const way = ahead ?? (goal && wayTo(at, goal, elapsed / 1000))
      if (!way) return { x: at.x, y: at.y }
      const next = walked(at, way, elapsed / 1000)
      if (goal && Math.hypot(way.x, way.y) < 0.999) goal = undefined
      return { x: tenths(next.x), y: tenths(next.y) }
    },
  }

  /** Of length 1, or undefined when no key leads anywhere. */
  function direction(): Point | undefined {
    let x = 0
    let y = 0
    for (const code of pressed) {
      x += KEYS[code]?.x ?? 0
      y += KEYS[code]?.y ?? 0
    }
    x = Math.sign(x)
    y = Math.sign(y)
    const length = Math.hypot(x, y)
    return length > 0 ? { x: x / length, y: y / length } : undefined
  }

  /** Not while writing, scrolling the log, or using a shortcut of the browser. */
  function isForWalking({ target, altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
    if (altKey || ctrlKey || metaKey || ground.clientWidth === 0) return false
    return !(target instanceof Element && target.closest('input, [role=log], dialog, [popover]'))
  }
}

/** As the server keeps it. */
const tenths = (value: number) => Math.round(value * 10) / 10
