import { PLAZA, type Point, stood, wayTo } from '../../protocol/plaza.ts'
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

/** Less than that apart is the same place. */
const NEAR = 0.05

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
    goal = stood(pointAt(event))
  })

  return {
    /** Walks there, unless told otherwise. */
    go(place: Point): void {
      goal = stood(place)
    },
    /**
     * Which way we walk from where we will be, for one tick; undefined while we stand. There we are
     * once the server, too, has us there: at `known`.
     */
    way(at: Point, known: Point): Point | undefined {
      const ahead = direction() ?? stick.way
      if (ahead || [at, known].every(isThere)) goal = undefined
      return ahead ?? (goal && wayTo(at, goal, PLAZA.tick_ms / 1000))
    },
  }

  function isThere({ x, y }: Point): boolean {
    return goal !== undefined && Math.hypot(goal.x - x, goal.y - y) < NEAR
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
