import { readFileSync } from 'node:fs'
import { crc32, deflateSync, inflateSync } from 'node:zlib'

export interface Picture {
  readonly width: number
  readonly height: number
  /** How many pixels have exactly this colour, such as `#24291f`. */
  count(colour: string): number
}

/** A PNG of 8 bits a channel, not interlaced, as Godot and Chromium save it; see its specification. */
export function readPng(path: string): Picture {
  const file = readFileSync(path)
  const data: Buffer[] = []
  for (let at = 8; at < file.length; at += file.readUInt32BE(at) + 12)
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)))
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)]
  const channels = file[25] === 6 ? 4 : 3
  const pixels = unfilter(inflateSync(Buffer.concat(data)), width * channels, channels)
  const counts = new Map<number, number>()
  for (let at = 0; at < pixels.length; at += channels) {
    const colour = pixels.readUIntBE(at, 3)
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
  }
  return {
    width,
    height,
    count: (colour) => counts.get(Number.parseInt(colour.slice(1), 16)) ?? 0,
  }
}

/** Three bytes a pixel, line by line. */
export interface Rgb {
  readonly width: number
  readonly height: number
  readonly rgb: Buffer
}

/** How many pixels have exactly this colour, and where they are on average. */
export function find({ width, rgb }: Rgb, colour: string) {
  const wanted = Number.parseInt(colour.slice(1), 16)
  let [count, x, y] = [0, 0, 0]
  for (let at = 0; at < rgb.length; at += 3) {
    if (rgb.readUIntBE(at, 3) !== wanted) continue
    count++
    x += (at / 3) % width
    y += Math.floor(at / 3 / width)
  }
  return { count, x: x / count, y: y / count }
}

/** A PNG of it. */
export function toPng({ width, height, rgb }: Rgb): Buffer {
  const lines = Buffer.alloc(height * (width * 3 + 1))
  for (let y = 0; y < height; y++)
    rgb.copy(lines, y * (width * 3 + 1) + 1, y * width * 3, (y + 1) * width * 3)
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, sum])
}

/** Undoes the filter that each line of a PNG names in its first byte. */
function unfilter(lines: Buffer, stride: number, channels: number): Buffer {
  const height = lines.length / (stride + 1)
  const pixels = Buffer.alloc(height * stride)
  for (let y = 0; y < height; y++) {
    const guess = GUESSES[lines[y * (stride + 1)] ?? 0] ?? none
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x
      const left = x < channels ? 0 : (pixels[at - channels] ?? 0)
      const up = y === 0 ? 0 : (pixels[at - stride] ?? 0)
      const corner = x < channels || y === 0 ? 0 : (pixels[at - stride - channels] ?? 0)
      pixels[at] = (lines[at + y + 1] ?? 0) + guess(left, up, corner)
    }
  }
  return pixels
}

type Guess = (left: number, up: number, corner: number) => number

const none: Guess = () => 0

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  if (a <= b && a <= c) return left
  return b <= c ? up : corner
}

/** By the number of the filter. */
const GUESSES: readonly Guess[] = [
  none,
  (left) => left,
  (_, up) => up,
  (left, up) => (left + up) >> 1,
  paeth,
]
