import { readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Any } from './client.ts'

/** A step of protocol/traces.json; which fields it has depends on what it does. */
export interface Step {
  readonly do: string
  readonly frame?: Any
  readonly hex?: string
  readonly lost?: true
  readonly code: number
  readonly ms: number
  readonly id: string
  readonly re: string
  readonly type: string
  readonly room?: string
  readonly data: Any
  readonly event: string
  readonly attempt: number
  readonly old: 'gone' | 'there' | 'silent'
  readonly state: string
  readonly sent: number
  readonly received: number
  readonly link: string
  readonly results: readonly string[]
  readonly events: readonly string[]
}

export interface Trace {
  readonly name: string
  readonly sides: readonly string[]
  readonly limits: Any
  readonly claims: number
  readonly fingerprint: string
  readonly steps: readonly Step[]
}

/** One side of a trace: what happens to it, what it writes, what it is. */
export interface Side {
  /** What the others do to it; steps that mean nothing here are missing. */
  readonly does: Readonly<Record<string, (step: Step) => void>>
  /** What it has written and nobody has looked at yet. */
  readonly written: Any[]
  /** What it writes in the trace, and what arrives there. */
  readonly writes: 'up' | 'down'
  receive(step: Step): void
  /** Its state, with the fields that the trace has. */
  state(): object
  /** What may differ from the trace, made equal. */
  plain?(found: Any, expected: Any): Any
  close(): void
}

const FILE = new URL('../../protocol/traces.json', import.meta.url)
export const { traces } = JSON.parse(readFileSync(FILE, 'utf8')) as { traces: readonly Trace[] }

/** Replays a trace against one side: every frame it writes and every state must be as they are there. */
export async function replay(t: Test, { name, steps }: Trace, side: Side): Promise<void> {
  const { does, written, writes, plain = (found) => found } = side
  t.teardown(side.close)
  const states = writes === 'up' ? 'client' : 'server'
  for (const [index, step] of steps.entries()) {
    const where = `${name}: step ${index}, ${step.do}`
    if (step.do === writes) {
      const expected = step.hex ?? step.frame
      const found = plain(written.shift(), expected)
      if (!t.strictSame(found, expected, where)) return
    } else if (step.do === 'up' || step.do === 'down') {
      if (!step.lost) side.receive(step)
    } else if (step.do === states) {
      const { do: _, ...expected } = step
      if (!t.strictSame(side.state(), expected, where)) return
    } else does[step.do]?.(step)
    await settled()
  }
  t.strictSame(written, [], `${name}: and nothing else`)
}

/** What promises and the end of a turn lead to has happened. */
async function settled(): Promise<void> {
  for (let n = 0; n < 3; n++) await turn()
}

/** Of what was found only what the trace names. */
export function named(found: Any, expected: Any): Any {
  if (Array.isArray(expected) && Array.isArray(found) && found.length === expected.length)
    return found.map((item, index) => named(item, expected[index]))
  if (!isObject(expected) || !isObject(found)) return found
  const keys = Object.keys(expected).filter((key) => Object.hasOwn(found, key))
  return Object.fromEntries(keys.map((key) => [key, named(found[key], expected[key])]))
}

const isObject = (value: Any) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
