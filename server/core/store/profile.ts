import { PAGE_BYTES } from '../wire/envelope.ts'
import { paged } from '../wire/page.ts'
import { jsonBytes } from '../wire/size.ts'
import type { Prop, StoredPlayer } from './store.ts'

/** A player with as many of its props as fit `bytes`, after one of a key; `next` asks for more. */
export function profilePage(player: StoredPlayer, after: string, bytes: number) {
  const found = player.props.filter(({ key }) => Buffer.compare(raw(key), raw(after)) > 0)
  const { page, next } = paged(found, found.length, ({ key }) => key, bytes - headBytes(player))
  return { player: { ...player, props: page }, next }
}

/** The smallest `receive_bytes` with which all of a player can be read, a prop at a time. */
export function profileBytes(player: StoredPlayer): number {
  return PAGE_BYTES + headBytes(player) + Math.max(0, ...player.props.map(propBytes))
}

/** As the store orders keys. */
const raw = (key: string) => Buffer.from(key)

const headBytes = (player: StoredPlayer) => jsonBytes({ ...player, props: [] })

const propBytes = (prop: Prop) => jsonBytes(prop) + 1
