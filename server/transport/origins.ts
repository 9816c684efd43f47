/** Which pages may connect, by the origin their browser states: `https://play.example.org`. */
export type Origins = ReadonlySet<string>

/** Origins as a person writes them; throws an Error that names what is none. */
export function readOrigins(text: string): Origins {
  const asked = text.split(/[\s,]+/).filter(Boolean)
  const wrong = asked.find((one) => originOf(one) !== one.toLowerCase())
  if (wrong !== undefined || asked.length === 0)
    throw new Error(`expected origins such as https://play.example.org, got "${wrong ?? text}"`)
  return new Set(asked.map((one) => one.toLowerCase()))
}

/** Whether a request may come in: one without an origin is no page's, and is judged otherwise. */
export const isAdmitted = (origin: string | undefined, origins: Origins | undefined): boolean =>
  origin === undefined || !origins || origins.has(origin.toLowerCase())

function originOf(text: string): string | undefined {
  try {
    return new URL(text).origin
  } catch {
    return undefined
  }
}
