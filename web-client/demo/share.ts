export interface ShareElements {
  readonly button: HTMLButtonElement
  /** Says for a while what has become of the link. */
  readonly said: HTMLElement
  /** Shows the link to be copied by hand, selected. */
  readonly byHand: HTMLDialogElement
  readonly link: HTMLInputElement
}

const SAID_MS = 4_000

/** The room that a link to this page invites to. */
export const invitedTo = (hash: string): string | undefined =>
  /^#room=([a-z0-9]{6})$/i.exec(hash)?.[1]?.toUpperCase()

/** The page’s own address, inviting to a room. */
export const linkTo = (code: string, { origin, pathname } = location as Here): string =>
  `${origin}${pathname}#room=${code}`

type Here = Pick<Location, 'origin' | 'pathname'>

/**
 * The same for others: this machine’s name for itself leads them nowhere, so that the server is asked for
 * the address that its network knows it by.
 */
export async function linkForOthers(code: string): Promise<string> {
  const { hostname, pathname } = location
  const [origin] = HERE.test(hostname) ? await networkAddresses() : []
  return origin === undefined ? linkTo(code) : linkTo(code, { origin, pathname })
}

const HERE = /^(localhost|127\.0\.0\.1|\[::1\])$/

async function networkAddresses(): Promise<readonly string[]> {
  try {
    const response = await fetch('addresses.json')
    return response.ok ? ((await response.json()) as { network: readonly string[] }).network : []
  } catch {
    return []
  }
}

/** Gives the link away: by what a phone shares with, by the clipboard, or else by hand. */
export function createShare({ button, said, byHand, link }: ShareElements) {
  const isPhone = 'share' in navigator && matchMedia('(pointer: coarse)').matches
  let hiding = 0
  button.textContent = isPhone ? 'Share link' : 'Copy link'

  return async (url: string): Promise<void> => {
    try {
      if (isPhone) return await navigator.share({ title: document.title, url })
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return
    }
    try {
      await navigator.clipboard.writeText(url) // absent where the page did not come over https
      say('Link copied: it leads into this room.')
    } catch {
      link.value = url
      byHand.showModal()
      link.select()
    }
  }

  function say(text: string): void {
    clearTimeout(hiding)
    said.textContent = text
    hiding = setTimeout(() => said.replaceChildren(), SAID_MS)
  }
}
