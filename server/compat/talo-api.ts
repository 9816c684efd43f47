import { type Api, type ApiHead, type ApiOptions, createApi } from '../core/api/api.ts'
import { errorBody } from './talo-errors.ts'
import { createTaloRoutes, TALO_ROUTES, type TaloRoutesOptions } from './talo-routes.ts'

export interface TaloApiOptions extends TaloRoutesOptions {
  readonly api: Omit<ApiOptions<typeof TALO_ROUTES>, 'routes' | 'handlers' | 'tell'>
}

/** Talo's HTTP API, as far as it is offered; what is not there is told in Talo's shape. */
export const createTaloApi = ({ api, ...options }: TaloApiOptions): Api =>
  createApi({
    ...api,
    routes: TALO_ROUTES,
    handlers: createTaloRoutes(options),
    tell: errorBody,
  })

/**
 * Whether a call is meant for Talo's API, whose paths begin with `/v1` as ours do: Talo's clients
 * say so in headers, and most of its paths are not ours.
 */
export const isTalos = ({ method, url, header }: ApiHead): boolean =>
  HEADERS.some((name) => header(name) !== undefined) ||
  PATHS.test(url) ||
  HEALTH.test(url) ||
  (method !== 'POST' && IDENTIFY.test(url))

const HEADERS = ['x-talo-client', 'x-talo-alias', 'x-talo-player', 'x-talo-dev-build']
const HEALTH = /^\/public\/health(?=[/?]|$)/
const IDENTIFY = /^\/v1\/players\/identify(?=[/?]|$)/
/** `players/…` are single players of ours, but for these. */
const PATHS = new RegExp(
  `^/v1/(?:${[
    ...['health-check', 'game-channels', 'game-config', 'game-feedback', 'game-saves'],
    ...['game-stats', 'leaderboards', 'player-groups', 'events', 'players/socket-token'],
    ...['players/auth', 'players/presence', 'players/relationships', 'players/search'],
    'players/merge',
  ].join('|')})(?=[/?]|$)`,
)
