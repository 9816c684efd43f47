import { varuintBytes, zigzag } from './state-varuint.ts'

/** What a packed column’s values have in common: each is the base and so many bits, or an exception. */
export interface Frame {
  readonly base: number
  readonly width: number
}

/** Shared, as nobody keeps it. */
const frame = { base: 0, width: 0 }
/** As many values are looked at. */
const SAMPLE = 256
const sorted = /* @__PURE__ */ new Int32Array(SAMPLE + 2)

/** The base and the width that take the fewest bytes, or nearly so; good until the next is asked for. */
export function frameFor(values: Int32Array, n: number): Frame {
  const stride = Math.ceil(n / SAMPLE) || 1
  let count = 0
  for (let index = 0; index < n; index += stride) sorted[count++] = values[index] as number
  if (stride > 1) count = withExtremes(values, n, count)
  sort(count)
  const [least, most] = count > 0 ? [sorted[0] as number, sorted[count - 1] as number] : [0, 0]
  const whole = widthOf(most - least)
  frame.base = least
  frame.width = whole
  if (whole === 0 || count < 3) return frame
  const exception = Math.max(exceptionBits(least), exceptionBits(most))
  let cheapest = count * whole
  for (let width = whole - 1; width >= 0; width--) {
    const outside = (count - bestWindow(count, width)) * exception
    // In fewer bits no fewer are outside.
    if (outside >= cheapest) break
    const cost = count * width + outside
    if (cost < cheapest) {
      cheapest = cost
      frame.base = sorted[windowAt] as number
      frame.width = width
    }
  }
  return frame
}

/**
 * The same of a few of those values that `suited` is of, without sorting them: that one, or what takes
 * all of them in.
 */
export function frameWithin(suited: Frame, values: Int32Array, n: number): Frame {
  const { base, width } = suited
  const outside = outsideOf(width)
  let [least, most] = [values[0] as number, values[0] as number]
  let cost = n * width + baseBits(base)
  for (let index = 0; index < n; index++) {
    const value = values[index] as number
    if (value < least) least = value
    else if (value > most) most = value
    if (((value - base) & outside) !== 0) cost += exceptionBits(value)
  }
  const whole = widthOf(most - least)
  if (cost < n * whole + baseBits(least)) return suited
  frame.base = least
  frame.width = whole
  return frame
}

/** The bits that no number of `width` bits has. */
export const outsideOf = (width: number): number => (width === MOST_WIDTH ? 0 : -(1 << width))

export const MOST_WIDTH = 32

/** In how many bits a number from 0 to 4294967295 fits. */
const widthOf = (range: number) => 32 - Math.clz32(range)

/** About what it takes to say where it is and what. */
const exceptionBits = (value: number) => 8 + 8 * varuintBytes(zigzag(value))
const baseBits = (base: number) => (base === 0 ? 0 : 8 * varuintBytes(zigzag(base)))

/** The first `count`; the engine’s own way is worth calling for many. */
function sort(count: number): void {
  if (count > FEW) {
    sorted.subarray(0, count).sort()
    return
  }
  for (let index = 1; index < count; index++) {
    const value = sorted[index] as number
    let at = index
    for (; at > 0 && (sorted[at - 1] as number) > value; at--) sorted[at] = sorted[at - 1] as number
    sorted[at] = value
  }
}

const FEW = 32

/** Nothing is beyond what is looked at. */
function withExtremes(values: Int32Array, n: number, count: number): number {
  let [least, most] = [values[0] as number, values[0] as number]
  for (let index = 1; index < n; index++) {
    const value = values[index] as number
    if (value < least) least = value
    else if (value > most) most = value
  }
  sorted[count] = least
  sorted[count + 1] = most
  return count + 2
}

/** Where the window that was found last begins. */
let windowAt = 0

/** How many values the best window of so many bits covers. */
function bestWindow(count: number, width: number): number {
  // Beyond 31 bits a shift turns round.
  const last = width === MOST_WIDTH - 1 ? 0x7fff_ffff : (1 << width) - 1
  let from = 0
  let best = 0
  for (let to = 0; to < count; to++) {
    const value = sorted[to] as number
    while (value - (sorted[from] as number) > last) from++
    if (to - from < best) continue
    best = to - from + 1
    windowAt = from
  }
  return best
}
