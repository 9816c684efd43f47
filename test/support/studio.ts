import { SCOPES } from '../../protocol/players.ts'
import { newSecret, readSecret } from '../../server/core/store/secrets.ts'
import { createKey } from '../../server/features/keys.ts'
import { createServer } from '../../server/server.ts'
import { createDirectStore } from '../../server/store/direct.ts'
import { createWorld } from '../../server/world.ts'
import type { Json } from '../../web-client/client.ts'
import type { Any } from './client.ts'

/** The game’s own service, and a server that requires a ticket of it. */
export interface Studio {
  readonly port: number
  /**
   * Does what `plaza.please` [what, amount] asks for, where that is its to do; what `plaza.done`
   * says of it.
   *
   * - `ticket` [scope, …]: a ticket for these scopes, for all unless there are any. `old_ticket` []:
   *   one whose time is over.
   * - `alias` [identifier]: { alias, token, player } of who has this name at the service; an earlier
   *   token of his is good no longer. `old_alias` [identifier]: the same, with a token whose time is
   *   over.
   */
  obey(what: string, amount: Json): Promise<Json> | undefined
  close(): Promise<void>
}

/** Opens it on a free port, with keys for its HTTP API. */
export async function openStudio(host: string): Promise<Studio> {
  const world = createWorld()
  const store = createDirectStore(world.log)
  const server = await createServer({
    ...{ host, port: 0, dev: true, rates: false, requireTicket: true, world, store },
  })

  const call = async (path: string, body: object, scopes: readonly string[] = SCOPES) => {
    const held = SCOPES.filter((scope) => scopes.includes(scope))
    const { key } = await createKey(store, world, 'the studio', held)
    const response = await fetch(`http://${host}:${server.port}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const answer: Any = await response.json()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`)
    return answer
  }
  const aliasOf = async (identifier: Json = null) => {
    const body = { service: 'username', identifier: String(identifier) }
    const { alias, token, player } = await call('/v1/players/identify', body)
    return { alias: alias.id, token, player: player.id }
  }
  const commands: Readonly<Record<string, (...amount: Json[]) => Promise<Json>>> = {
    async ticket(...scopes) {
      const wished = scopes.length > 0 ? scopes.map(String) : SCOPES
      return (await call('/v1/socket-tickets', {}, wished)).ticket
    },
    async old_ticket() {
      const { id: key } = await createKey(store, world, 'the studio', SCOPES)
      const { text, kept } = newSecret(world.random)
      const until = world.date() - 1
      await store.run('ticket.issue', { ...kept, key, scopes: SCOPES, dev: false, until })
      return text
    },
    alias: aliasOf,
    async old_alias(identifier) {
      const known = await aliasOf(identifier)
      const { hash } = readSecret(known.token)
      await store.run('token.issue', { alias: known.alias, hash, until: world.date() - 1 })
      return known
    },
  }

  return {
    port: server.port,
    obey(what, amount) {
      const command = Object.hasOwn(commands, what) ? commands[what] : undefined
      return command?.(...(Array.isArray(amount) ? amount : [amount]))
    },
    async close() {
      await server.close()
      await store.close()
    },
  }
}
