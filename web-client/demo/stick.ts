import type { Point } from '../../protocol/plaza.ts'

/** A finger that has gone so far drags, in CSS pixels; at this it walks as fast as it can. */
const [DEAD, FULL] = [12, 48]

/** A finger anywhere on the ground is a stick; one that only taps, or a mouse, says where to go. */
export function createStick(ground: HTMLElement, tapped: (event: MouseEvent) => void) {
  let finger: { readonly id: number; readonly x: number; readonly y: number } | undefined
  let way: Point | undefined
  let hasDragged = false

  ground.addEventListener('pointerdown', ({ pointerType, pointerId, clientX, clientY }) => {
    hasDragged = false
    if (pointerType !== 'touch' || finger) return
    finger = { id: pointerId, x: clientX, y: clientY }
    ground.setPointerCapture(pointerId)
  })
  ground.addEventListener('pointermove', ({ pointerId, clientX, clientY }) => {
    if (finger?.id !== pointerId) return
    const [x, y] = [clientX - finger.x, clientY - finger.y]
    const far = Math.hypot(x, y)
    if (far < DEAD && !hasDragged) return
    hasDragged = true
    way = { x: x / Math.max(far, FULL), y: y / Math.max(far, FULL) }
  })
  for (const end of ['pointerup', 'pointercancel'] as const)
    ground.addEventListener(end, ({ pointerId }) => {
      if (finger?.id !== pointerId) return
      finger = undefined
      way = undefined
    })
  ground.addEventListener('click', (event) => {
    if (!hasDragged && !(event.target instanceof HTMLButtonElement)) tapped(event)
  })

  return {
    /** Which way a finger drags. */
    get way() {
      return way
    },
  }
}
