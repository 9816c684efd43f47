import type { Player, Receiver } from '../delivery/receiver.ts'
import { Refusal } from '../wire/refusal.ts'

/** Keeps the seat of a player whose session is over: nothing reaches it, and nobody answers. */
export class Vacancy implements Receiver {
  /** The id of the session that was. */
  readonly id: string
  readonly player: Player
  readonly speaksPackets = false
  readonly activity = 0

  constructor(id: string, player: Player) {
    this.id = id
    this.player = player
  }

  send(): void {}

  share(): boolean {
    return false
  }

  unshare(): void {}
  skip(): void {}
  due(): void {}

  async ask({ cause }: Parameters<Receiver['ask']>[0]): Promise<never> {
    throw new Refusal('TARGET_LEFT', undefined, { cause })
  }

  abandonAsks(): void {}
}
