import type { AllMessages } from '../protocol/index.ts'
import type { DataOf, Sender } from '../protocol/message.ts'
import type { Json } from '../protocol/schema.ts'
import type { Report } from './emitter.ts'
import { createEmitter } from './emitter.ts'
import { senderOf } from './message.ts'
import type { Session } from './session.ts'

export type NotificationEvents = {
  /** A service's is from the role `backend`; a player's own, from another device, from `player`. */
  notified: [data: Json, from: Sender]
}

export type Notifications = ReturnType<typeof createNotifications>

/** What services tell this player. */
export function createNotifications(session: Session, report: Report) {
  const { on, emit } = createEmitter<NotificationEvents>(report)
  session.on('message', (message) => {
    if (message.type !== 'notify') return
    const { data } = message.data as DataOf<AllMessages['notify']>
    emit('notified', data, senderOf(message))
  })
  return { on }
}
