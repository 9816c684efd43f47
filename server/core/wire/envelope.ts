import { type AllMessages, MESSAGES } from '../../../protocol/index.ts'
import { type DataOf, MAX_ID } from '../../../protocol/message.ts'
import { MAX_NAME } from '../../../protocol/players.ts'
import { CODE_LENGTH } from '../../../protocol/rooms.ts'
import { jsonBytes } from './size.ts'

const longest = (texts: readonly string[]) => texts.reduce((a, b) => (a.length < b.length ? b : a))
/** No character of a text is longer, save those that have to be escaped. */
const text = (characters: number) => '\uffff'.repeat(characters)

/** What a message says beside its data, at its longest: type, room, and the id that it answers. */
export const ENVELOPE_BYTES = jsonBytes({
  type: longest(Object.keys(MESSAGES)),
  re: 'x'.repeat(MAX_ID),
  room: 'x'.repeat(CODE_LENGTH),
  data: '',
})

/** The same of what somebody said, who is named with it. */
export const FROM_BYTES =
  ENVELOPE_BYTES +
  jsonBytes({
    from: { member: 0, player: 'x'.repeat(MAX_ID), role: 'assistant', name: text(MAX_NAME) },
    data: '',
  })

/** What it says beside the entries of a page, or beside one entry: their name, and where to go on. */
export const PAGE_BYTES =
  ENVELOPE_BYTES + jsonBytes({ messages: [], too_large: [], next: text(MAX_ID) })

const SNAPSHOT: DataOf<AllMessages['session.snapshot']> = {
  player: { id: 'x'.repeat(MAX_ID), name: text(MAX_NAME), guest: false },
  rooms: [],
  more: false,
}

/** What a page of a snapshot says beside a seat; no answer says more. */
export const SNAPSHOT_BYTES = jsonBytes({ type: 'session.snapshot', data: SNAPSHOT })
