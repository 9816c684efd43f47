import { PLAZA } from '../../protocol/plaza.ts'
import type { Point } from './figures.ts'

/** Units a second: the plaza's width in five seconds. */
const SPEED = 320
const MARGIN = PLAZA.body / 2

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
  ground.addEventListener('click', (event) => {
    goal = pointAt(event)
  })

  return {
    /** Where we are `elapsed` ms after we were `at`. */
    step(at: Point, elapsed: number): Point {
      const far = (SPEED * elapsed) / 1000
      const ahead = direction()
      if (ahead) return inside({ x: at.x + ahead.x * far, y: at.y + ahead.y * far })
      if (!goal) return at
      const left = Math.hypot(goal.x - at.x, goal.y - at.y)
      const part = left > far ? far / left : 1
      const next = inside({ x: at.x + (goal.x - at.x) * part, y: at.y + (goal.y - at.y) * part })
      if (part === 1) goal = undefined
      return next
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

/** Whole within the plaza, in the tenths that the server keeps. */
const inside = ({ x, y }: Point): Point => ({
  x: tenths(Math.min(Math.max(x, MARGIN), PLAZA.width - MARGIN)),
  y: tenths(Math.min(Math.max(y, MARGIN), PLAZA.height - MARGIN)),
})

const tenths = (value: number) => Math.round(value * 10) / 10
