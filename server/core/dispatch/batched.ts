import { BATCH, MAX_BATCHED, readBatch } from '../../../protocol/batch.ts'
import { Misfit, Reader } from '../../../protocol/bytes.ts'
import { KIND_MASK } from '../../../protocol/message.ts'
import type { Decoded } from '../wire/decode.ts'
import { Refusal } from '../wire/refusal.ts'

/** Whether a message of bytes says that it is a batch. */
export const isBatch = (bytes: Buffer): boolean => ((bytes[0] ?? 0) & KIND_MASK) === BATCH

/** The frames of a batch; undefined where it is none after all. */
export function framesOf(bytes: Buffer): readonly Buffer[] | undefined {
  try {
    const found = readBatch(new Reader(bytes))
    return found.map(([start, end]) => bytes.subarray(start, end))
  } catch (error) {
    if (error instanceof Misfit) return undefined
    throw error
  }
}

/** What is wrong with one that is none. */
export const noBatch = (): Decoded => ({
  counted: false,
  problem: new Refusal(
    'INVALID_MESSAGE_DATA',
    `batch: expected 1 to ${MAX_BATCHED} frames of other binary kinds, each behind its size`,
  ),
  asked: { type: 'batch' },
})
