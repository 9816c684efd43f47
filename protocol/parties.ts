import { queueName, standing } from './matchmaking.ts'
import { feature } from './message.ts'
import { askedName, displayName, playerId } from './players.ts'
import { code as roomCode } from './rooms.ts'
import {
  about,
  array,
  bool,
  choice,
  float64,
  integer,
  json,
  nullable,
  object,
  optional,
  record,
  text,
} from './schema.ts'

const partyCode = () => about('What others join it by.', roomCode())
const propertiesOfParty = () =>
  about('What its leader says of it, such as a mode or a map; null removes one.', record())
const own = () =>
  about('What one says of oneself, such as a rating or a hero; null removes one.', record())
const open = () => about('Whether its code is enough to join; if not, one must be invited.', bool())
const who = () => object({ player: playerId() })

/** Somebody in a party. */
export const mate = () =>
  object({
    player: playerId(),
    name: displayName(),
    ready: bool(),
    away: about('None of the player’s sessions has a connection.', bool()),
    properties: own(),
  })

export const party = () =>
  object({
    code: partyCode(),
    leader: playerId(),
    open: open(),
    properties: propertiesOfParty(),
    members: about('In order of joining.', array(mate())),
  })

const inParty = () => object({ party: party() })
const whole = { direction: 'to_server', delivery: 'counted' } as const
const push = { direction: 'to_client', delivery: 'counted' } as const
const OWN_PARTY_ERRORS = ['NO_PLAYER_FOUND', 'NOT_IN_PARTY'] as const
const LEADER_ERRORS = [...OWN_PARTY_ERRORS, 'NOT_PARTY_LEADER'] as const

export const parties = feature(
  'parties',
  'Players who go together: a party outlives rooms and drops, and is told to all devices of a player.',
  {
    'party.create': {
      ...whole,
      rate: 'create',
      doc: 'Makes a party, whose leader one is. A player is in one party at a time.',
      data: object({
        name: about('The name to be known by.', optional(askedName())),
        properties: optional(propertiesOfParty()),
        own: optional(own()),
        open: about('Whether its code is enough to join (true).', optional(bool())),
      }),
      reply: inParty(),
      errors: ['NO_PLAYER_FOUND', 'ALREADY_IN_PARTY', 'TOO_LARGE'],
    },
    'party.join': {
      ...whole,
      doc: 'Joins the party of this code, invited or not.',
      data: object({
        code: partyCode(),
        name: about('The name to be known by.', optional(askedName())),
        own: optional(own()),
      }),
      reply: inParty(),
      errors: [
        ...(['NO_PLAYER_FOUND', 'ALREADY_IN_PARTY', 'PARTY_NOT_FOUND', 'PARTY_FULL'] as const),
        ...(['NOT_INVITED', 'TOO_LARGE'] as const),
      ],
    },
    'party.invite': {
      ...whole,
      rate: 'invite',
      doc: 'Invites a player, who is told at once, or as soon as it has identified on another device; the party’s code is in the invitation. An invitation lasts until it is accepted by `party.join`, declined, or superseded, or the party is over.',
      data: who(),
      reply: object({
        reached: about('How many of the player’s sessions were told.', integer('uint32')),
      }),
      errors: [
        ...OWN_PARTY_ERRORS,
        ...(['INVALID_TARGET', 'ALREADY_IN_PARTY', 'PARTY_FULL', 'BLOCKED'] as const),
      ],
    },
    'party.decline': {
      ...whole,
      doc: 'Declines the invitation to the party of this code; its members are told.',
      data: object({ code: partyCode() }),
      reply: object({}),
      errors: ['NO_PLAYER_FOUND', 'PARTY_NOT_FOUND'],
    },
    'party.leave': {
      ...whole,
      doc: 'Leaves the party. Where its leader does, who has been in it for longest and is not away leads it.',
      data: object({}),
      reply: object({}),
      errors: OWN_PARTY_ERRORS,
    },
    'party.kick': {
      ...whole,
      doc: 'Takes a player out of the party, by its leader; who was may not come back uninvited.',
      data: who(),
      reply: object({}),
      errors: [...LEADER_ERRORS, 'INVALID_TARGET'],
    },
    'party.promote': {
      ...whole,
      doc: 'Makes another the leader.',
      data: who(),
      reply: object({}),
      errors: [...LEADER_ERRORS, 'INVALID_TARGET'],
    },
    'party.ready': {
      ...whole,
      doc: 'Says whether one is ready; what comes of that is the game’s to say.',
      data: object({ ready: bool() }),
      reply: object({}),
      errors: OWN_PARTY_ERRORS,
    },
    'party.describe': {
      ...whole,
      doc: 'Changes what one says of oneself. A party’s search looks at it for this player, where its leader does not say the same of all.',
      data: object({ properties: own() }),
      reply: object({}),
      errors: [...OWN_PARTY_ERRORS, 'TOO_LARGE'],
    },
    'party.update': {
      ...whole,
      doc: 'Changes what the leader says of the party.',
      data: object({ properties: optional(propertiesOfParty()), open: optional(open()) }),
      reply: object({}),
      errors: [...LEADER_ERRORS, 'TOO_LARGE'],
    },
    'party.message': {
      ...whole,
      rate: 'party',
      doc: 'Says something to all in the party, on all their devices, the sender’s included.',
      data: object({ data: about('Any JSON.', json()) }),
      reply: object({
        reached: about('How many players are there to hear it.', integer('uint32')),
      }),
      errors: OWN_PARTY_ERRORS,
    },
    'party.call': {
      ...whole,
      room: true,
      doc: 'Calls all others into the room in which the leader sits: a seat is kept for each, or for none where the room has too few.',
      data: object({}),
      reply: object({
        called: about('For whom a seat is kept.', array(playerId())),
        absent: about('Who has no connection.', array(playerId())),
        refused: about(
          'Who may not sit there, and why.',
          array(object({ player: playerId(), code: text({ max: 64 }) })),
        ),
      }),
      errors: [...LEADER_ERRORS, 'ROOM_REQUIRED', 'NOT_IN_ROOM', 'ROOM_FULL', 'ROOM_LOCKED'],
    },
    'party.rematch': {
      ...whole,
      doc: 'Wants the last match once more, with those who played it, by the same rules and in the same teams. The leader of a party says so for all of it; of others, who wants. It begins at once when all who are still there want it, or, after a while, when enough do; until then one searches, and `match.leave` takes it back.',
      data: object({}),
      reply: object({ queue: queueName(), wanting: integer('uint32'), of: integer('uint32') }),
      errors: ['NOTHING_PLAYED', 'ALREADY_SEARCHING', 'TOO_MANY_ROOMS', 'NO_PLAYER_FOUND'],
    },
    'party.state': {
      ...push,
      doc: 'The party this player is in: when it has joined, when a session of its has identified, and after a reset; null where it is in none any more.',
      data: object({ party: nullable(party()) }),
    },
    'party.member': {
      ...push,
      doc: 'Somebody has joined, or is ready, away, or described otherwise.',
      data: object({ member: mate() }),
    },
    'party.left': {
      ...push,
      doc: 'Somebody is in the party no longer; oneself included, for whom it is over.',
      data: object({
        player: playerId(),
        reason: about(
          'Left by itself, was kicked, or was lost: it had no connection for too long.',
          choice('left', 'kicked', 'lost'),
        ),
      }),
    },
    'party.updated': {
      ...push,
      doc: 'Another leads the party, or its leader says other things of it.',
      data: object({ leader: playerId(), open: open(), properties: propertiesOfParty() }),
    },
    'party.invited': {
      ...push,
      doc: 'A player asks one into its party: `party.join` with this code, or `party.decline`.',
      data: object({
        code: partyCode(),
        by: object({ player: playerId(), name: displayName() }),
        size: about('How many are in it.', integer('uint32')),
      }),
    },
    'party.declined': { ...push, doc: 'Somebody declined an invitation.', data: who() },
    'party.said': {
      ...push,
      doc: 'Somebody said something to the party.',
      data: object({ player: playerId(), name: displayName(), data: json() }),
    },
    'party.called': {
      ...push,
      room: true,
      doc: 'The leader calls one into this room, where a seat is kept; libraries take it by `room.join`, unless the game says otherwise.',
      data: object({
        room: roomCode(),
        take_ms: about('For how long it is kept.', float64({ min: 0 })),
      }),
    },
    'party.missed': {
      ...push,
      doc: 'To the leader: somebody who was called does not sit there.',
      data: object({
        player: playerId(),
        room: roomCode(),
        reason: about(
          'Late: it did not come in time. Refused: the room would not have it. Gone: its session is over.',
          choice('late', 'refused', 'gone'),
        ),
      }),
    },
    'party.rematch_wanted': {
      ...push,
      doc: 'Others of the last match want it once more: `party.rematch` says that one does as well.',
      data: object({
        queue: queueName(),
        wanting: about('How many want it.', integer('uint32')),
        of: about('How many are still there.', integer('uint32')),
      }),
    },
    'party.searching': {
      ...push,
      doc: 'The leader searches in a queue for the whole party, or wants a rematch for it: what comes of it is told as to who searches alone.',
      data: object({ queue: queueName(), ...standing() }),
    },
  },
)
