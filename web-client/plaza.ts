import type { AllMessages } from '../protocol/index.ts'
import type { DataOf } from '../protocol/message.ts'
import type { Report } from './emitter.ts'
import { createEmitter } from './emitter.ts'
import type { SendOptions } from './saying.ts'
import type { Session } from './session.ts'

export type Rows = DataOf<AllMessages['plaza.rows']>['rows']

export type PlazaEvents = {
  /** Where everybody is: member number, x, y; `time` is the server's clock (see `clock`). */
  rows: [rows: Rows, time: number, room: string]
}

export type Plaza = ReturnType<typeof createPlaza>

/** Positions in a room of the kind `plaza`. */
export function createPlaza(session: Session, report: Report) {
  const { on, emit } = createEmitter<PlazaEvents>(report)
  session.on('message', ({ type, room = '', data }) => {
    if (type !== 'plaza.rows') return
    const { rows, time } = data as DataOf<AllMessages['plaza.rows']>
    emit('rows', rows, time, room)
  })
  return {
    on,
    /** Says where we are; only the newest counts. `x` and `y` in the plaza's units. */
    move: (x: number, y: number, options: SendOptions = {}): void =>
      session.post('plaza.move', { x, y }, options),
  }
}
