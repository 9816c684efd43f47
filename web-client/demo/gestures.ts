/** A canvas ready to be drawn on, in CSS pixels. */
export interface Brush {
  readonly pen: CanvasRenderingContext2D
  readonly ink: string
  readonly paper: string
  /** Of the canvas. */
  readonly width: number
}

/** The height of a line of text. */
export const LINE = 17

/** At most so wide, and such a part of the canvas. */
const BUBBLE = { width: 180, part: 0.4, lines: 3, padding: 8, radius: 9, gap: 6, margin: 2 }

/** Four fingers and a thumb: from x, y to x, y. */
const FINGERS = [
  [-4, -6, -6, -13],
  [-1.5, -8, -2, -16],
  [1.5, -8, 2, -16],
  [4, -6, 6, -13],
  [-3, -2, -9, -5],
] as const
const FINGER = 3
const PALM = 9
const OUTLINE = 2.5

/** A hand turned by `angle`, outlined. */
export function drawHand(
  { pen, ink }: Brush,
  colour: string,
  x: number,
  y: number,
  angle: number,
): void {
  pen.save()
  pen.translate(x, y)
  pen.rotate(angle)
  strokeHand(pen, ink, OUTLINE)
  strokeHand(pen, colour, 0)
  pen.restore()
}

function strokeHand(pen: CanvasRenderingContext2D, colour: string, outline: number): void {
  pen.strokeStyle = colour
  pen.lineWidth = FINGER + outline
  pen.beginPath()
  for (const [fromX, fromY, toX, toY] of FINGERS) {
    pen.moveTo(fromX, fromY)
    pen.lineTo(toX, toY)
  }
  pen.stroke()
  pen.lineWidth = PALM + outline
  pen.beginPath()
  pen.moveTo(0, -4)
  pen.lineTo(0, -3)
  pen.stroke()
}

/** What somebody says, above `bottom` where there is room, and always within the canvas. */
export function drawBubble(
  { pen, ink, paper, width: right }: Brush,
  text: string,
  x: number,
  bottom: number,
): void {
  const lines = wrap(pen, text, Math.min(BUBBLE.width, right * BUBBLE.part))
  const width = Math.max(...lines.map((line) => pen.measureText(line).width)) + 2 * BUBBLE.padding
  const height = lines.length * LINE + BUBBLE.padding
  const left = Math.max(Math.min(x - width / 2, right - width - BUBBLE.margin), BUBBLE.margin)
  const top = Math.max(bottom - BUBBLE.gap - height, BUBBLE.margin)
  pen.beginPath()
  pen.roundRect(left, top, width, height, BUBBLE.radius)
  pen.fillStyle = paper
  pen.fill()
  pen.lineWidth = 1.25
  pen.strokeStyle = ink
  pen.stroke()
  pen.fillStyle = ink
  for (const [index, line] of lines.entries())
    pen.fillText(line, left + width / 2, top + BUBBLE.padding / 2 + (index + 0.5) * LINE)
}

/** In lines of at most `width`, letter by letter where a word does not; the rest is cut off. */
function wrap(pen: CanvasRenderingContext2D, text: string, width: number): string[] {
  const fits = (line: string) => pen.measureText(line.trimEnd()).width <= width
  const pieces = text.split(/(?<=\s)/).flatMap((word) => (fits(word) ? [word] : [...word]))
  const lines: string[] = []
  let line = ''
  for (const piece of pieces) {
    if (!fits(line + piece)) {
      lines.push(line)
      line = ''
    }
    line += piece
  }
  lines.push(line)
  if (lines.length <= BUBBLE.lines) return lines
  return [...lines.slice(0, BUBBLE.lines - 1), `${lines[BUBBLE.lines - 1]?.trimEnd()}…`]
}
