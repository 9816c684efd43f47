import type { Json } from '../../../protocol/schema.ts'
import type { Origin, Outgoing } from '../wire/frame.ts'
import type { Share } from './share.ts'
import type { Source } from './source.ts'

/** Larger messages, and those for clients that take no more than this, are sent one by one. */
export const SHARED_BYTES = 8_192

/** A player as every feature knows it. */
export interface Player {
  readonly id: string
  guest: boolean
  name: string
  /** Whom it blocks, by their ids; known while it is here. */
  blocks?: ReadonlySet<string>
}

/** What a player may know of another, and of itself. */
export const playerInfo = ({ id, name, guest }: Player) => ({ id, name, guest })

/** Whether one hears and is asked nothing by another. */
export const isBlocked = (
  by: Pick<Player, 'blocks'> | null,
  who: Pick<Player, 'id'> | null,
): boolean => who !== null && by?.blocks?.has(who.id) === true

/**
 * What a room sends to: a session, or whatever else sits there. What is sent and what is shared
 * arrive in the order in which they were said.
 */
export interface Receiver {
  readonly id: string
  /** Null for one that has not identified. */
  readonly player: Player | null
  /** Whether it takes the game's packets in bytes rather than as JSON. */
  readonly speaksPackets: boolean
  /** Rises with what it does, so that of several of one player one was active last. */
  readonly activity: number
  /** Whether it may be the host of a room (true). */
  readonly mayHost?: boolean
  /** Sends one message by itself. */
  send(message: Outgoing): void
  /** What a source makes for it is sent, in its place among all else; nothing while it is away. */
  mark?(source: Source<Reading>): void
  /**
   * Takes from now on what is added to a batch, each message once; false where each must be sent to
   * it by itself.
   */
  share(batch: Sharing): boolean
  /** No longer shares it; what was added until now is its own. */
  unshare(batch: Sharing): void
  /** What is added to a batch that it shares next is not for it. */
  skip(batch: Sharing): void
  /** What a batch that it shares holds has waited long enough. */
  due(batch: Sharing): void
  /** Puts a question to it; who answers nothing rejects with a Refusal. */
  ask(question: Question): Promise<unknown>
  /** Gives up what it was asked, in one room or in all. */
  abandonAsks(code: AbandonCode, room?: string): void
}

/** Who is written to, as what is made for it needs to know. */
export interface Reading {
  /** The most bytes that it takes in one message. */
  readonly receiveBytes: number
}

/** Why a question of the server's will not be answered. */
export type AbandonCode = 'TARGET_LEFT' | 'OUTCOME_UNKNOWN' | 'NOT_IN_ROOM'

/** What one receiver is asked on behalf of whoever waits. */
export interface Question {
  /** A message of the tables that has a reply. */
  readonly type: string
  readonly data?: unknown
  /** Makes its data when nothing but its size is in the way any more; may throw a Refusal. */
  readonly make?: () => unknown
  readonly origin: Origin
  /** How long it may take, in ms. */
  readonly timeout: number
  /** Whom it is put to, told with every failure. */
  readonly cause: Json
  /** Whose question it is, if a player's: it ends with its asker. */
  readonly asker?: Asker
  /** Calls back when the asker has left the room it asks in, until what it returns is called. */
  readonly whenLeft?: (withdraw: () => void) => () => void
  /** The whole message under this id, where it is put in bytes rather than JSON. */
  readonly pack?: (id: number) => Outgoing
}

/** Who waits for an answer, until it ends or its counts begin anew. */
export interface Asker {
  readonly ended: boolean
  /** The `generation` rises with every new beginning of its counts. */
  readonly resume: { readonly generation: number }
  /** The same answer, which is withdrawn when this one ends. */
  awaiting<T>(answer: Promise<T>, withdraw: () => void): Promise<T>
}

/** A batch, as who shares it sees it. */
export interface Sharing {
  /** Whether it takes more. */
  readonly isOpen: boolean
  /** How many messages there are. */
  readonly length: number
  /** What waits for more of it, rather than for the end of the turn. */
  readonly waits: boolean
  /** A turn is over, in which somebody who shares it writes. */
  endTurn(): void
  /** The messages from `from` on, up to but without `to`. */
  take(from: number, to: number): Outgoing | Share
  /** It gets each message by itself from now on. */
  part(receiver: Receiver): void
}
