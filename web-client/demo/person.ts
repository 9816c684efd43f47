import type { Brush } from './gestures.ts'

/** How far somebody is with a step, in radians, and whether it takes one. */
export interface Gait {
  readonly phase: number
  readonly isWalking: boolean
  /** Which way it looks: −1 left, 1 right. */
  readonly turn: number
}

/** A pair of steps is shown in so many pictures. */
const PICTURES = 12
/** More are of colours and sizes that nobody has any more. */
const MOST = 1_500
const [FACE, EYES] = ['#f4e4d0', '#24291f']
/** How much a picture holds around somebody of height 1 whose feet are at its `foot`. */
const BOX = { width: 1.1, height: 1.45, foot: 0.15 }

export type Persons = ReturnType<typeof createPersons>

/** Little people with bowler hats, each picture painted once and then copied. */
export function createPersons() {
  const painted = new Map<string, HTMLCanvasElement>()

  return {
    /** Draws one of so many pixels, its feet at x, y. */
    draw(brush: Brush, colour: string, x: number, y: number, size: number, gait: Gait): void {
      const { phase, isWalking, turn } = gait
      const turns = phase / (2 * Math.PI)
      const picture = isWalking ? Math.floor((turns - Math.floor(turns)) * PICTURES) : -1
      const key = `${colour} ${picture} ${turn} ${size} ${brush.ink} ${devicePixelRatio}`
      if (painted.size > MOST) painted.clear()
      const image = painted.get(key) ?? paint(brush, colour, size, turn, picture)
      painted.set(key, image)
      const [width, height] = [BOX.width * size, BOX.height * size]
      brush.pen.drawImage(image, x - width / 2, y + BOX.foot * size - height, width, height)
    },
  }
}

function paint(
  { ink }: Brush,
  colour: string,
  size: number,
  turn: number,
  picture: number,
): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = Math.ceil(BOX.width * size * devicePixelRatio)
  canvas.height = Math.ceil(BOX.height * size * devicePixelRatio)
  const pen = canvas.getContext('2d')
  if (!pen) return canvas
  pen.scale(canvas.width / BOX.width, canvas.width / BOX.width)
  pen.translate(BOX.width / 2, BOX.height - BOX.foot)
  const phase = (picture / PICTURES) * 2 * Math.PI
  paintPerson(pen, ink, colour, turn, picture < 0 ? undefined : phase)
  return canvas
}

/** Of height 1, its feet at 0, 0; without a phase it stands. */
function paintPerson(
  pen: CanvasRenderingContext2D,
  ink: string,
  colour: string,
  turn: number,
  phase: number | undefined,
): void {
  const swing = phase === undefined ? 0 : Math.sin(phase)
  const hop = phase === undefined ? 0 : Math.abs(Math.cos(phase)) * 0.06
  const fill = (style: string, path: () => void) => {
    pen.beginPath()
    path()
    pen.fillStyle = style
    pen.fill()
    pen.stroke()
  }
  pen.lineCap = 'round'
  pen.strokeStyle = ink
  pen.lineWidth = 0.1
  pen.beginPath()
  for (const side of [-1, 1]) {
    pen.moveTo(side * 0.12, -0.25 - hop)
    pen.lineTo(side * (0.12 + swing * 0.16), -Math.max(0, side * swing) * 0.08)
  }
  pen.stroke()
  pen.translate(0, -hop)
  pen.lineWidth = 0.045
  fill(colour, () => pen.roundRect(-0.27, -0.72, 0.54, 0.55, 0.24))
  fill(FACE, () => pen.arc(0, -0.82, 0.25, 0, 2 * Math.PI))
  pen.fillStyle = EYES
  for (const eye of [-1, 1]) {
    pen.beginPath()
    pen.arc((turn + eye) * 0.08, -0.8, 0.04, 0, 2 * Math.PI)
    pen.fill()
  }
  fill(colour, () => pen.roundRect(-0.17, -1.2, 0.34, 0.22, [0.12, 0.12, 0, 0]))
  fill(colour, () => pen.roundRect(-0.32, -1, 0.64, 0.07, 0.03))
}
