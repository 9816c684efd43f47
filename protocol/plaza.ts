import { about, object, optional, text, tuple } from './schema.ts'

/** The ground of the plaza, in its own units; a body is `body` wide. */
export const PLAZA = { width: 1600, height: 900, body: 48, capacity: 200, tick_ms: 50 } as const

/** What is said in a plaza is no longer than this, in characters. */
export const MAX_CHAT = 280

export const colour = () =>
  text({ min: 7, max: 7, pattern: '#[0-9a-f]{6}', expected: 'a colour such as "#4f8cff"' })

/** What `data` says in a join of a plaza, and of a member in it. */
export const plazaMember = () => object({ colour: optional(colour()) })

/** The events a plaza knows, by name: their arguments. */
export const plazaEvents = {
  'plaza.wave': about('A wave of the hand.', tuple()),
  'plaza.chat': about('Something said aloud.', tuple(text({ min: 1, max: MAX_CHAT }))),
}
