/**
 * Every error code and close code, once. `by` says who raises it: the server on the wire, or a
 * client library at its own caller. Codes are stable; sentences may change.
 */
interface ErrorEntry {
  readonly status: number
  readonly by: 'server' | 'client' | 'both'
  readonly doc: string
}

export const ERRORS = {
  INVALID_MESSAGE: {
    status: 400,
    by: 'server',
    doc: 'The frame is not a message: not JSON, not an object, nested too deep, or of an unknown type.',
  },
  INVALID_MESSAGE_DATA: {
    status: 400,
    by: 'both',
    doc: 'The message is known but its data has the wrong shape; the text names the field and what was expected.',
  },
  TOO_LARGE: {
    status: 413,
    by: 'both',
    doc: 'A message larger than `limits.message_bytes`, the body of an HTTP request larger than `limits.body_bytes`, a push larger than the receiver’s `receive_bytes`, whose place this error takes, or properties, or a member’s `data`, larger than `limits.data_bytes`; or what is to be kept and its own client could not read again. Measured as it is written again: `1e20` with its 21 digits.',
  },
  DUPLICATE_ID: {
    status: 409,
    by: 'server',
    doc: 'A request repeats an `id` that is still in flight; sent without `re`, so that the first request keeps its own answer.',
  },
  RATE_LIMITED: {
    status: 429,
    by: 'both',
    doc: 'Too fast; try again after `retry_ms`. Insisting closes the connection with 4101.',
  },
  UNSUPPORTED: {
    status: 501,
    by: 'server',
    doc: 'This server does not offer that (yet); the text says what it does offer.',
  },
  INTERNAL: {
    status: 500,
    by: 'server',
    doc: 'A bug in the server; `incident` is the number under which its log has the details.',
  },
  UNKNOWN_QUEUE: {
    status: 404,
    by: 'server',
    doc: 'The game has no queue of that name; the text says which it has.',
  },
  ALREADY_SEARCHING: {
    status: 409,
    by: 'server',
    doc: 'The session searches already, in the queue that `cause.queue` names; `match.leave` ends that.',
  },
  NOT_SEARCHING: {
    status: 409,
    by: 'server',
    doc: 'The session searches in no queue.',
  },
  NOTHING_PLAYED: {
    status: 409,
    by: 'server',
    doc: 'The session has played no match that could be played once more.',
  },
  PARTY_NOT_FOUND: { status: 404, by: 'server', doc: 'No party has this code.' },
  PARTY_FULL: { status: 409, by: 'server', doc: 'The party has as many members as it may.' },
  NOT_INVITED: {
    status: 403,
    by: 'server',
    doc: 'The party takes only who is invited, or has kicked this player.',
  },
  NOT_IN_PARTY: { status: 403, by: 'server', doc: 'The player is in no party.' },
  ALREADY_IN_PARTY: {
    status: 409,
    by: 'server',
    doc: 'The player is in a party already; `party.leave` ends that.',
  },
  NOT_PARTY_LEADER: { status: 403, by: 'server', doc: 'Only the party’s leader may do that.' },
  PARTY_MAY_NOT: {
    status: 409,
    by: 'server',
    doc: 'The party may not search there: `cause.reason` says why (too_large, absent, searching, rooms), `cause.players` who is the reason.',
  },
  BLOCKED: { status: 403, by: 'server', doc: 'One of the two players blocks the other.' },
  NOT_ASKED: { status: 404, by: 'server', doc: 'This player does not ask to be a friend.' },
  TOO_MANY_FRIENDS: {
    status: 409,
    by: 'server',
    doc: 'One of the two players has as many friends, or as many who ask, as it may; `cause.limit` says which.',
  },
  TOO_MANY_BLOCKS: {
    status: 409,
    by: 'server',
    doc: 'The player blocks as many as it may; `friend.unblock` makes room.',
  },
  TOO_MANY_FOLLOWED: {
    status: 409,
    by: 'server',
    doc: 'The player follows as many others as it may; `presence.unfollow` makes room.',
  },
  INVALID_TICKET: {
    status: 401,
    by: 'server',
    doc: 'The ticket is unknown, used, or older than five minutes; ask the HTTP API for another.',
  },
  TICKET_REQUIRED: {
    status: 401,
    by: 'server',
    doc: 'This server asks for a ticket first: `player.identify` with `ticket`.',
  },
  INVALID_SOCKET_TOKEN: {
    status: 401,
    by: 'server',
    doc: 'The alias has no such token, or it is older than an hour.',
  },
  INVALID_ACCESS_KEY: {
    status: 401,
    by: 'server',
    doc: 'The access key is unknown or revoked; send it as `Authorization: Bearer KEY`.',
  },
  MISSING_SCOPE: {
    status: 403,
    by: 'server',
    doc: 'The access key, or the ticket made with it, lacks a scope; the text says which.',
  },
  INVALID_SECRET: {
    status: 401,
    by: 'server',
    doc: 'This is not the secret whose hash the server is configured with.',
  },
  BACKENDS_REFUSED: {
    status: 403,
    by: 'server',
    doc: 'This server has no secret for backends (`--backend-secret`), so that nobody can be one.',
  },
  BACKEND_REQUIRED: {
    status: 403,
    by: 'server',
    doc: 'Only a backend may do that: `backend.connect` makes one.',
  },
  UNKNOWN_ROUTE: { status: 404, by: 'server', doc: 'The HTTP API has nothing at this path.' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    by: 'server',
    doc: 'The HTTP API has this path, but not for this method; the header `allow` lists those it has.',
  },
  NO_PLAYER_FOUND: {
    status: 404,
    by: 'server',
    doc: 'There is no such player, or this session has not identified.',
  },
  ALIAS_TAKEN: { status: 409, by: 'server', doc: 'The alias is another player’s.' },
  TOO_MANY_PROPS: { status: 409, by: 'server', doc: 'More props than a player may have.' },
  CHANNEL_NOT_FOUND: { status: 404, by: 'server', doc: 'There is no such channel.' },
  CHANNEL_FULL: { status: 409, by: 'server', doc: 'The channel has as many members as it may.' },
  TOO_MANY_CHANNELS: {
    status: 429,
    by: 'server',
    doc: 'The player is in as many channels as it may be, or owns as many.',
  },
  NOT_IN_CHANNEL: {
    status: 403,
    by: 'server',
    doc: 'Only a member may do that; `channel.join` makes one.',
  },
  NOT_CHANNEL_OWNER: { status: 403, by: 'server', doc: 'Only the channel’s owner may do that.' },
  INVALID_GUEST_KEY: {
    status: 401,
    by: 'server',
    doc: 'No guest has this key. Identify with nothing for a new guest.',
  },
  ALREADY_IDENTIFIED: {
    status: 409,
    by: 'server',
    doc: 'This session is another player already, or a backend; connect anew to be somebody else.',
  },
  ROOM_NOT_FOUND: { status: 404, by: 'server', doc: 'No room has this code.' },
  ROOM_FULL: { status: 409, by: 'server', doc: 'The room has no free seat.' },
  ROOM_REQUIRED: {
    status: 400,
    by: 'server',
    doc: 'The session is in several rooms; say which with `room`.',
  },
  NOT_IN_ROOM: { status: 403, by: 'server', doc: 'The session is not in that room, or in none.' },
  ROOM_LOCKED: { status: 423, by: 'server', doc: 'The room is locked: nobody new may join.' },
  PLAYER_BANNED: {
    status: 403,
    by: 'server',
    doc: 'This player may not come to this server; `cause` says why and until when.',
  },
  BANNED: { status: 403, by: 'server', doc: 'Banned from this room for as long as it lasts.' },
  ALREADY_IN_ROOM: { status: 409, by: 'server', doc: 'The session is in this room already.' },
  TOO_MANY_ROOMS: {
    status: 429,
    by: 'server',
    doc: 'The session is in as many rooms as it may be, there are as many of its player’s or address’s making as there may be, or the server holds as many as it may.',
  },
  UNKNOWN_KIND: {
    status: 404,
    by: 'server',
    doc: 'The server has no such kind of room; the text lists those it has.',
  },
  NAMESPACE_NOT_DECLARED: {
    status: 403,
    by: 'server',
    doc: 'The room’s kind does not declare the namespace of this event.',
  },
  INVALID_TARGET: {
    status: 404,
    by: 'server',
    doc: '`to`, or the target of a notification, names nobody this message can reach.',
  },
  MEMBER_NOT_FOUND: { status: 404, by: 'server', doc: 'The room has no member of this number.' },
  PERMISSION_DENIED: {
    status: 403,
    by: 'server',
    doc: 'The room’s kind asks a higher role for that, or its own logic refuses it; the text says which.',
  },
  NO_HOST: {
    status: 404,
    by: 'server',
    doc: 'The room has no host: nobody who is there has the role assistant or host, and its kind gives it to nobody; or its seat is kept without a session.',
  },
  TARGET_LEFT: {
    status: 410,
    by: 'server',
    doc: 'Before it answered, who was asked left, its resume window ended, or another session of its player’s took its seat.',
  },
  TARGET_BUSY: {
    status: 429,
    by: 'server',
    doc: 'Who was asked has as many questions unanswered as one session may, or as many of the asker’s, or was too slow and is not back yet.',
  },
  UNREGISTERED_HANDLER: {
    status: 404,
    by: 'both',
    doc: 'Who was asked has nothing registered under that name.',
  },
  REMOTE_ERROR: {
    status: 502,
    by: 'both',
    doc: 'The handler of who was asked failed; the text is its own, `cause` says whose it was.',
  },
  UNKNOWN_PACKET: {
    status: 404,
    by: 'both',
    doc: 'The game defines no packet of that name; the text lists those it does.',
  },
  VALIDATION_FAILED: {
    status: 422,
    by: 'both',
    doc: 'The receiver does not accept the packet; `cause` has its `code` and `reason`, and `status` is the code where that is one of HTTP.',
  },
  PACKETS_MISMATCH: {
    status: 409,
    by: 'server',
    doc: 'The packets of this client are not the server’s, or it has not said in its hello which they are: what it sends in bytes cannot be read. JSON works on; make both from the same definitions.',
  },
  NOT_A_PEER: {
    status: 403,
    by: 'server',
    doc: 'This session is no peer of the room’s relay, or no longer; `relay.open` makes one.',
  },
  ALREADY_A_PEER: {
    status: 409,
    by: 'server',
    doc: 'This session is a peer already, of the relay that `cause.room` names; `relay.close` first.',
  },
  PEER_TAKEN: {
    status: 409,
    by: 'server',
    doc: 'Somebody else is peer 1 of this relay already.',
  },
  RELAY_MODE: {
    status: 409,
    by: 'server',
    doc: 'Peer 1 has made this relay a mesh, or a star; the text says which.',
  },
  RELAY_ENGINE: {
    status: 409,
    by: 'server',
    doc: 'The packets of Godot 3 and 4 differ, and peer 1 of this relay is the other; the text says which.',
  },
  RELAY_EPOCH: {
    status: 409,
    by: 'server',
    doc: 'Bytes of an epoch that is over, as peer 1 is another, or has not begun, as there is none.',
  },
  RELAY_FULL: { status: 409, by: 'server', doc: 'The relay has as many peers as it may.' },
  RELAY_REFUSED: { status: 403, by: 'server', doc: 'Peer 1 of this relay refuses new peers.' },
  TABLE_NOT_FOUND: { status: 404, by: 'server', doc: 'The room has no table of this name.' },
  ROW_NOT_FOUND: { status: 404, by: 'server', doc: 'The table has no row in this slot.' },
  TABLE_FULL: {
    status: 409,
    by: 'server',
    doc: 'The table has as many rows as it may, or the member as many in it.',
  },
  UNKNOWN_REQUEST: {
    status: 404,
    by: 'server',
    doc: 'An answer to something this session was not asked, or no longer is: it came too late.',
  },
  STORAGE_FAILED: {
    status: 503,
    by: 'server',
    doc: 'What was asked could not be stored or looked up: nothing of it was done. The server’s log says why; what needs no storage goes on, and on a full disk what only looks something up. With `retry_ms` it may go well by then.',
  },
  STORAGE_BUSY: {
    status: 503,
    by: 'server',
    doc: 'More waits to be stored than the server takes; try again after `retry_ms`.',
  },
  STALE_ATTEMPT: {
    status: 409,
    by: 'server',
    doc: 'A claim of this session with the same or a higher `attempt` came first, or the client has since said something over another connection that this claim does not know of; `cause.attempt` is the highest so far.',
  },
  RESUME_TOO_LATE: {
    status: 409,
    by: 'server',
    doc: '`session.resume` must be the first message of its connection.',
  },
  TIMEOUT: { status: 504, by: 'both', doc: 'No answer in time.' },
  ABORTED: { status: 499, by: 'client', doc: 'The caller aborted the wait.' },
  CONNECT_FAILED: {
    status: 503,
    by: 'client',
    doc: 'The server could not be reached: wrong address, not running, or the network is down.',
  },
  REFUSED: {
    status: 403,
    by: 'client',
    doc: 'The server closed the connection with a code that says: do not come back unchanged; or, where `retry_ms` says so, not before that.',
  },
  CLOSED: { status: 503, by: 'client', doc: 'The connection was closed by the caller.' },
  SESSION_LOST: {
    status: 410,
    by: 'client',
    doc: 'The session ended before this was sent; a new one has begun, in no room.',
  },
  OUTCOME_UNKNOWN: {
    status: 500,
    by: 'both',
    doc: 'The connection, ours or that of who was asked, was reset between the request and its answer, or the server’s storage failed there: it may or may not have been done.',
  },
  DUPLICATE_HANDLER: {
    status: 409,
    by: 'client',
    doc: 'Something is registered under that name already; the first stays.',
  },
  INVALID_NAME: {
    status: 400,
    by: 'client',
    doc: 'A handler’s name needs the prefix of its package, such as "game.add".',
  },
  BUFFER_FULL: {
    status: 507,
    by: 'client',
    doc: 'The buffer of what is sent while away is full.',
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS

/**
 * What a client does about a close: `return` at once, `ended` the same as a new session, `pause`:
 * return after PAUSE_MS, doubled each time, `refused`: not unchanged.
 */
export type CloseAction = 'return' | 'ended' | 'pause' | 'refused'

interface CloseEntry {
  readonly name: string
  readonly action: CloseAction
  /** Whether the session is over at once; it is away otherwise. */
  readonly ends: boolean
  readonly doc: string
}

export const CLOSES = {
  1000: { name: 'NORMAL', action: 'ended', ends: true, doc: 'Leaving: the session ends at once.' },
  1002: {
    name: 'PROTOCOL_ERROR',
    action: 'ended',
    ends: true,
    doc: 'The WebSocket layer’s rules were broken.',
  },
  1007: { name: 'INVALID_TEXT', action: 'ended', ends: true, doc: 'A text frame was not UTF-8.' },
  1009: {
    name: 'FRAME_TOO_LARGE',
    action: 'ended',
    ends: true,
    doc: 'A frame larger than the socket takes at all.',
  },
  4000: {
    name: 'GOING_AWAY',
    action: 'return',
    ends: false,
    doc: 'The server is stopping or restarting.',
  },
  4001: {
    name: 'SLOW_READER',
    action: 'return',
    ends: false,
    doc: 'Too much waited unread. The socket is reset, so the client sees 1006; the server’s log says 4001.',
  },
  4002: { name: 'HEARTBEAT', action: 'return', ends: false, doc: 'Heartbeats went unanswered.' },
  4100: {
    name: 'PROTOCOL',
    action: 'refused',
    ends: true,
    doc: 'Malformed messages or counts became abuse, or the address is not an endpoint.',
  },
  4101: { name: 'FLOOD', action: 'pause', ends: true, doc: 'Too fast for too long.' },
  4102: { name: 'KICKED', action: 'refused', ends: false, doc: 'Removed by somebody who may.' },
  4103: {
    name: 'TAKEN_OVER',
    action: 'refused',
    ends: false,
    doc: 'Another connection took the session.',
  },
  4104: { name: 'NOT_IDENTIFIED', action: 'refused', ends: false, doc: 'Not identified in time.' },
  4105: {
    name: 'TOO_MANY_CONNECTIONS',
    action: 'pause',
    ends: false,
    doc: 'Too many connections or sessions from this address.',
  },
  4106: {
    name: 'SIGNED_IN_ELSEWHERE',
    action: 'refused',
    ends: false,
    doc: 'The player has identified in more sessions than it may have (`limits.sessions_each`): the oldest is over.',
  },
} as const satisfies Record<number, CloseEntry>

export type CloseCode = keyof typeof CLOSES

/** How long a client waits after a close that asks for a pause, before it comes back. */
export const PAUSE_MS = 30_000
/** The same after many of them: a pause is twice the one before it, at most this. */
export const LONGEST_PAUSE_MS = 1_800_000

/** The close codes that end a session at once; every other close leaves it away. */
export const ENDING_CLOSES: ReadonlySet<number> = new Set(
  Object.entries(CLOSES).flatMap(([code, { ends }]) => (ends ? [Number(code)] : [])),
)

/** What a client does about a close code; unknown codes and a lost socket mean: come back. */
export const actionOn = (code: number): CloseAction =>
  Object.hasOwn(CLOSES, code) ? CLOSES[code as CloseCode].action : 'return'

/** Why a claim was not resumed, and whether the session (identity, rooms, seats) was kept. */
export const RESUME_REASONS = {
  SLOW: { kept: true, doc: 'The session was reset for reading too slowly.' },
  BUDGET: { kept: true, doc: 'More was missed than the resume buffers hold.' },
  DESYNC: { kept: true, doc: 'The two counts contradict each other.' },
  RELOADED: {
    kept: true,
    doc: 'The client kept nothing of the session but its token, as after a reload.',
  },
  EXPIRED: { kept: false, doc: 'The resume window is over.' },
  UNKNOWN: { kept: false, doc: 'No such session, perhaps because the server restarted.' },
  SESSION_IN_USE: {
    kept: false,
    doc: 'A client that is there goes on with that session: another tab or window.',
  },
  FINGERPRINT: {
    kept: false,
    doc: 'The client was made from other protocol tables; its counts cannot be trusted.',
  },
} as const satisfies Record<string, { kept: boolean; doc: string }>

export type ResumeReason = keyof typeof RESUME_REASONS
