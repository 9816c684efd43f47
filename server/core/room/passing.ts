import type { World } from '../../world.ts'
import type { Limits } from '../wire/limits.ts'
import { promisedBy } from '../wire/promised.ts'
import { jsonBytes } from '../wire/size.ts'
import { createFaults } from './fault.ts'
import { aOrAn, type RoomMessage, type Words } from './kind.ts'
import type { Room } from './room.ts'

export interface PassingOptions {
  readonly world: Pick<World, 'log' | 'random'>
  readonly limits: Pick<Limits, 'message_bytes'>
}

/** What is wrong with words that a room made of a member's, if something is. */
export type ProblemOf = (words: Words) => string | undefined

/** The way of what a member says past the room's own logic, which is no more trusted than players. */
export function createPassing({ world, limits }: PassingOptions) {
  const { attempt, failed } = createFaults(world)
  return { pass, attempt, failed }

  /**
   * What a member says, as the room's `onMessage` would have it; undefined where nobody is to have it.
   * What it returns is judged before anybody receives it, and so is what it did to the arguments.
   */
  function pass(room: Room, message: RoomMessage, problemOf: ProblemOf): Words | undefined {
    const { hooks } = room
    if (!hooks.onMessage) return message
    return attempt(room, () => {
      const changed: unknown = hooks.onMessage?.(message)
      if (changed === false) return undefined
      const place = () => `onMessage of ${aOrAn(room.kind.name)}`
      const said = { name: message.name, args: message.args }
      const { name, args } = { ...said, ...(changed !== undefined && partOf(changed, place())) }
      const problem = problemOf({ name, args }) ?? problemOfSize({ name, args })
      if (problem) throw new TypeError(`${place()}: ${problem}`)
      return { name, args }
    })
  }

  function problemOfSize(words: Words): string | undefined {
    const bytes = jsonBytes(words)
    if (bytes <= limits.message_bytes) return undefined
    return `${bytes} bytes; expected at most ${limits.message_bytes}`
  }
}

/** Whether what a hook had in its hands is still as `before`. */
export function isUnchanged(now: unknown, before: unknown): boolean {
  if (typeof before !== 'object' || before === null) return Object.is(now, before)
  if (typeof now !== 'object' || now === null) return false
  const entries = Object.entries(before)
  if (Array.isArray(now) !== Array.isArray(before)) return false
  if (Object.keys(now).length !== entries.length) return false
  return entries.every(([key, value]) => isUnchanged((now as Record<string, unknown>)[key], value))
}

/** What a hook would change, if it is anything of the sort. */
function partOf(changed: unknown, place: string): Partial<Words> {
  const promised = promisedBy(changed)
  if (promised) {
    // It is refused as a promise, whatever else becomes of it.
    void promised.catch(() => {})
    throw new TypeError(`${place} must answer at once, without a promise`)
  }
  const isPlain = typeof changed === 'object' && changed !== null && !Array.isArray(changed)
  const unknown = isPlain ? Object.keys(changed).find((key) => !WORDS.includes(key)) : undefined
  if (isPlain && unknown === undefined) return changed
  const got = unknown === undefined ? String(changed) : `"${unknown}"`
  throw new TypeError(`${place}: expected undefined, false, or name and args; got ${got}`)
}

const WORDS: readonly string[] = ['name', 'args']
