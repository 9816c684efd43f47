import type { AllMessages } from '../protocol/index.ts'
import type { DataOf } from '../protocol/message.ts'
import { createEmitter, type Report } from './emitter.ts'
import type { Session } from './session.ts'

/** How a player is: `status` is online, away or offline; `text` and `data` are its own. */
export type Presence = DataOf<AllMessages['presence.changed']>
/** How we want to be seen: `status` is online, away or invisible. */
export type OwnPresence = DataOf<AllMessages['presence.own']>
export type PresenceChanges = Partial<OwnPresence>

export type PresenceEvents = {
  /** A friend, or somebody whom we follow, is otherwise than before. */
  changed: [presence: Presence]
  /** We want to be seen otherwise, by whichever device. */
  own: [own: OwnPresence]
}

type Pushes = {
  readonly [K in keyof AllMessages]?: (data: DataOf<AllMessages[K]>) => void
}

export type Presences = ReturnType<typeof createPresences>

/** How friends are, and others whom we follow; for whoever has identified. */
export function createPresences(session: Session, report: Report) {
  const { on, emit } = createEmitter<PresenceEvents>(report)
  const here = new Map<string, Presence>()
  let listed = new Set<string>()
  let own: OwnPresence = DEFAULT

  const pushes: Pushes = {
    'presence.changed': hear,
    'presence.list'({ presences, first, more }) {
      if (first) listed = new Set()
      for (const one of presences) {
        listed.add(one.player)
        hear(one)
      }
      if (!more) for (const player of [...here.keys()]) if (!listed.has(player)) leave(player)
    },
    'presence.own'(told) {
      own = told
      emit('own', own)
    },
  }
  session.on('message', ({ type, data }) => {
    if (Object.hasOwn(pushes, type)) pushes[type as keyof Pushes]?.(data)
  })
  session.on('lost', () => {
    own = DEFAULT
    for (const player of [...here.keys()]) leave(player)
  })

  return {
    on,
    /** How we want to be seen. */
    get own() {
      return own
    },
    /** Those who are not offline, by their ids. */
    get all(): ReadonlyMap<string, Presence> {
      return here
    },
    /** How a friend, or one whom we follow, is; others are offline to us. */
    of: (player: string): Presence => here.get(player) ?? offline(player),
    /**
     * Says how we want to be seen, on all our devices, for as long as we have a session; what is left
     * out stays. Rejects with TOO_LARGE.
     */
    update: (changes: PresenceChanges): Promise<OwnPresence> =>
      session.request('presence.set', changes, {}, (reply) => reply.own),
    /** Follows a player who is no friend. Rejects with INVALID_TARGET or TOO_MANY_FOLLOWED. */
    follow: (player: string): Promise<void> =>
      session.request('presence.follow', { player }, {}, () => undefined),
    unfollow: (player: string): Promise<void> =>
      session.request('presence.unfollow', { player }, {}, () => undefined),
  }

  function hear(presence: Presence): void {
    const { player, status } = presence
    if (status === 'offline') return leave(player)
    const before = here.get(player)
    here.set(player, presence)
    if (JSON.stringify(before) !== JSON.stringify(presence)) emit('changed', presence)
  }

  function leave(player: string): void {
    if (here.delete(player)) emit('changed', offline(player))
  }
}

const DEFAULT: OwnPresence = { status: 'online', text: '', data: {} }

const offline = (player: string): Presence => ({
  ...{ player, status: 'offline', text: '', data: {} },
})
