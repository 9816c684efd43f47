import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Rgb } from './png.ts'

/** A part of a screen, from a place on. */
export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What is on the screen of Xvfb just now, whose file (an X window dump, see XWDFile.h) is in `folder`. */
export function readScreen(folder: string, { x, y, width, height }: Area): Rgb {
  const dump = readFileSync(join(folder, 'Xvfb_screen0'))
  const head = (index: number) => dump.readUInt32BE(index * 4)
  const [bytes, stride, colours] = [head(0), head(12), head(19)]
  const pixels = dump.subarray(bytes + colours * COLOUR_BYTES)
  const rgb = Buffer.alloc(width * height * 3)
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const from = (y + row) * stride + (x + column) * 4
      const to = (row * width + column) * 3
      for (let part = 0; part < 3; part++) rgb[to + part] = pixels[from + 2 - part] ?? 0
    }
  return { width, height, rgb }
}

const COLOUR_BYTES = 12
