import { PLAZA, type Point } from '../../protocol/plaza.ts'
import type { Brush } from './gestures.ts'

const LIGHT = '#f2b01e'
const GLOW = 'rgb(242 176 30 / 25%)'
const LEAVES = '#5b8e5a'
const BARK = '#7a5c42'
/** How many lights on the tree are drawn. */
const MOST_HUNG = 90
/** An even spread, leaf by leaf: the golden angle. */
const GOLDEN = 2.399963

/** The tree in the middle, and the lights that hang on it. */
export function drawTree({ pen }: Brush, scale: number, lights: number, now: number): void {
  const { x, y, reach } = PLAZA.tree
  const crown = { x: x * scale, y: (y - 125) * scale, radius: 80 * scale }
  pen.fillStyle = GLOW
  pen.beginPath()
  pen.ellipse(x * scale, y * scale, reach * scale, reach * scale * 0.6, 0, 0, 2 * Math.PI)
  pen.fill()
  pen.strokeStyle = BARK
  pen.lineWidth = 22 * scale
  pen.beginPath()
  pen.moveTo(x * scale, (y + 20) * scale)
  pen.lineTo(crown.x, crown.y)
  pen.stroke()
  pen.fillStyle = LEAVES
  for (const [aside, up, size] of CROWN) {
    const [left, top] = [crown.x + aside * crown.radius, crown.y + up * crown.radius]
    pen.beginPath()
    pen.arc(left, top, size * crown.radius, 0, 2 * Math.PI)
    pen.fill()
  }
  for (let light = 0; light < Math.min(lights, MOST_HUNG); light++) {
    const [far, angle] = [
      Math.sqrt((light + 0.5) / MOST_HUNG) * crown.radius * 1.15,
      light * GOLDEN,
    ]
    const size = 5 + Math.sin(now / 400 + light)
    drawLight(
      pen,
      crown.x + Math.cos(angle) * far,
      crown.y + Math.sin(angle) * far * 0.8,
      size * scale,
    )
  }
}

const CROWN = [
  [-0.65, 0.25, 0.55],
  [0.65, 0.25, 0.55],
  [0, -0.3, 0.75],
  [0, 0.35, 0.6],
] as const

/** A firefly wanders a little about its place. */
export function drawFirefly(
  { pen }: Brush,
  scale: number,
  { x, y }: Point,
  slot: number,
  now: number,
) {
  const [aside, up] = [Math.sin(now / 700 + slot * 1.7) * 8, Math.cos(now / 530 + slot * 2.3) * 6]
  const size = Math.max(8 * scale, 4) * (1 + Math.sin(now / 250 + slot) * 0.15)
  drawLight(pen, (x + aside) * scale, (y + up - 20) * scale, size)
}

/** The lights that somebody carries go round above its head. */
export function drawCarried(
  { pen }: Brush,
  x: number,
  top: number,
  size: number,
  lights: number,
  now: number,
) {
  for (let light = 0; light < lights; light++) {
    const angle = now / 500 + (light * 2 * Math.PI) / lights
    drawLight(
      pen,
      x + Math.cos(angle) * size * 0.45,
      top + Math.sin(angle) * size * 0.16,
      Math.max(size * 0.11, 3),
    )
  }
}

/** Nobody steals from whom this is around. */
export function drawSafety({ pen }: Brush, x: number, y: number, size: number): void {
  pen.strokeStyle = LIGHT
  pen.lineWidth = 2
  pen.beginPath()
  pen.ellipse(x, y, size * 0.45, size * 0.18, 0, 0, 2 * Math.PI)
  pen.stroke()
}

/** What somebody has just won, or lost, rises and fades: `part` of its way. */
export function drawGain(
  { pen, ink, paper }: Brush,
  text: string,
  x: number,
  y: number,
  part: number,
): void {
  pen.globalAlpha = 1 - part
  pen.lineWidth = 4
  pen.strokeStyle = paper
  pen.fillStyle = ink
  pen.strokeText(text, x, y - part * 40)
  pen.fillText(text, x, y - part * 40)
  pen.globalAlpha = 1
}

function drawLight(pen: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  pen.fillStyle = GLOW
  pen.beginPath()
  pen.arc(x, y, radius * 2.2, 0, 2 * Math.PI)
  pen.fill()
  pen.fillStyle = LIGHT
  pen.beginPath()
  pen.arc(x, y, radius, 0, 2 * Math.PI)
  pen.fill()
}
