import type { CloseCode } from '../../../protocol/errors.ts'

/** What carries a session: its connection, as the session has it. */
export interface Carrier {
  /** More waits for its reader than the hard mark. */
  behind(): void
  /** Its peer has read so many counted frames. */
  acknowledged(count: number): void
  /** Closes with a code of ours, after everything written so far. */
  close(code: CloseCode, reason?: string): void
  /** Whether its peer answers a ping in time. */
  probe(): Promise<boolean>
  /** Another connection took the session. */
  replace(): void
  /** Its reader is too slow. */
  dropSlow(): void
  /** What it was sent could not be made or written. */
  fail(error: unknown): void
}
