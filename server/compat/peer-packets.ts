import type { RelayMode } from '../../protocol/relay.ts'

/** What one Godot's own clients say to each other over a WebSocket. */
export interface PeerPackets {
  readonly engine: 3 | 4
  /** Whether what is for all says names shortly, as its client has told everybody it knows. */
  readonly abbreviates: boolean
  /** The first that a client hears: its number. */
  hello(peer: number): Buffer
  /** Another is there; undefined where its client knows that without being told. */
  added(peer: number): Buffer | undefined
  gone(peer: number): Buffer
  /** Another peer's packet; undefined for what that peer may not say. */
  from(peer: number, packet: Buffer, mode: RelayMode): Buffer | undefined
  /** A client's packet and whom it is for; undefined for what no client may say. */
  read(bytes: Buffer, own: number, mode: RelayMode): Said | undefined
}

export interface Said {
  readonly target: number
  readonly packet: Buffer
}
