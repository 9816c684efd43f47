import { readFileSync } from 'node:fs'
import type { Test } from 'tap'
import type { Schema } from '../../protocol/schema.ts'
import type { Any } from './client.ts'

/** A line of protocol/vectors.json; which fields it has depends on the section. */
interface Vector {
  readonly name: string
  readonly type: string
  readonly part: 'data' | 'reply'
  readonly exact?: false
  readonly schema?: Schema
  readonly value: unknown
  readonly frame: unknown
  readonly source?: string
  readonly problem: string | null
  /** Of `packing` and `frames`: the bytes in hexadecimal, and what a frame holds. */
  readonly hex: string
  readonly reader: 'server' | 'client'
  readonly head: Any
  /** Of `relay`: the first byte without its flags. */
  readonly byte: number
  /** Of `batch`: the frames in hexadecimal. */
  readonly parts: readonly string[]
  readonly packet: Any
  readonly packets?: readonly Any[]
  readonly envelope?: object
  readonly counted: boolean
  readonly text: string
  readonly bytes: number
  readonly frames: number
  readonly steps: readonly Step[]
}
export type Step = readonly [name: string, argument: number, ...found: unknown[]]
export const vectors = JSON.parse(
  readFileSync(new URL('../../protocol/vectors.json', import.meta.url), 'utf8'),
) as Record<string, Vector[]>

export const inputOf = (vector: Vector): unknown =>
  vector.source === undefined ? (vector.frame ?? vector.value) : JSON.parse(vector.source)

/** Replays one section; only what goes wrong is told, or there would be thousands of lines. */
export function replay(
  t: Test,
  section: string,
  tried: (vector: Vector) => [found: unknown, wanted: unknown],
) {
  const all = vectors[section] ?? []
  const wrong = all.flatMap((vector) => {
    const [found, wanted] = tried(vector)
    const same = JSON.stringify(found) === JSON.stringify(wanted)
    return same ? [] : [`${JSON.stringify(vector).slice(0, 300)} gave ${JSON.stringify(found)}`]
  })
  t.ok(all.length > 5, `${all.length} vectors of ${section}`)
  t.strictSame(wrong, [])
}
