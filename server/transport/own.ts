import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AskNodes } from '../core/nodes/bus.ts'
import { incidentOf } from '../core/wire/incident.ts'
import type { World } from '../world.ts'

/** A game’s own answers to HTTP requests; true, or a promise, where it answers. */
export type OnRequest = (
  request: IncomingMessage,
  response: ServerResponse,
  server: { readonly intercom: AskNodes },
) => boolean | Promise<void>

/** A failure of the game's is logged, and answered with 500 if nothing was said yet. */
export function createOwn(onRequest: OnRequest, intercom: AskNodes, world: World) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const fail = (error: unknown): true => {
      const where = { method: request.method }
      const { message } = incidentOf(world, error, { what: 'onRequest failed', where })
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      response.end(message)
      return true
    }
    try {
      const answered = onRequest(request, response, { intercom })
      if (typeof answered === 'boolean') return answered
      void Promise.resolve(answered).catch(fail)
      return true
    } catch (error) {
      return fail(error)
    }
  }
}
