import { timingSafeEqual } from 'node:crypto'
import type { backends as backendsTable } from '../../protocol/backends.ts'
import type { AllMessages } from '../../protocol/index.ts'
import type { ReplyOf } from '../../protocol/message.ts'
import { playerInfo } from '../core/delivery/receiver.ts'
import type { Context, HandlersOf } from '../core/dispatch/dispatch.ts'
import type { Guesses } from '../core/dispatch/guesses.ts'
import type { Player, Session } from '../core/session/session.ts'
import type { SessionObserver } from '../core/session/sessions.ts'
import { createCheck, readHash } from '../core/store/bcrypt.ts'
import { hashOf } from '../core/store/secrets.ts'
import { push } from '../core/wire/frame.ts'
import type { Limits } from '../core/wire/limits.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'

/** What a backend says of a token. */
type Verdict = ReplyOf<AllMessages['backend.authenticate']>

export interface BackendsOptions {
  readonly world: World
  readonly limits: Limits
  readonly guesses: Guesses
  /** The bcrypt hash of the secret, plain or in hex; without it nobody is a backend. */
  readonly secret: string | undefined
  /** Whether, without a hash, the document's default is the secret. */
  readonly dev: boolean
  readonly sessionOf: (id: string) => Session | undefined
  /** Whether the session sits in a room. */
  readonly isSeated: (session: Session) => boolean
  /** What makes the session that user of a backend's. */
  readonly become: (
    context: Context,
    session: Session,
    user: string,
    name: string | undefined,
  ) => Promise<() => Player>
}

/** The group of who is nobody in particular, and so no user's name. */
const PUBLIC = 'public'
const NO_USER = 'user: expected a user, got "public", which is who has not identified'

/** jssocket's default secret, for development only. */
const DEVELOPMENT_SECRET = '12345678'

/** Backends: trusted services, who say who players are. */
export function createBackends(options: BackendsOptions) {
  const { world, limits, guesses, sessionOf, isSeated, become } = options
  const check = checkOf(options)
  const all = new Set<Session>()
  /** Whose turn it is comes first. */
  let turns: Session[] = []
  const asked = new Map<Session, number>()
  /** Those who wait for a backend that has fewer questions unanswered. */
  const waiting = new Set<() => void>()

  const handlers: HandlersOf<(typeof backendsTable)['messages']> = {
    async 'backend.connect'({ session }, { secret }) {
      const enter = await admit(session, secret)
      return () => {
        enter()
        return {}
      }
    },
    async 'backend.identify'(context, { session: id, user, name }) {
      requireBackend(context.session)
      if (user === PUBLIC) throw new Refusal('INVALID_MESSAGE_DATA', NO_USER)
      const target = sessionOf(id)
      if (!target || all.has(target))
        throw new Refusal('INVALID_TARGET', 'session: no player has this session')
      const enter = await become(context, target, user, name)
      return () => {
        if (all.has(target)) throw new Refusal('INVALID_TARGET', 'session: it is a backend’s')
        const player = enter()
        target.send(push('player.identified', { session: id, player: playerInfo(player) }))
        return { player: playerInfo(player) }
      }
    },
  }

  const observer: SessionObserver = {
    ended(session) {
      if (!all.delete(session)) return
      turns = turns.filter((one) => one !== session)
      asked.delete(session)
      for (const look of waiting) look()
      world.log.info({ session: session.id }, 'backend gone')
    },
  }

  return {
    handlers,
    observer,
    admit,
    judge,
    requireBackend,
    close,
    has: (s: Session) => all.has(s),
  }

  /** There is none any more, and nobody waits for one. */
  function close(): void {
    all.clear()
    turns = []
    for (const look of waiting) look()
  }

  /** What makes the session a backend's. */
  async function admit(session: Session, secret: string): Promise<() => void> {
    if (all.has(session)) return () => {}
    if (!check) throw new Refusal('BACKENDS_REFUSED')
    const look = async () => (await check(secret)) || null
    if (!(await guesses.lookSecret(session.address, look, 'secret'))) {
      world.log.warn({ session: session.id, address: session.address }, 'wrong backend secret')
      throw new Refusal('INVALID_SECRET')
    }
    return () => enter(session)
  }

  function enter(session: Session): void {
    if (session.ended) throw new Refusal('TARGET_LEFT', 'the session is over')
    if (session.player) throw new Refusal('ALREADY_IDENTIFIED', 'this session is a player’s')
    if (isSeated(session))
      throw new Refusal('ALREADY_IN_ROOM', 'a backend sits in no room: leave it first')
    if (all.has(session)) return
    all.add(session)
    turns.push(session)
    session.buckets.lift('notify', 'jssocket')
    world.log.info({ session: session.id }, 'backend connected')
    for (const look of waiting) look()
  }

  function requireBackend(session: Session): void {
    if (!all.has(session)) throw new Refusal('BACKEND_REQUIRED')
  }

  /** Whose a token is to a backend; refused where it says no, undefined where none answers in time. */
  async function judge(session: Session, token: string): Promise<Verdict | undefined> {
    const look = async () => {
      const verdict = await ask(session, token)
      return verdict?.authenticated === false ? null : verdict
    }
    // To say nothing is no guess.
    const found = await (token === '' ? look() : guesses.lookSecret(session.address, look))
    if (found === null) throw new Refusal('INVALID_SOCKET_TOKEN')
    return found?.user === PUBLIC ? { authenticated: true } : found
  }

  /** Asks the backend whose turn it is. */
  async function ask(session: Session, token: string): Promise<Verdict | undefined> {
    const until = world.now() + limits.backend_ms
    const backend = await free(until)
    if (!backend) return undefined
    const cause = { session: backend.id }
    try {
      const answer = await backend.ask({
        type: 'backend.authenticate',
        data: { session: session.id, ...(token !== '' && { token }) },
        origin: {},
        timeout: Math.max(1, until - world.now()),
        cause,
      })
      return answer as Verdict
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { code, message } = error
      world.log.warn({ backend: backend.id, code, message }, 'backend did not authenticate')
      return undefined
    } finally {
      release(backend)
    }
  }

  /** Takes the next backend that can be asked; waits for one, if all are busy. */
  function free(until: number): Promise<Session | undefined> | Session | undefined {
    const found = next()
    if (found || !turns.some(isHere)) return found
    return new Promise((resolve) => {
      const look = () => {
        const backend = next()
        if (backend || !turns.some(isHere)) settle(backend)
      }
      const cancel = world.after(Math.max(1, until - world.now()), () => settle(undefined))
      waiting.add(look)

      function settle(backend: Session | undefined): void {
        cancel()
        waiting.delete(look)
        resolve(backend)
      }
    })
  }

  function next(): Session | undefined {
    const found = turns.find((one) => isHere(one) && (asked.get(one) ?? 0) < limits.asks)
    if (!found) return undefined
    turns = [...turns.filter((one) => one !== found), found]
    asked.set(found, (asked.get(found) ?? 0) + 1)
    return found
  }

  function release(backend: Session): void {
    const left = (asked.get(backend) ?? 1) - 1
    if (all.has(backend)) asked.set(backend, left)
    const [look] = waiting
    look?.()
  }
}

const isHere = ({ connection }: Session) => connection !== null

function checkOf({ secret, dev }: BackendsOptions) {
  if (secret !== undefined) return createCheck(readHash(secret))
  if (!dev) return undefined
  return async (tried: string) => timingSafeEqual(digest(tried), digest(DEVELOPMENT_SECRET))
}

const digest = (text: string) => Buffer.from(hashOf(text))
