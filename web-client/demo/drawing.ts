import { PLAZA, type Point } from '../../protocol/plaza.ts'
import type { Figure } from './figures.ts'
import { type Brush, drawBubble, drawHand, LINE } from './gestures.ts'
import { createLabels, type Labels } from './labels.ts'
import { createPersons, type Persons } from './person.ts'
import { drawCarried, drawFirefly, drawGain, drawSafety, drawTree } from './scene.ts'
import type { Plaza } from './visit.ts'

const FONT = '600 13px system-ui, sans-serif'
const AWAY_OPACITY = 0.35
/** Somebody is drawn so tall, in bodies, and at least so tall, in CSS pixels: a phone shows the plaza small. */
const [TALL, SMALLEST] = [1.1, 26]
/** What was won rises for so long. */
const GAIN_MS = 1_200
/** How far beside a body its hand is. */
const HAND_ASIDE = 12
/** How far a waving hand swings, in radians, and how fast. */
const SWING = { angle: 0.5, ms: 90 }

/** The plaza on a canvas of any size, in the colours of its style. */
export function createDrawing(canvas: HTMLCanvasElement) {
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('this browser cannot draw on a canvas')
  const labels = createLabels()
  const persons = createPersons()
  const still = matchMedia('(prefers-reduced-motion: reduce)')

  return {
    /** The place in the plaza that a pointer is at. */
    pointAt({ clientX, clientY }: MouseEvent): Point {
      const { left, top, width, height } = canvas.getBoundingClientRect()
      return {
        x: ((clientX - left) / width) * PLAZA.width,
        y: ((clientY - top) / height) * PLAZA.height,
      }
    },

    /** Draws everybody as they are at `now`, the page's own time; who is further down, in front. */
    draw(figures: Iterable<Figure>, state: Plaza['state'], now: number): void {
      const scale = canvas.clientWidth / PLAZA.width
      const size = Math.max(PLAZA.body * scale * TALL, SMALLEST)
      const swing = still.matches ? 0 : Math.sin(now / SWING.ms) * SWING.angle
      const brush = wipe(canvas, pen)
      const placed = [...figures]
        .flatMap((figure) => (figure.at ? [{ ...figure, ...scaled(figure.at, scale) }] : []))
        .sort((a, b) => a.y - b.y)
      const tree = PLAZA.tree.y * scale
      let isBehind = true
      for (const { x, y, ...figure } of placed) {
        if (isBehind && y > tree) drawTree(brush, scale, state.round.row?.lights ?? 0, now)
        isBehind &&= y <= tree
        pen.globalAlpha = figure.away ? AWAY_OPACITY : 1
        drawFigure(brush, { labels, persons }, figure, x, y + size / 2, size)
        drawCarried(brush, x, y - size * 0.95, size, figure.lights, now)
        if (now < figure.wavesUntil)
          drawHand(brush, figure.colour, x + size * 0.4 + HAND_ASIDE, y, swing)
      }
      if (isBehind) drawTree(brush, scale, state.round.row?.lights ?? 0, now)
      pen.globalAlpha = 1
      for (const { slot, x, y } of state.fireflies) drawFirefly(brush, scale, { x, y }, slot, now)
      for (const { x, y, gain } of placed)
        if (gain && now - gain.since < GAIN_MS)
          drawGain(brush, gain.text, x, y - size, (now - gain.since) / GAIN_MS)
      for (const { x, y, bubble } of placed.sort(byBubble))
        if (bubble && now < bubble.until) drawBubble(brush, bubble.text, x, y - size * 0.8)
    },
  }
}

/** An empty canvas with as many pixels as the screen has, and the colours of the moment. */
function wipe(canvas: HTMLCanvasElement, pen: CanvasRenderingContext2D): Brush {
  const { clientWidth, clientHeight } = canvas
  const width = Math.round(clientWidth * devicePixelRatio)
  const height = Math.round(clientHeight * devicePixelRatio)
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
  pen.clearRect(0, 0, clientWidth, clientHeight)
  pen.font = FONT
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.lineJoin = 'round'
  pen.lineCap = 'round'
  const { color, backgroundColor } = getComputedStyle(canvas)
  return { pen, ink: color, paper: backgroundColor, width: clientWidth }
}

/** With its feet at x, y. */
function drawFigure(
  brush: Brush,
  { labels, persons }: { readonly labels: Labels; readonly persons: Persons },
  { name, colour, isYou, safe, gait }: Figure,
  x: number,
  y: number,
  size: number,
): void {
  const { pen, ink } = brush
  if (isYou) {
    pen.strokeStyle = ink
    pen.lineWidth = 1.5
    pen.beginPath()
    pen.ellipse(x, y, size * 0.38, size * 0.14, 0, 0, 2 * Math.PI)
    pen.stroke()
  }
  if (safe) drawSafety(brush, x, y, size)
  persons.draw(brush, colour, x, y, size, gait)
  labels.draw(brush, name, x, y + LINE / 2 + 4)
}

/** What was said last comes last, and so in front. */
const byBubble = (a: Figure, b: Figure) => (a.bubble?.until ?? 0) - (b.bubble?.until ?? 0)

const scaled = ({ x, y }: Point, scale: number): Point => ({ x: x * scale, y: y * scale })
