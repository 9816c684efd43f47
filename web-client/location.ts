/** The page we are on, as far as a server may send it elsewhere: the browser's `location`. */
export interface PageLocation {
  readonly href: string
  reload(): void
  assign(url: string): void
}

/**
 * Where a Redirect leads: an address of our own origin, or of one in `redirects`; undefined for any
 * other, and for what is no web address.
 */
export function destinationOf(
  page: PageLocation,
  address: string,
  redirects: readonly string[],
): string | undefined {
  const here = new URL(page.href)
  const there = URL.canParse(address, page.href) ? new URL(address, page.href) : undefined
  if (!there || !WEB.includes(there.protocol)) return undefined
  const isOurs = WEB.includes(here.protocol) && there.origin === here.origin
  const isListed = redirects.some(
    (one) => URL.canParse(one) && new URL(one).origin === there.origin,
  )
  return isOurs || isListed ? there.href : undefined
}

const WEB = ['http:', 'https:']

/** The browser's own, where there is one. */
export const platformLocation = (): PageLocation | undefined =>
  (globalThis as { location?: PageLocation }).location
