import { backends } from './backends.ts'
import { channels } from './channels.ts'
import { events } from './events.ts'
import { friends } from './friends.ts'
import { functions } from './functions.ts'
import { matchmaking } from './matchmaking.ts'
import type { Message, Messages } from './message.ts'
import { notify } from './notify.ts'
import { packets } from './packets.ts'
import { parties } from './parties.ts'
import { players } from './players.ts'
import { presences } from './presence.ts'
import { queries } from './queries.ts'
import { relay } from './relay.ts'
import { rooms } from './rooms.ts'
import { session } from './session.ts'
import { state } from './state.ts'

/** The only list of features. */
export const FEATURES = {
  session,
  players,
  rooms,
  events,
  queries,
  functions,
  matchmaking,
  parties,
  friends,
  presence: presences,
  channels,
  notify,
  backends,
  packets,
  relay,
  state,
} as const

type Union<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void
  ? I
  : never
export type AllMessages = Union<(typeof FEATURES)[keyof typeof FEATURES]['messages']>

/** Every message by its type. */
export const MESSAGES = Object.assign(
  Object.create(null),
  ...Object.values(FEATURES).map((one) => one.messages),
) as AllMessages

/** The table line of a type that came from outside, if there is one. */
export const messageOf = (type: string): Message | undefined => (MESSAGES as Messages)[type]
