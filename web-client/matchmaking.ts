import type { AllMessages } from '../protocol/index.ts'
import type { DataOf } from '../protocol/message.ts'
import type { Json } from '../protocol/schema.ts'
import { createEmitter, type Report } from './emitter.ts'
import type { Room } from './room.ts'
import type { Rooms } from './rooms.ts'
import type { Session } from './session.ts'

/** How a search stands: how many search, how long we have, and how long one waits of late, in ms. */
export type Waiting = DataOf<AllMessages['match.waiting']>
/** A match with a seat for us: whose room, which team is ours, and who else plays. */
export type Found = DataOf<AllMessages['match.found']>

export type MatchEvents = {
  /** We search: by ourselves, or as the leader of our party, or a service, began it for us. */
  searching: [queue: string]
  waiting: [waiting: Waiting]
  /** A match is made; our seat is being taken. */
  found: [found: Found]
  /** All who play sit in the match's room. */
  started: [room: Room, found: Found]
  /** The match does not come about; we search on, with what we have waited. */
  again: [reason: DataOf<AllMessages['match.again']>['reason'], queue: string]
  /** We search no longer, and play no match. */
  ended: [reason: DataOf<AllMessages['match.ended']>['reason'] | 'lost', queue: string]
}

export interface FindOptions {
  /** What the queue looks at, such as a rating, a region, a map. */
  readonly properties?: Readonly<Record<string, Json>>
  /** The name to be known by in the room. */
  readonly name?: string
  /** What the room's kind asks of who joins. */
  readonly data?: Json
  /** Whether our whole party searches, which we lead: together, in one team. */
  readonly party?: boolean
}

export type Matchmaking = ReturnType<typeof createMatchmaking>

/** Strangers who find each other. */
export function createMatchmaking(session: Session, rooms: Rooms, report: Report) {
  const { on, emit } = createEmitter<MatchEvents>(report)
  let queue: string | undefined
  let data: Json | undefined
  let seat: Found | undefined

  session.on('message', (message) => {
    const { type } = message
    if (type === 'match.waiting') hear(message.data as Waiting)
    else if (type === 'party.searching') begin((message.data as Waiting).queue)
    else if (type === 'match.found') take(message.data as Found)
    else if (type === 'match.started') start()
    else if (type === 'match.again') {
      seat = undefined
      const { reason, queue } = message.data as DataOf<AllMessages['match.again']>
      emit('again', reason, queue)
    } else if (type === 'match.ended') {
      queue = undefined
      const ended = message.data as DataOf<AllMessages['match.ended']>
      emit('ended', ended.reason, ended.queue)
    }
  })
  session.on('lost', () => {
    if (queue !== undefined) emit('ended', 'lost', queue)
    queue = undefined
  })

  return {
    on,
    /** The queue that we search in, if we do. */
    get queue() {
      return queue
    },
    /**
     * Searches in a queue, until `started` or `ended` tells how it came out; over drops. Resolves with how
     * many search, and how long one waits of late, in ms (null: too few to say).
     */
    async find(name: string, { properties, name: known, data: said, party }: FindOptions = {}) {
      const before = { queue, data }
      queue = name
      data = said
      try {
        return await session.request('match.find', {
          queue: name,
          ...(properties && { properties }),
          ...(known !== undefined && { name: known }),
          ...(party && { party }),
        })
      } catch (error) {
        queue = before.queue
        data = before.data
        throw error
      }
    },
    /** Searches no longer. */
    async leave(): Promise<void> {
      await session.request('match.leave', {})
      queue = undefined
    },
  }

  function begin(name: string): void {
    if (queue === name) return
    queue = name
    emit('searching', name)
  }

  /** It comes after a reset as well, in which others may have begun a search for us. */
  function hear(waiting: Waiting): void {
    begin(waiting.queue)
    emit('waiting', waiting)
  }

  function take(found: Found): void {
    seat = found
    queue = found.queue
    emit('found', found)
    const own = found.players.find((one) => one.session === session.id)
    const joining = { ...(own && { name: own.name }), ...(data !== undefined && { data }) }
    // Where that fails the server says what becomes of the search.
    rooms.join(found.room, joining).catch(() => {})
  }

  function start(): void {
    const found = seat
    const room = found && rooms.all.get(found.room)
    queue = undefined
    seat = undefined
    if (room) emit('started', room, found)
  }
}
