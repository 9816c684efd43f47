import { FIRST_PEER } from '../../../protocol/relay.ts'

/**
 * The numbers of one room's peers: each is a positive int32 other than peer 1's, and none comes
 * twice. A count goes through steps that can each be undone (George Marsaglia, "Xorshift RNGs",
 * 2003, and a product with an odd number), so that who was there need not be remembered.
 */
export class PeerIds {
  readonly #start: number
  #count = 0

  /** `start` is any number from 0 to 0x7fffffff. */
  constructor(start: number) {
    this.#start = start
  }

  next(): number {
    for (;;) {
      const id = mixed((this.#start + this.#count++) & MASK)
      if (id > FIRST_PEER) return id
    }
  }

  /** Whether somebody has, or had, this number. */
  has(id: number): boolean {
    return id === FIRST_PEER || ((unmixed(id) - this.#start) & MASK) < this.#count
  }
}

const MASK = 0x7fff_ffff
const SHIFT = 16
const [ODD, INVERSE] = [0x2c1b_3c6d, 0x64ea_2d65]

/** Shifted by more than half of its bits, it undoes itself. */
const shifted = (value: number) => value ^ (value >>> SHIFT)
const mixed = (value: number) => shifted(Math.imul(shifted(value), ODD) & MASK)
const unmixed = (value: number) => shifted(Math.imul(shifted(value), INVERSE) & MASK)
