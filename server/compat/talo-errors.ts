import type { ErrorCode } from '../../protocol/errors.ts'
import type { ErrorData } from '../core/api/api.ts'

/** What an error on the socket answers. */
export interface TaloRequest {
  readonly req: string
  /** What the client sent, where that was the trouble. */
  readonly sent?: string
}

/** A refusal of ours as Talo's socket tells it. */
export function errorFrame(error: ErrorData, asked: TaloRequest = NOTHING) {
  const { errorCode, message, cause } = (TOLD[error.code] ?? listener)(error, asked)
  const req = errorCode === 'RATE_LIMIT_EXCEEDED' ? NOTHING.req : asked.req
  return {
    res: 'v1.error',
    data: { req, message, errorCode, ...(cause !== undefined && { cause }) },
  }
}

/** A refusal of ours as Talo's HTTP API tells it. */
export const errorBody = (error: ErrorData) => ({
  message: SENTENCES[error.code]?.(error) ?? error.message,
})

const NOTHING: TaloRequest = { req: 'unknown' }

interface Told {
  readonly errorCode: string
  readonly message: string
  readonly cause?: string | undefined
}

type Sentences<T extends readonly unknown[], R> = Partial<
  Record<ErrorCode, (error: ErrorData, ...more: T) => R>
>

const TOLD: Sentences<[TaloRequest], Told> = {
  INVALID_MESSAGE: ({ message }, { sent }) =>
    sent === undefined
      ? { errorCode: 'ROUTING_ERROR', message: ROUTING, cause: message }
      : { errorCode: 'INVALID_MESSAGE', message: 'Invalid message request', cause: sent },
  INVALID_MESSAGE_DATA: ({ message }, { sent }) => ({
    errorCode: 'INVALID_MESSAGE_DATA',
    message: `Invalid message data: ${message}`,
    cause: sent,
  }),
  NO_PLAYER_FOUND: () => ({
    errorCode: 'NO_PLAYER_FOUND',
    message: 'You must identify a player before sending this request',
  }),
  INVALID_SOCKET_TOKEN: () => ({
    errorCode: 'INVALID_SOCKET_TOKEN',
    message: 'Invalid socket token',
  }),
  MISSING_SCOPE: (error) => ({
    errorCode: 'MISSING_ACCESS_KEY_SCOPES',
    message: missingScope(error),
  }),
  RATE_LIMITED: () => ({ errorCode: 'RATE_LIMIT_EXCEEDED', message: 'Rate limit exceeded' }),
  UNSUPPORTED: ({ message }) => ({
    errorCode: 'UNHANDLED_REQUEST',
    message: 'Request not handled',
    cause: message,
  }),
  CHANNEL_NOT_FOUND: (error) => listener({ ...error, cause: 'Channel not found' }),
}

const ROUTING = 'An error occurred while routing the message'

/** Whatever else went wrong, and why. */
const listener = ({ message, cause }: ErrorData): Told => ({
  errorCode: 'LISTENER_ERROR',
  message: 'An error occurred while processing the message',
  cause: typeof cause === 'string' ? cause : message,
})

const SENTENCES: Sentences<[], string> = {
  UNKNOWN_ROUTE: ({ message }) => `${message}; ${OFFERED}`,
  INVALID_ACCESS_KEY: () => 'Please provide a valid token in the Authorization header',
  MISSING_SCOPE: (error) => missingScope(error),
  NO_PLAYER_FOUND: () => 'Player not found',
  CHANNEL_NOT_FOUND: () => 'Channel not found',
  NOT_IN_CHANNEL: () => 'This player is not a member of the channel',
}

const OFFERED = 'this server offers of Talo’s API what COMPATIBILITY.md lists'

function missingScope({ cause }: ErrorData): string {
  const { scope = '' } = (cause ?? {}) as { readonly scope?: string }
  return `Missing access key scope(s): ${scope.replace(':channels', ':gameChannels')}`
}
