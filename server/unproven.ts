import { CLOSES, type CloseCode } from '../protocol/errors.ts'
import { MESSAGES } from '../protocol/index.ts'
import { readEnvelope } from '../protocol/message.ts'
import { check } from '../protocol/schema.ts'
import type { Connection, Transport } from './core/session/connection.ts'

/** What is told of what comes in over a socket. */
export type Ear = Pick<Connection, 'receive' | 'ponged' | 'written' | 'closed' | 'flooded'>

/**
 * A connection for which its address has no place: it has no session and hears no welcome, until its
 * first frame has shown that it replaces another.
 */
export class Unproven implements Ear {
  readonly address: string
  readonly openedAt: number
  /** What it has become. */
  connection: Connection | undefined
  readonly #transport: Transport
  readonly #prove: (claim: Buffer, isBinary: boolean) => Connection | undefined
  #isOver = false

  constructor(
    transport: Transport,
    openedAt: number,
    prove: (claim: Buffer, isBinary: boolean) => Connection | undefined,
  ) {
    this.address = transport.address
    this.openedAt = openedAt
    this.#transport = transport
    this.#prove = prove
  }

  /** The first frame decides. */
  receive(bytes: Buffer, isBinary: boolean): void {
    if (this.connection) return this.connection.receive(bytes, isBinary)
    if (this.#isOver) return
    this.connection = this.#prove(bytes, isBinary)
    if (!this.connection) this.refuse()
  }

  /** What it said was judged, and shows nothing. */
  disprove(): void {
    this.connection = undefined
    this.refuse()
  }

  refuse(code: CloseCode = 4105, reason = TOO_MANY): void {
    if (this.connection || this.#isOver) return
    this.#isOver = true
    this.#transport.close(code, reason)
  }

  ponged(): void {
    this.connection?.ponged()
  }

  written(): void {
    this.connection?.written()
  }

  flooded(): void {
    if (this.connection) this.connection.flooded()
    else this.refuse(4101, CLOSES[4101].doc)
  }

  closed(code: number): void {
    this.#isOver = true
    this.connection?.closed(code)
  }
}

export const TOO_MANY = 'too many connections or sessions from this address'

interface Claimed {
  readonly token: string
  readonly fresh?: boolean
}

/** No claim is larger; what is need not be read. */
const CLAIM_BYTES = 4_096

/** What a claim is of, if a frame is one. */
export function claimIn(bytes: Buffer): Claimed | undefined {
  if (bytes.length > CLAIM_BYTES) return undefined
  const said = readEnvelope(parsed(bytes))
  if (typeof said === 'string' || said.type !== 'session.resume') return undefined
  const problem = check(MESSAGES['session.resume'].data, said.data, said.type)
  return problem ? undefined : (said.data as Claimed)
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
