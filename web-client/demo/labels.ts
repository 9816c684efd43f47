import { type Brush, LINE } from './gestures.ts'

/** How far its outline reaches around a text. */
const OUTLINE = 2
/** More labels than a plaza has members are of members who left. */
const MOST = 400

export type Labels = ReturnType<typeof createLabels>

/** Names, each painted once and then copied, which costs a frame less than to outline its letters. */
export function createLabels() {
  const painted = new Map<string, HTMLCanvasElement>()
  let look = ''

  return {
    /** Draws a name around a point. */
    draw(brush: Brush, name: string, x: number, y: number): void {
      const now = `${brush.ink} ${brush.paper} ${devicePixelRatio}`
      if (now !== look || painted.size > MOST) painted.clear()
      look = now
      const label = painted.get(name) ?? paint(brush, name)
      painted.set(name, label)
      const [width, height] = [label.width / devicePixelRatio, label.height / devicePixelRatio]
      brush.pen.drawImage(label, onPixel(x - width / 2), onPixel(y - height / 2), width, height)
    },
  }
}

function paint({ pen: model, ink, paper }: Brush, name: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  const width = model.measureText(name).width + 2 * OUTLINE
  canvas.width = Math.ceil(width * devicePixelRatio)
  canvas.height = Math.ceil((LINE + 2 * OUTLINE) * devicePixelRatio)
  const pen = canvas.getContext('2d')
  if (!pen) return canvas
  pen.scale(devicePixelRatio, devicePixelRatio)
  pen.font = model.font
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.lineJoin = 'round'
  const [x, y] = [canvas.width / devicePixelRatio / 2, canvas.height / devicePixelRatio / 2]
  pen.lineWidth = 2 * OUTLINE
  pen.strokeStyle = paper
  pen.strokeText(name, x, y)
  pen.fillStyle = ink
  pen.fillText(name, x, y)
  return canvas
}

/** Between pixels a copy would blur. */
const onPixel = (value: number) => Math.round(value * devicePixelRatio) / devicePixelRatio
