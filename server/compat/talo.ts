import type { CloseCode, ErrorCode } from '../../protocol/errors.ts'
import type { AllMessages } from '../../protocol/index.ts'
import type { DataOf, ReplyOf } from '../../protocol/message.ts'
import {
  check,
  integer,
  JSON_DEPTH,
  object,
  optional,
  type Schema,
  text,
} from '../../protocol/schema.ts'
import { ABSENT_REQUESTS } from '../../protocol/talo.ts'
import type { ErrorData } from '../core/api/api.ts'
import type { Dialect, Endpoint, Heard } from '../core/session/dialect.ts'
import type { Session } from '../core/session/session.ts'
import type { ForeignFrame, Native } from '../core/session/translator.ts'
import { isDeeper } from '../core/wire/decode.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { errorFrame, type TaloRequest } from './talo-errors.ts'
import { aliasOf, type Shapes, textOf } from './talo-shapes.ts'

export interface TaloOptions {
  readonly shapes: Shapes
  /** Takes a ticket for a session: it fixes what the session may do. */
  readonly admit: (session: Session, ticket: string) => Promise<void>
}

/** Talo's socket: at `/socket?ticket=…` as documented, and at `/?ticket=…` as its clients have it. */
export const createTalo = (options: TaloOptions): Endpoint => ({
  matches: ({ path, query }) => path === '/socket' || (path === '/' && query.has('ticket')),
  dialect: createDialect(options),
})

function createDialect({ shapes, admit }: TaloOptions): Dialect {
  const pushes = pushesOf(shapes)

  return {
    async opened(session, { query }) {
      await admit(session, (query.get('ticket') ?? '').slice(0, MAX_TICKET))
      session.conversation?.say(frame('v1.connected', {}))
    },
    incoming: (said) => [said.text === HEARTBEAT ? { type: 'ping', mark: BEAT } : heardIn(said)],
    outgoing(message, _session, mark) {
      const asked = mark as TaloRequest | undefined // as `incoming` marked it
      if (message.type === 'error') return [errorFrame(message.data as ErrorData, asked)]
      if (message.re !== undefined) return answer(message, asked)
      const push = pushes[message.type as keyof typeof pushes]
      return push ? push(message.data as never) : []
    },
    closing: (code) => CLOSING[code] ?? UNAUTHORIZED,
  }

  function answer({ type, data }: Native, asked: TaloRequest | undefined) {
    if (type === 'ping') return [HEARTBEAT]
    return type === 'player.identify' && asked ? identified(data as Identified, asked) : []
  }

  async function identified({ alias, player }: Identified, { req }: TaloRequest) {
    const stored = await shapes.player(player.id)
    const told = alias ? aliasOf(alias, stored) : await shapes.alias(player.id)
    return [frame(`${req}.success`, told)]
  }
}

type Identified = ReplyOf<AllMessages['player.identify']>
type Pushes = {
  readonly [K in `channel.${'message' | 'joined' | 'left' | 'updated' | 'deleted'}`]: (
    data: DataOf<AllMessages[K]>,
  ) => Promise<readonly object[]>
}

const pushesOf = ({ alias, channel, channelOf }: Shapes): Pushes => ({
  async 'channel.message'({ channel: id, offset, player, message }) {
    const [where, playerAlias] = await Promise.all([channel(id), alias(player)])
    const said = { channel: { ...where, totalMessages: offset }, message: textOf(message) }
    return [frame('v1.channels.message', { ...said, playerAlias })]
  },
  async 'channel.joined'({ channel: id, player }) {
    const [where, playerAlias] = await Promise.all([channel(id), alias(player)])
    return [frame('v1.channels.player-joined', { channel: where, playerAlias })]
  },
  async 'channel.left'({ channel: id, player }) {
    const [where, playerAlias] = await Promise.all([channel(id), alias(player)])
    const meta = { reason: LEFT }
    return [frame('v1.channels.player-left', { channel: where, playerAlias, meta })]
  },
  /** Talo tells of another owner by a frame of its own, and by that alone where nothing else changed. */
  async 'channel.updated'({ channel: now, changed }) {
    const { owner } = now
    const isHanded = changed.includes('owner') && owner !== null
    const [where, newOwner] = await Promise.all([channelOf(now), isHanded && alias(owner)])
    const changedProperties = changed.map((name) => (name === 'owner' ? 'ownerAliasId' : name))
    const isMore = changed.some((name) => name !== 'owner')
    return [
      ...(newOwner
        ? [frame('v1.channels.ownership-transferred', { channel: where, newOwner })]
        : []),
      ...(isMore ? [frame('v1.channels.updated', { channel: where, changedProperties })] : []),
    ]
  },
  async 'channel.deleted'({ channel: id }) {
    return [frame('v1.channels.deleted', { channel: await channel(id) })]
  },
})

const frame = (res: string, data: object) => ({ res, data })

/** Text, and no JSON: both ways. */
const HEARTBEAT = 'v1.heartbeat'
const BEAT: TaloRequest = { req: HEARTBEAT }
const MAX_TICKET = 128
/** How much of what a client sent is told back to it. */
const MAX_TOLD = 1_024
/** Left by itself, rather than because its connection ended. */
const LEFT = 0

const UNAUTHORIZED = 3000
const POLICY = 1008
const CLOSING: Partial<Record<CloseCode, number>> = {
  4000: 1001,
  4001: POLICY,
  4100: POLICY,
  4101: POLICY,
  4105: POLICY,
}

/** A request of Talo's: the shape of its data, and what it is in ours. */
interface Request {
  readonly data: Schema
  native(data: never): { readonly type: string; readonly data: object }
}

const request = <T>(
  data: Schema<T>,
  native: (data: T) => { readonly type: string; readonly data: object },
): Request => ({ data, native })

const IDENTIFY = request(
  object({
    playerAliasId: integer('uint32'),
    socketToken: text({ max: 128 }),
    sessionToken: optional(text({ max: 4_096 })),
  }),
  ({ playerAliasId: alias, socketToken: token }) => ({
    type: 'player.identify',
    data: { alias, token },
  }),
)

/** Both spellings of identifying: the document has one, Talo's clients the other. */
const REQUESTS: ReadonlyMap<unknown, Request> = new Map([
  ['v1.players.identify', IDENTIFY],
  ['v1.players.identified', IDENTIFY],
  [
    'v1.channels.message',
    request(
      object({ channel: object({ id: integer('uint32') }), message: text({ max: 60_000 }) }),
      ({ channel: { id: channel }, message }) => ({
        type: 'channel.send',
        data: { channel, message },
      }),
    ),
  ],
])
const NOT_OFFERED: ReadonlySet<unknown> = new Set(['v1.broadcasts.message', ...ABSENT_REQUESTS])

function heardIn(frame: ForeignFrame): Heard {
  const { text: said, value, problem } = unsigned(frame)
  if (problem) return { refusal: problem, mark: { req: 'unknown' } }
  const { req, data } = Object(value) as { readonly req?: unknown; readonly data?: unknown }
  if (NOT_OFFERED.has(req))
    return { refusal: new Refusal('UNSUPPORTED', NO_BROADCASTS), mark: { req } }
  const known = REQUESTS.get(req)
  if (!known || typeof data !== 'object' || data === null)
    return refused('INVALID_MESSAGE', 'unknown', said)
  const wrong = check(known.data, data, 'data', false)
  if (wrong) return refused('INVALID_MESSAGE_DATA', req, JSON.stringify(data), wrong)
  return { ...known.native(data as never), mark: { req } }
}

/** A version of a key, what is signed of the frame, and the signature. */
const SIGNATURE = /^[\w.-]{1,64}\|[\w+/=.-]+$/

/** A frame without its signature, which is a line of its own before it and proves nothing here. */
function unsigned(frame: ForeignFrame): ForeignFrame {
  const end = frame.text.indexOf('\n')
  const isSigned = end > 0 && SIGNATURE.test(frame.text.slice(0, end))
  if (frame.problem?.code !== 'INVALID_MESSAGE' || !isSigned) return frame
  const text = frame.text.slice(end + 1)
  if (isDeeper(Buffer.from(text), JSON_DEPTH)) return frame
  try {
    return { text, value: JSON.parse(text), problem: undefined }
  } catch {
    return frame
  }
}

const refused = (code: ErrorCode, req: unknown, sent: string, wrong?: string): Heard => ({
  refusal: new Refusal(code, wrong),
  mark: { req, sent: sent.slice(0, MAX_TOLD) },
})

const NO_BROADCASTS = 'this server does not offer broadcasts; say it in a channel'
