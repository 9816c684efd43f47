import { feature } from './message.ts'
import { ASK_ERRORS } from './queries.ts'
import { about, json, object, optional, text } from './schema.ts'

/** How long an answer to a packet is awaited unless said, in ms. */
export const DEFAULT_PACKET_MS = 30_000

export const packets = feature('packets', 'Small messages whose shapes the game defines.', {
  packet: {
    direction: 'both',
    delivery: 'counted',
    rate: 'packet',
    room: true,
    to: true,
    from: true,
    doc: 'One of the game’s packets: for the server itself, or with `to` for others in a room, who get it with `from` stamped, and for its own logic by `server`. `["Name", data]` alone is the same without an `id`; in bytes it is the binary kind of this name. The server may ask a client in the same way.',
    data: object({
      name: text({ min: 1, max: 64 }),
      data: about('By the game’s schema, bytes as base64; left out, `{}`.', optional(json())),
    }),
    reply: object({
      value: about(
        'What the receiver’s `respond` returned, null for nothing; with `to`, `delivered`, `swallowed` and `unreached` as of an event.',
        json(),
      ),
    }),
    errors: [...ASK_ERRORS, 'UNKNOWN_PACKET', 'VALIDATION_FAILED', 'PACKETS_MISMATCH'],
  },
})
