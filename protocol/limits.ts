/** Every limit on what comes from outside: its name, its default, its unit and why it is there. */
interface Limit {
  readonly value: number
  readonly unit: string
  readonly doc: string
  /** The least and the most it may be, where that is not its unit's. */
  readonly min?: number
  readonly max?: number
}

/** The longest that a timer waits: with more, Node calls back at once. */
export const MOST_TIMER_MS = 2_147_483_647
/** The longest that a message tells of: what 32 bits hold (49 days). */
export const MOST_TOLD_MS = 4_294_967_295
/** What is measured by the calendar may be a hundred years. */
export const MOST_CALENDAR_MS = 3_155_760_000_000

export const LIMITS = {
  message_bytes: {
    min: 128,
    value: 60_000,
    unit: 'bytes',
    doc: 'What a client may send in one message, so that a broadcast with its envelope fits every default receiver. Above: TOO_LARGE.',
  },
  frame_bytes: {
    min: 1_024,
    value: 65_536,
    unit: 'bytes',
    doc: 'What the socket takes at all; above, it closes with 1009 and the session ends.',
  },
  jssocket_bytes: {
    min: 1_024,
    value: 1_048_576,
    unit: 'bytes',
    doc: 'The same two of a message at `/ws`, either way, as jssocket’s contract has it. Above: 1009.',
  },
  receive_bytes: {
    min: 1_024,
    value: 65_535,
    unit: 'bytes',
    doc: 'What a client can take unless it says otherwise: the inbound buffer of a Godot WebSocket.',
  },
  fragments: {
    min: 1,
    value: 64,
    unit: 'fragments',
    doc: 'How many WebSocket frames one message may come in; above, the socket closes with 1008 and the session ends.',
  },
  chunks: {
    min: 16,
    value: 1_024,
    unit: 'chunks',
    doc: 'How many reads, mostly one for each TCP segment, one WebSocket frame may come in; above, the socket closes with 1008 and the session ends.',
  },
  head_ms: {
    min: 1,
    value: 10_000,
    unit: 'ms',
    doc: 'How long who connects may take over agreeing on TLS, and then over the head of its request; above, the socket is closed.',
  },
  request_ms: {
    min: 1,
    value: 30_000,
    unit: 'ms',
    doc: 'How long a client may take over a whole HTTP request; above, the socket is closed.',
  },
  turn_ms: {
    min: 1,
    value: 2,
    unit: 'ms',
    doc: 'How long the server is busy, without a look at anybody else, with what connections of one address say, where there are others; what they say above waits for the next turn.',
  },
  depth: {
    min: 4,
    value: 32,
    unit: 'levels',
    doc: 'How deep a message may nest arrays and objects.',
  },
  requests: {
    value: 64,
    min: 1,
    unit: 'requests',
    doc: 'How many requests of one session may be in flight.',
  },
  rooms: { value: 8, unit: 'rooms', doc: 'How many rooms one session may be in.' },
  seats: {
    value: 32,
    unit: 'seats',
    doc: 'How many seats a player may keep without a session, where `seat_ms` lets them last; the oldest goes first.',
  },
  open_capacity: {
    min: 1,
    value: 64,
    unit: 'seats',
    doc: 'How many seats a room of the kind `open` has, unless its creator says fewer.',
  },
  data_bytes: {
    min: 4,
    value: 2_048,
    unit: 'bytes',
    doc: 'What the properties of one room, or the data of one member, may hold as JSON. Above: TOO_LARGE.',
  },
  members_bytes: {
    value: 524_288,
    unit: 'bytes',
    doc: 'What the data of all members of a room may hold together; of a room with more than 256 seats each has its share of that in place of `data_bytes`. Above: TOO_LARGE.',
  },
  room_properties: {
    value: 32,
    unit: 'properties',
    doc: 'How many properties a room may have, or be asked for. Above: TOO_LARGE.',
  },
  looks: {
    min: 1,
    value: 2_000,
    unit: 'looks',
    doc: 'How many rooms `room.list` looks at before it answers with what it has found and `next`, and `room.join_or_create` before it makes one; each property that it has to compare in one counts as well.',
  },
  page: {
    value: 100,
    min: 1,
    unit: 'entries',
    doc: 'How many rooms, channels, messages or players one page of a list may hold.',
  },
  latest_keys: {
    min: 1,
    value: 64,
    unit: 'events',
    doc: 'How many latest events of one member, each the newest of its name and key, a room keeps for who is away; the oldest go first.',
  },
  latest_bytes: {
    value: 65_536,
    unit: 'bytes',
    doc: 'How much those of one member may be together.',
  },
  bans: {
    value: 1_000,
    unit: 'bans',
    doc: 'How many bans one room remembers; the oldest is forgotten first.',
  },
  hook_ms: {
    min: 1,
    value: 5_000,
    unit: 'ms',
    doc: 'How long a room’s hook may think about who joins; above: TIMEOUT.',
  },
  asks: {
    value: 64,
    unit: 'questions',
    doc: 'How many questions (queries, function calls) may wait for one session’s answer; above: TARGET_BUSY.',
  },
  asks_each: {
    min: 1,
    value: 16,
    unit: 'questions',
    doc: 'How many of these may be one asker’s; above: TARGET_BUSY.',
  },
  ask_ms: {
    min: 1,
    value: 120_000,
    unit: 'ms',
    doc: 'How long a question may wait for its answer, however long its asker would, unless it waits for ever.',
  },
  relay_peers: {
    min: 2,
    value: 64,
    unit: 'peers',
    doc: 'How many peers the relay of one room has. Above: RELAY_FULL.',
  },
  handover_bytes: {
    value: 65_536,
    unit: 'bytes',
    doc: 'What peer 1 of a relay may hand over to the next. Above: TOO_LARGE.',
  },
  state_tables: {
    value: 16,
    max: 256,
    unit: 'tables',
    doc: 'How many tables a room may have. Above: TOO_LARGE.',
  },
  state_columns: {
    min: 1,
    value: 32,
    max: 32,
    unit: 'columns',
    doc: 'How many columns a table may have, or an input: one for each field, two for a vec2, three for a vec3, four for a quaternion, and `owner` and `ack` where there are. Above: TOO_LARGE.',
  },
  state_rows: {
    min: 1,
    value: 4_096,
    max: 65_536,
    unit: 'rows',
    doc: 'How many rows a table may have, unless it says fewer itself (`most`). Above: TABLE_FULL.',
  },
  state_rows_each: {
    min: 1,
    value: 16,
    max: 65_536,
    unit: 'rows',
    doc: 'How many rows of a table that its owners write one member may add, unless it says fewer itself (`rows_each`). Above: TABLE_FULL.',
  },
  state_text_bytes: {
    min: 2,
    value: 1_024,
    unit: 'bytes',
    doc: 'How many bytes one value of a string or json field may be, at most (its `max`). Above: TOO_LARGE.',
  },
  state_frame_bytes: {
    min: 128,
    value: 32_768,
    unit: 'bytes',
    doc: 'How long one frame of state is at most; what a tick has beyond it follows in another. A receiver’s `receive_bytes` may say less.',
  },
  state_bytes: {
    min: 128,
    value: 1_048_576,
    unit: 'bytes',
    doc: 'How much the rows of a room may be together: four bytes for each value, eight for a float64, and the bytes of text and json. A snapshot is about as long at most. Above: TOO_LARGE.',
  },
  state_inputs_ms: {
    min: 100,
    value: 1_000,
    max: 5_000,
    unit: 'ms',
    doc: 'How much of a member’s inputs may wait, as time: a tick’s length for each. Of more the oldest are left out.',
  },
  state_history_ms: {
    min: 0,
    value: 1_000,
    max: 5_000,
    unit: 'ms',
    doc: 'How far back a room may remember what its tables were (`history_ms`), and so the latest that a hit can be judged by what was seen.',
  },
  bundle: {
    min: 1,
    value: 256,
    unit: 'packets',
    doc: 'How many packets one frame may hold, in its bundles and theirs. Above: TOO_LARGE.',
  },
  validate_ms: {
    min: 1,
    value: 5_000,
    unit: 'ms',
    doc: 'How long the game may think about whether it accepts a packet, while those behind it wait; above: TIMEOUT.',
  },
  respond_ms: {
    min: 1,
    value: 30_000,
    unit: 'ms',
    doc: 'How long the game may take to answer a packet; above: TIMEOUT.',
  },
  rooms_made: {
    min: 1,
    value: 32,
    unit: 'rooms',
    doc: 'How many rooms of one player’s making there may be at a time; above: TOO_MANY_ROOMS.',
  },
  rooms_address: {
    min: 1,
    value: 512,
    unit: 'rooms',
    doc: 'How many rooms there may be that sessions of one address have made; above: TOO_MANY_ROOMS.',
  },
  rooms_total: { value: 10_000, unit: 'rooms', doc: 'How many rooms one server holds.' },
  connections: {
    min: 1,
    value: 256,
    unit: 'connections',
    doc: 'Open connections from one address; above, it must replace one of them (see `unproven`), or else: 4105.',
  },
  sessions: {
    min: 1,
    value: 512,
    unit: 'sessions',
    doc: 'Sessions from one address, those that are away included; above: 4105.',
  },
  unproven: {
    value: 64,
    unit: 'connections',
    doc: 'Connections from one address above `connections` or `sessions` that may still show, by a claim, that they replace one that is there; above: 4105.',
  },
  unproven_ms: {
    value: 5_000,
    unit: 'ms',
    doc: 'How long such a connection may take over its claim; above: 4105.',
  },
  guest_ms: {
    value: 15_552_000_000,
    unit: 'ms',
    max: MOST_CALENDAR_MS,
    doc: 'How long a guest is remembered after it was last seen (180 days).',
  },
  props: { value: 64, unit: 'props', doc: 'How many props a player may have.' },
  player_bytes: {
    value: 262_144,
    unit: 'bytes',
    doc: 'How much the props of one player may be together, as JSON; above: TOO_LARGE.',
  },
  friends: {
    min: 1,
    value: 256,
    max: 1_024,
    unit: 'friends',
    doc: 'How many friends a player may have; above: TOO_MANY_FRIENDS.',
  },
  friend_asks: {
    min: 1,
    value: 64,
    max: 1_024,
    unit: 'asks',
    doc: 'How many a player may wait for whom it asked to be friends, and how many may wait for it; above: TOO_MANY_FRIENDS.',
  },
  blocks: {
    min: 1,
    value: 256,
    max: 1_024,
    unit: 'blocks',
    doc: 'How many others a player may block; above: TOO_MANY_BLOCKS.',
  },
  follows: {
    min: 1,
    value: 64,
    max: 1_024,
    unit: 'players',
    doc: 'How many players who are no friends one may follow; above: TOO_MANY_FOLLOWED.',
  },
  presence_bytes: {
    min: 2,
    value: 512,
    max: 2_048,
    unit: 'bytes',
    doc: 'How much a player’s status may hold beside its text, as JSON. Above: TOO_LARGE.',
  },
  match_waiting_ms: {
    min: 100,
    value: 5_000,
    unit: 'ms',
    doc: 'How often those who search are told how that stands.',
  },
  match_retry_ms: {
    min: 1,
    value: 5_000,
    unit: 'ms',
    doc: 'After how long those search on for whom the server had no room.',
  },
  match_tries: {
    min: 1,
    value: 20_000,
    max: 10_000_000,
    unit: 'tries',
    doc: 'How many combinations of those who search are tried for one match; whom it then passes over is looked at again with whoever comes next.',
  },
  rematch_ms: {
    min: 1,
    value: 15_000,
    unit: 'ms',
    doc: 'How long who wants a rematch waits for the others; then enough are enough.',
  },
  party_members: {
    min: 2,
    value: 16,
    max: 64,
    unit: 'players',
    doc: 'How many may be in a party. Above: PARTY_FULL.',
  },
  party_invitations: {
    min: 1,
    value: 32,
    unit: 'invitations',
    doc: 'How many invitations of one party, and to one player, wait for an answer; the oldest go first.',
  },
  party_lead_ms: {
    value: 30_000,
    unit: 'ms',
    doc: 'How long the leader of a party may be away before another leads it.',
  },
  party_ms: {
    min: 1,
    value: 300_000,
    unit: 'ms',
    doc: 'How long a player may be away and stays in its party.',
  },
  sessions_each: {
    value: 0,
    unit: 'sessions',
    doc: 'How many sessions a player may have at a time (0: any number); above, the oldest is closed with 4106.',
  },
  channels: {
    min: 1,
    value: 256,
    unit: 'channels',
    doc: 'How many channels one player may be a member of; above: TOO_MANY_CHANNELS.',
  },
  channels_owned: {
    min: 1,
    value: 64,
    unit: 'channels',
    doc: 'How many channels one player may own; above: TOO_MANY_CHANNELS.',
  },
  channel_members: {
    min: 1,
    value: 1_000,
    unit: 'players',
    doc: 'How many members a channel may have.',
  },
  channel_messages: {
    value: 10_000,
    unit: 'messages',
    doc: 'How many messages of a channel are kept; the oldest go first.',
  },
  channel_bytes: {
    value: 8_388_608,
    unit: 'bytes',
    doc: 'How much of the messages of a channel is kept, as JSON, give or take an eighth; the oldest go first.',
  },
  channel_message_ms: {
    value: 2_592_000_000,
    unit: 'ms',
    max: MOST_CALENDAR_MS,
    doc: 'How long a message of a channel is kept (30 days).',
  },
  ticket_ms: {
    min: 1,
    value: 300_000,
    unit: 'ms',
    max: MOST_CALENDAR_MS,
    doc: 'How long a socket ticket is good.',
  },
  ticketless_ms: {
    min: 1,
    value: 10_000,
    unit: 'ms',
    doc: 'Where tickets are required, how long a connection may go without one, unless `identify_ms` says; above: 4104.',
  },
  token_ms: {
    min: 1,
    value: 3_600_000,
    unit: 'ms',
    max: MOST_CALENDAR_MS,
    doc: 'How long a socket token is good.',
  },
  downloads: {
    min: 1,
    value: 256,
    unit: 'files',
    doc: 'How many files of the page may be on their way to one address; above, the answer is 503.',
  },
  download_ms: {
    min: 1,
    value: 30_000,
    unit: 'ms',
    doc: 'How long who downloads a file of the page may take nothing of it; above, the socket is closed.',
  },
  body_bytes: { value: 60_000, unit: 'bytes', doc: 'The largest body of an HTTP request.' },
  storage_calls: {
    min: 1,
    value: 50_000,
    unit: 'calls',
    doc: 'How many calls to the storage may wait; above: STORAGE_BUSY.',
  },
  storage_bytes: {
    value: 134_217_728,
    unit: 'bytes',
    doc: 'How much such calls, and what they may read, may hold together; above: STORAGE_BUSY.',
  },
  resume_ms: { value: 30_000, unit: 'ms', doc: 'How long a dropped session keeps its seat.' },
  in_use_ms: {
    min: 1,
    value: 2_000,
    unit: 'ms',
    doc: 'How long the connection of a session that is claimed afresh, as after a reload, has to answer a ping; if it does, the claim is told SESSION_IN_USE.',
  },
  resume_bytes: { value: 1_048_576, unit: 'bytes', doc: 'What is kept for re-sending, each way.' },
  resume_frames: {
    min: 1,
    value: 4_096,
    unit: 'frames',
    doc: 'How many frames are kept, each way.',
  },
  ack_frames: {
    min: 1,
    value: 64,
    unit: 'frames',
    doc: 'How many counted frames may go unacknowledged.',
  },
  ack_ms: { value: 1_000, unit: 'ms', doc: 'How long a counted frame may go unacknowledged.' },
  heartbeat_ms: {
    min: 1,
    value: 20_000,
    unit: 'ms',
    doc: 'How long a connection may say nothing before it is pinged; two pings unanswered end it.',
  },
  seated_heartbeat_ms: {
    min: 1,
    value: 5_000,
    unit: 'ms',
    doc: 'The same of a connection whose session sits in a room, so that the others soon know.',
  },
  soft_bytes: {
    value: 262_144,
    unit: 'bytes',
    doc: 'Unwritten bytes above which *latest* messages wait, so that only the newest is sent, and *droppable* ones are dropped.',
  },
  hard_bytes: {
    value: 1_048_576,
    unit: 'bytes',
    doc: 'Unwritten bytes above which a reader must come on, or it is slow and its connection is reset; its seat is kept.',
  },
  slow_ms: {
    min: 1,
    value: 2_000,
    unit: 'ms',
    doc: 'How long a reader above `hard_bytes` has for `slow_bytes`; what it has not read by then resets it.',
  },
  slow_bytes: {
    value: 65_536,
    unit: 'bytes',
    doc: 'What must go out to a reader above `hard_bytes` in `slow_ms`.',
  },
  queue_bytes: {
    value: 8_388_608,
    unit: 'bytes',
    doc: 'Unwritten bytes above which a connection is reset at once, once the socket takes no more.',
  },
  queue_bytes_total: {
    value: 268_435_456,
    unit: 'bytes',
    doc: 'The same of all sessions together: those for whom the most waits are reset first.',
  },
  stall_ms: {
    min: 1,
    value: 10_000,
    unit: 'ms',
    doc: 'Without any progress for so long, a reader is slow.',
  },
  backend_ms: {
    value: 1_500,
    unit: 'ms',
    doc: 'How long a backend may take to say who a player is; then the server judges by itself.',
  },
  identify_ms: {
    value: 0,
    unit: 'ms',
    doc: 'How long a connection may go unidentified (0: for ever); above: 4104.',
  },
} as const satisfies Record<string, Limit>

export type LimitName = keyof typeof LIMITS

/** The least and the most that an operator may choose. */
export function boundsOf(name: LimitName): readonly [min: number, max: number] {
  const { unit, min, max }: Limit = LIMITS[name]
  if (unit === 'ms') return [min ?? 0, max ?? MOST_TOLD_MS]
  if (unit === 'bytes') return [min ?? 1, max ?? MOST_BYTES]
  return [min ?? 0, max ?? MOST_COUNT]
}

const MOST_BYTES = 2_147_483_647
const MOST_COUNT = 4_294_967_295

/**
 * Token buckets: `burst` messages at once, refilled at `per_second`. Of those that are `told`, welcome
 * says how many there are, so that a client can keep to them.
 */
export const RATES = {
  connection: { per_second: 200, burst: 400, doc: 'Connection messages: acknowledgements, pings.' },
  resume: {
    per_second: 2,
    burst: 30,
    doc: '`session.resume`, for each session claimed, and `session.desync`.',
  },
  reset: {
    per_second: 0.2,
    burst: 10,
    doc: 'Resets on a living connection, by a `session.ack` that does not match or a `session.desync`; an empty bucket closes with 4100.',
  },
  request: {
    per_second: 50,
    burst: 100,
    told: true,
    doc: 'Every request without a class of its own.',
  },
  event: {
    per_second: 75,
    burst: 150,
    told: true,
    doc: '`event.emit`, `event.emit_latest` and `function.cast`.',
  },
  packet: {
    per_second: 75,
    burst: 150,
    told: true,
    doc: '`packet`, in JSON or in bytes; a bundle is one.',
  },
  relay: {
    per_second: 1_000,
    burst: 2_000,
    told: true,
    doc: 'Bytes of Godot’s own multiplayer: a frame is one, whomever it is for.',
  },
  jssocket: {
    per_second: 1_024,
    burst: 16_384,
    doc: 'KiB of messages at `/ws`, beside what each of them counts as; a backend’s are not limited.',
  },
  query: { per_second: 20, burst: 60, told: true, doc: '`query` and `function.call`.' },
  create: {
    per_second: 1,
    burst: 20,
    told: true,
    doc: '`room.create` and `party.create`, for each session.',
  },
  session: {
    per_second: 5,
    burst: 600,
    doc: 'New sessions, for each address; above: 4105. Each begins with the buckets of one that has ended, until those are full, and at least one of everything.',
  },
  guess: {
    per_second: 0.2,
    burst: 10,
    doc: 'Codes that lead to no room, for each session; an empty bucket refuses every join by code.',
  },
  guess_address: {
    per_second: 1,
    burst: 100,
    doc: 'The same for each address, which refuses nobody for what others got wrong: below an empty bucket each wrong code of a session delays its next until the address has made up for it, by as many as the burst at most.',
  },
  channel_create: {
    per_second: 0.2,
    burst: 100,
    doc: 'New channels of players, for each address.',
  },
  channel: { per_second: 10, burst: 40, told: true, doc: '`channel.send`.' },
  party: { per_second: 10, burst: 40, told: true, doc: '`party.message`.' },
  invite: { per_second: 1, burst: 20, told: true, doc: '`party.invite`.' },
  friend: {
    per_second: 1,
    burst: 20,
    told: true,
    doc: '`friend.ask`, `friend.accept`, `friend.remove`, `friend.block` and `friend.unblock`.',
  },
  presence: {
    per_second: 1,
    burst: 20,
    told: true,
    doc: '`presence.set`, `presence.follow` and `presence.unfollow`.',
  },
  storage: {
    per_second: 1_024,
    burst: 4_096,
    doc: 'KiB that the storage writes and reads for players, by `channel.send`, `channel.history`, `player.update`, `player.get` and `friend.list`, for each address. What is more than there is left is still done; what comes then is refused until that is made up for.',
  },
  http: { per_second: 50, burst: 100, doc: 'Calls of the HTTP API, for each address.' },
  guest: { per_second: 1, burst: 500, doc: 'New guests, for each address.' },
  bad_key: {
    per_second: 0.5,
    burst: 20,
    doc: 'Wrong access keys, tickets and tokens, for each address. Below an empty bucket they are looked up one at a time, and the wrong ones refused as too fast; what is right gets through, as none can be guessed.',
  },
  secret: {
    per_second: 0.2,
    burst: 10,
    doc: 'Wrong backend secrets, for each address, of which one at a time is looked at. Below an empty bucket they are looked at a second apart, and the wrong ones refused as too fast; the right one gets through.',
  },
  notify: {
    per_second: 50,
    burst: 250,
    told: true,
    doc: '`notify.client`, `notify.group` and `notify.all`; a backend’s are not limited.',
  },
  input: {
    per_second: 75,
    burst: 150,
    told: true,
    doc: 'Inputs, and what a member writes of its own rows: a frame is one.',
  },
  identify: { per_second: 1, burst: 10, told: true, doc: '`player.identify`.' },
  malformed: {
    per_second: 5,
    burst: 50,
    doc: 'Malformed frames; an empty bucket closes with 4100.',
  },
  refused: {
    per_second: 5,
    burst: 200,
    doc: 'Messages refused as too fast; an empty bucket closes with 4101.',
  },
} as const satisfies Record<string, Bucket>

interface Bucket {
  readonly per_second: number
  readonly burst: number
  readonly told?: true
  readonly doc: string
}

export type RateClass = keyof typeof RATES
/** Those that welcome tells. */
export type ToldRate = {
  [K in RateClass]: (typeof RATES)[K] extends { told: true } ? K : never
}[RateClass]

export const TOLD_RATES = (Object.keys(RATES) as RateClass[]).filter(
  (name): name is ToldRate => 'told' in RATES[name],
)

/** The class of a message whose table names none. */
export const OTHER_RATE = 'request' satisfies ToldRate

/** A bucket that fills more slowly than one in 1,000 s would never say when to try again. */
export const LEAST_PER_SECOND = 0.001

/** How long a room may gather what it says, in ms (`gather_ms`). */
export const MOST_GATHER_MS = 1_000
