/** What keeps a session's token over a reload of its page: `sessionStorage`, or the like of it. */
export interface TokenStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

export type Kept = ReturnType<typeof createKept>

/** The token of the session with one server, where it is kept at all; `warn` is told of what fails. */
export function createKept(
  storage: TokenStorage | undefined,
  url: string,
  warn: (text: string) => void,
) {
  const key = `estragon.session ${url}`
  let ours: string | undefined

  return {
    /** What a page of before left here. */
    get: (): string | undefined => tried(() => storage?.getItem(key) ?? undefined),

    set(token: string): void {
      ours = token
      tried(() => storage?.setItem(key, token))
    },

    /** The session is over; what another page has put here since stays. */
    forget(): void {
      tried(() => {
        if (storage?.getItem(key) === ours) storage?.removeItem(key)
      })
    },

    /** What is kept leads nowhere. */
    discard: (): void => tried(() => storage?.removeItem(key)),
  }

  /** A browser may forbid storage, or have no room. */
  function tried<T>(act: () => T): T | undefined {
    try {
      return act()
    } catch (error) {
      warn(`the session is not kept over a reload: ${error}`)
      return undefined
    }
  }
}
