/** A host, and perhaps a port, without a word of how it is spoken to. */
const HOST = /^(\[[\da-f:.]+\]|[^\s:/?#@[\]]+)(:\d+)?($|[/?](?!\/))/i

/** What a person writes for a server, as every WebSocket takes it: a host alone is reached by `ws`. */
export function addressOf(text: string): string {
  const url = text.trim()
  return HOST.test(url) ? `ws://${url}` : url
}
