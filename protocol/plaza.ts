import { about, object, optional, text, tuple } from './schema.ts'

/** The ground of the plaza, in its own units; a body is `body` wide, and walks `speed` a second. */
export const PLAZA = {
  ...{ width: 1600, height: 900, body: 48, speed: 320, capacity: 200, tick_ms: 50 },
  /** Lights are hung on it by who comes so near. */
  tree: { x: 800, y: 450, reach: 110 },
  /** Nobody carries more. */
  most_lights: 6,
  /** For so long nobody steals from who has stolen. */
  safe_s: 2,
} as const

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

/** A place, or a way of at most one in length. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** What an input makes of who walks: the same on the server, on the page and in Godot's walking.gd. */
export const walk = (walker: { x: number; y: number }, way: Point, seconds: number) =>
  void Object.assign(walker, walked(walker, way, seconds))

/** Where who walks that way for so many seconds comes to; nobody is faster by a longer way. */
export function walked({ x, y }: Point, way: Point, seconds: number): Point {
  const far = (PLAZA.speed * seconds) / Math.max(1, Math.hypot(way.x, way.y))
  return stood({ x: x + way.x * far, y: y + way.y * far })
}

/** The nearest place where somebody can stand: on the ground, to the tenth. */
export const stood = ({ x, y }: Point): Point => ({
  x: inside(x, PLAZA.width),
  y: inside(y, PLAZA.height),
})

/** The way from a place to another, so that who walks it for so many seconds does not go too far. */
export function wayTo({ x, y }: Point, goal: Point, seconds: number): Point {
  const [ahead, aside] = [goal.x - x, goal.y - y]
  const far = Math.max(Math.hypot(ahead, aside), PLAZA.speed * seconds)
  return { x: ahead / far, y: aside / far }
}

/** What somebody gets who hangs so many lights on the tree at once: the more, the more each. */
export const worth = (lights: number): number => (lights * (lights + 1)) / 2

const inside = (value: number, extent: number) =>
  Math.min(Math.max(Math.round(value * 10) / 10, PLAZA.body / 2), extent - PLAZA.body / 2)
