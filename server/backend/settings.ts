/** Where the server is, and the secret; each also by the name that jssocket's document has for it. */
export interface BackendSettings {
  /** The server's `/ws` (SOCKET_URL, or `ws://127.0.0.1:1234/ws`). */
  readonly url?: string
  /** What is asked before it connects (SOCKET_PING_URL, or `/healthz` of the same server). */
  readonly pingUrl?: string
  /** The secret itself (SOCKET_AUTH, or `12345678`, which only a server with `--dev` takes). */
  readonly auth?: string
}

/** What was said, what the environment says, or the defaults; throws where an address is none. */
export function readSettings(
  { url, pingUrl, auth }: BackendSettings,
  env: Readonly<Record<string, string | undefined>>,
): Required<BackendSettings> {
  const socket = addressOf(url ?? spoken(env.SOCKET_URL) ?? DEFAULT_URL, 'url (SOCKET_URL)', [
    'ws:',
    'wss:',
  ])
  const ping = pingUrl ?? spoken(env.SOCKET_PING_URL) ?? healthOf(socket)
  return {
    url: socket.href,
    pingUrl: addressOf(ping, 'pingUrl (SOCKET_PING_URL)', ['http:', 'https:']).href,
    auth: auth ?? spoken(env.SOCKET_AUTH) ?? DEFAULT_AUTH,
  }
}

/** Without the blanks around it; nothing where that is nothing. */
const spoken = (said: string | undefined) => said?.trim() || undefined

const DEFAULT_URL = 'ws://127.0.0.1:1234/ws'
const DEFAULT_AUTH = '12345678'

function healthOf({ protocol, host }: URL): string {
  return `${protocol === 'wss:' ? 'https' : 'http'}://${host}/healthz`
}

function addressOf(text: string, place: string, protocols: readonly string[]): URL {
  const address = URL.canParse(text) ? new URL(text) : undefined
  if (address && protocols.includes(address.protocol)) return address
  throw new Error(
    `${place}: expected an address such as ${protocols[0]}//127.0.0.1:1234, got "${text}"`,
  )
}
