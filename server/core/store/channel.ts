import { toText } from '../../../protocol/message.ts'
import { PAGE_BYTES } from '../wire/envelope.ts'
import type { Channel, ChannelMessage } from './store.ts'

/** The smallest `receive_bytes` with which a channel can be read in a list, whatever it will count. */
export const channelBytes = (channel: Pick<Channel, 'name' | 'owner' | 'props'>): number =>
  pageBytes({
    ...{ ...channel, id: MOST_ID, members: MOST_ID, offset: MOST },
    ...{ created_at: MOST, updated_at: MOST },
  })

/** The same of a message in its channel's history. */
export const messageBytes = (message: Omit<ChannelMessage, 'offset' | 'at'>): number =>
  pageBytes({ ...message, offset: MOST, at: MOST })

const pageBytes = (entry: object) => PAGE_BYTES + Buffer.byteLength(toText(entry)) + 1

const MOST_ID = 0xffff_ffff
const MOST = Number.MAX_SAFE_INTEGER
