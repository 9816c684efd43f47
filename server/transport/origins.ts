/** Which pages may connect: whether what their browser states as its origin is one of them. */
export type Origins = (origin: string) => boolean

/** What origins may be, in words. */
export const EXPECTED_ORIGINS = 'origins such as https://play.example.org or https://*.example.org'

/**
 * Whether a text is an origin, in any case and with or without the slash that addresses end in. Its
 * first label may be `*`: any below. `null` is what pages from a file and sandboxed frames state, and
 * an app’s own scheme, such as capacitor://localhost, what the page in its shell does.
 */
export const isOrigin = (text: unknown): text is string =>
  typeof text === 'string' && originOf(text) !== undefined

export function originsOf(said: readonly string[]): Origins {
  const all = said.map((one) => originOf(one) ?? one)
  const exact = new Set(all.filter((one) => !one.includes('*')))
  const below = all
    .filter((one) => one.includes('*'))
    .map((one) => one.split('*') as [string, string])
  return (origin) =>
    exact.has(origin) ||
    below.some(
      ([before, after]) =>
        origin.startsWith(before) &&
        origin.endsWith(after) &&
        LABELS.test(origin.slice(before.length, -after.length)),
    )
}

/** Whether a request may come in: one without an origin is no page's, and is judged otherwise. */
export const isAdmitted = (origin: string | undefined, origins: Origins | undefined): boolean =>
  origin === undefined || !origins || origins(origin.toLowerCase())

/** What stands before the domain whose pages may all connect. */
const LABELS = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/
const OPAQUE = 'null'
const PARTS = /^([a-z][a-z0-9+.-]*):\/\/(\*\.)?([^\s/?#@*\\]+)\/?$/

/** As a browser states it; undefined where no browser would. */
function originOf(text: string): string | undefined {
  const said = text.toLowerCase()
  if (said === OPAQUE) return OPAQUE
  if (/^file:\/\/\/?$/.test(said)) return 'file://'
  const [, scheme = '', below = '', host = ''] = PARTS.exec(said) ?? []
  if (!host || (below && !/[a-z]/.test(host))) return undefined
  if (scheme !== 'http' && scheme !== 'https') return `${scheme}://${below}${host}`
  const url = URL.canParse(`${scheme}://${host}`) ? new URL(`${scheme}://${host}`) : undefined
  return url && `${scheme}://${below}${url.host}`
}
