import type { Action, Role } from '../../../protocol/rooms.ts'

export const DEFAULT_PERMISSIONS: Readonly<Record<Action, Role>> = {
  emit: 'player',
  query: 'player',
  execute: 'player',
  update: 'assistant',
  lock: 'assistant',
  kick: 'assistant',
  assign: 'host',
}
