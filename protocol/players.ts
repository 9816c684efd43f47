import { feature } from './message.ts'
import { about, bool, object, optional, text } from './schema.ts'

export const MAX_NAME = 24

/** A display name; the server trims it and removes control characters. */
export const displayName = () => text({ min: 1, max: MAX_NAME })

export const player = () =>
  object({
    id: about('The player’s id, which others may see.', text({ min: 1, max: 64 })),
    name: displayName(),
    guest: about('Whether only a key in this client’s keeping identifies the player.', bool()),
  })

export const players = feature('players', 'Who is who.', {
  'player.identify': {
    direction: 'to_server',
    delivery: 'counted',
    rate: 'identify',
    doc: 'Says who this session is: with nothing, a new guest; with a guest key, the guest it belongs to.',
    data: object({
      guest_key: about('The key an earlier answer gave.', optional(text({ min: 1, max: 128 }))),
      name: about('The display name from now on.', optional(displayName())),
    }),
    reply: object({
      player: player(),
      guest_key: about('For a new guest only, and only here: keep it.', optional(text())),
    }),
    errors: ['INVALID_GUEST_KEY', 'ALREADY_IDENTIFIED'],
  },
})
