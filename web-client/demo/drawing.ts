import { PLAZA } from '../../protocol/plaza.ts'
import type { Figure, Point } from './figures.ts'
import { type Brush, drawBubble, drawHand, LINE } from './gestures.ts'
import { createLabels, type Labels } from './labels.ts'

const FONT = '600 13px system-ui, sans-serif'
const AWAY_OPACITY = 0.35
/** A body is drawn at least so wide, in CSS pixels: a phone shows the plaza small. */
const SMALLEST_BODY = 16
/** How far beside a body its hand is. */
const HAND_ASIDE = 9
/** How far a waving hand swings, in radians, and how fast. */
const SWING = { angle: 0.5, ms: 90 }

/** The plaza on a canvas of any size, in the colours of its style. */
export function createDrawing(canvas: HTMLCanvasElement) {
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('this browser cannot draw on a canvas')
  const labels = createLabels()
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
    draw(figures: Iterable<Figure>, now: number): void {
      const scale = canvas.clientWidth / PLAZA.width
      const radius = Math.max(PLAZA.body * scale, SMALLEST_BODY) / 2
      const swing = still.matches ? 0 : Math.sin(now / SWING.ms) * SWING.angle
      const brush = wipe(canvas, pen)
      const placed = [...figures]
        .flatMap((figure) => (figure.at ? [{ ...figure, ...scaled(figure.at, scale) }] : []))
        .sort((a, b) => a.y - b.y)
      for (const { x, y, ...figure } of placed) {
        pen.globalAlpha = figure.away ? AWAY_OPACITY : 1
        drawBody(brush, labels, figure, x, y, radius)
        if (now < figure.wavesUntil)
          drawHand(brush, figure.colour, x + radius + HAND_ASIDE, y + radius * 0.4, swing)
      }
      pen.globalAlpha = 1
      for (const { x, y, bubble } of placed.sort(byBubble))
        if (bubble && now < bubble.until) drawBubble(brush, bubble.text, x, y - radius)
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

function drawBody(
  brush: Brush,
  labels: Labels,
  { name, colour, isYou }: Figure,
  x: number,
  y: number,
  radius: number,
): void {
  const { pen, ink } = brush
  pen.beginPath()
  pen.arc(x, y, radius - 1, 0, 2 * Math.PI)
  pen.fillStyle = colour
  pen.fill()
  pen.lineWidth = isYou ? 2.5 : 1.25
  pen.strokeStyle = ink
  pen.stroke()
  labels.draw(brush, name, x, y + radius + LINE / 2 + 2)
}

/** What was said last comes last, and so in front. */
const byBubble = (a: Figure, b: Figure) => (a.bubble?.until ?? 0) - (b.bubble?.until ?? 0)

const scaled = ({ x, y }: Point, scale: number): Point => ({ x: x * scale, y: y * scale })
