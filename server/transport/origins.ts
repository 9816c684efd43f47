/** Which pages may connect, by the origin their browser states: `https://play.example.org`. */
export type Origins = ReadonlySet<string>

/** What origins may be, in words. */
export const EXPECTED_ORIGINS = 'origins such as https://play.example.org'

/** Whether a text is an origin, as a browser states it or in capitals. */
export const isOrigin = (text: unknown): text is string =>
  typeof text === 'string' && originOf(text) === text.toLowerCase()

export const originsOf = (said: readonly string[]): Origins =>
  new Set(said.map((one) => one.toLowerCase()))

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
