import { MAX_NAME } from '../../../protocol/players.ts'
import { PAGE_BYTES } from '../wire/envelope.ts'
import { paged, told } from '../wire/page.ts'
import { jsonBytes } from '../wire/size.ts'
import type { Prop, StoredPlayer } from './store.ts'

/**
 * A player with as many of its props as fit `bytes`, after one of a key; `next` asks for more. `read`
 * hears how many bytes of them that are.
 */
export function profilePage(
  player: StoredPlayer,
  after: string,
  bytes: number,
  read: (bytes: number) => void = () => {},
) {
  const found = player.props.filter(({ key }) => Buffer.compare(raw(key), raw(after)) > 0)
  const left = bytes - headBytes(player) - cursorBytes(player)
  const page = paged(found, found.length, ({ key }) => key, left)
  read(page.bytes)
  return { player: { ...player, props: page.page }, ...told(page), next: page.next }
}

/** The smallest `receive_bytes` with which all of a player can be read, a prop at a time; by any name. */
export function profileBytes(player: StoredPlayer): number {
  const props = Math.max(0, ...player.props.map(propBytes))
  return PAGE_BYTES + headBytes({ ...player, name: LONGEST }) + cursorBytes(player) + props
}

const LONGEST = '\uffff'.repeat(MAX_NAME)
/** What is escaped in a key takes more than PAGE_BYTES has for the place where to go on. */
const cursorBytes = ({ props }: StoredPlayer) =>
  Math.max(0, ...props.map(({ key }) => jsonBytes(key) - 3 * key.length))

/** As the store orders keys. */
const raw = (key: string) => Buffer.from(key)

const headBytes = (player: StoredPlayer) => jsonBytes({ ...player, props: [] })

const propBytes = (prop: Prop) => jsonBytes(prop) + 1
