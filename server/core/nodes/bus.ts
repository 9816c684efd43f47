import type { Json } from '../../../protocol/schema.ts'

/** One server process on a bus, as the others see it. */
export interface Node {
  /** Sends to every node, this one included; what one node sends, each gets once and in its order. */
  publish(message: Json): void
  /** Sends to one node; nothing happens where it is not there any more. */
  send(node: string, message: Json): void
  /** Who is there, this one included. One that has died may be named for a while. */
  nodes(): Promise<readonly string[]>
  /** Gets nothing any more, and is not named any more. */
  leave(): void
}

/** What carries messages between nodes. */
export interface Bus {
  /**
   * Takes a node's place under its name; throws where the name is taken. `receive` is never called
   * before this returns, nor in the same turn as what was sent.
   */
  join(name: string, receive: (message: Json, from: string) => void): Node
}

/**
 * One node's answer. `problem` says why there is no value: it knows no such name, its handler failed
 * (its own log says how), or it did not answer in time.
 */
export interface IntercomAnswer {
  readonly node: string
  readonly value: Json
  readonly problem?: 'UNKNOWN_NAME' | 'FAILED' | 'TIMEOUT'
}

/** Asks all nodes, this one included; an answer each, by name, within `ms` (1,000). Never rejects. */
export type AskNodes = (
  name: string,
  data?: Json,
  ms?: number,
) => Promise<readonly IntercomAnswer[]>
