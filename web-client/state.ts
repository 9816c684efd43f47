import { Misfit, Writer } from '../protocol/bytes.ts'
import type { AllMessages } from '../protocol/index.ts'
import type { DataOf } from '../protocol/message.ts'
import { createPlayback } from '../protocol/playback.ts'
import type { RowOf, State, TablesOf } from '../protocol/state.ts'
import { columnsOf, type StateColumns } from '../protocol/state-columns.ts'
import { readStateFrame, type StateFrame } from '../protocol/state-frame.ts'
import { ackTable, type StateSchema } from '../protocol/state-schema.ts'
import { writeStateUp } from '../protocol/state-up.ts'
import { hear, type Report } from './emitter.ts'
import { failure, NetworkError } from './failure.ts'
import type { Frames } from './frames.ts'
import type { Timers } from './link.ts'
import type { Received } from './message.ts'
import { createPredict, type PredictOptions, type Step } from './predict.ts'
import type { Session } from './session.ts'
import { namesOf } from './state-names.ts'
import type { StateTable, TableRoom } from './state-shape.ts'
import { createTable, type OwnTable } from './state-table.ts'
import { createWriting } from './state-writing.ts'

/** The tables of a room by their names: `room.state.players`. */
export type StateTables<S = State> = {
  readonly [K in keyof TablesOf<S> & string]: StateTable<RowOf<S, K>>
}

/** Which time of a room is shown, and how late that is. */
export interface Shown {
  /** In ms of the room’s time, which is its ticks times what one takes. */
  readonly time: number
  /** How far that is behind the newest that could be known, in ms. */
  readonly delay: number
  /** Calls back before each frame that the page draws, until the returned function is called. */
  onFrame(listener: (time: number) => void): () => void
  /** It is `now` (`performance.now()`), for who draws without a page. */
  look(now?: number): void
}

/** The schemas that this client knows, by their hashes. */
export type Schemas = Map<string, StateSchema>

export interface StateOptions {
  readonly session: Session
  readonly timers: Timers
  readonly report: Report
  /** What calls back before frames are drawn, where there is a page. */
  readonly frames: Frames | undefined
  readonly schemas: Schemas
}

export interface StateRoom {
  readonly code: string
  /** Our own member number, and whether we are the host. */
  you(): number
  isHost(): boolean
  /** A tick of ours begins, in which we do what is said by then. */
  sampling(): void
}

/** What a room knows, in the hands of the room. */
export type OwnState = ReturnType<typeof createState>

const DEFAULT_STEP_MS = 50
/** After so long without a look at a given time, who asks for something smooth looks itself. */
const DRIVEN_MS = 250

/** The state of one room. */
export function createState(room: StateRoom, options: StateOptions) {
  const { session, timers, report, frames, schemas } = options
  const tables = new Map<string, OwnTable>()
  const here = { room: room.code }
  let known: StateColumns = { tables: [], inputs: [] }
  let hash = ''
  let wanted = ''
  /** The table whose rows acknowledge inputs, if there is one. */
  let mine = ''
  let number = -1
  /** The newest tick that we have whole; of what it is a reset, more is to come. */
  let have = 0
  let isResetting = false
  let isAsking = false
  let playback = createPlayback(DEFAULT_STEP_MS)
  let step_ms = DEFAULT_STEP_MS
  let drivenAt = Number.NEGATIVE_INFINITY

  const writing = createWriting({
    timers,
    step: () => step_ms,
    blocks: (isAll) =>
      known.tables.flatMap(({ table }, index) => {
        const own = tableOf(table.name)
        return own.take(isAll).map((block) => ({ table: index, own, block }))
      }),
    send({ table, own, block: { slots, columns } }) {
      const writer = new Writer()
      const values = own.values({ slots, columns })
      const write = { table, slots: Int32Array.from(slots), columns, values }
      writeStateUp(writer, known, { room: number, have, write })
      return session.sendUncounted(writer.taken())
    },
  })

  const doing = createPredict({
    ...{ timers, report, sampling: room.sampling },
    own: () => (mine && have > 0 ? tableOf(mine).own() : undefined),
    send(inputs) {
      const writer = new Writer()
      const behind = Math.max(0, Math.round(have * step_ms - moment().shown))
      writeStateUp(writer, known, { room: number, have, behind, inputs })
      return session.sendUncounted(writer.taken())
    },
  })

  const own: TableRoom = {
    report,
    you: room.you,
    isHost: room.isHost,
    now: timers.now,
    moment,
    ahead: (table, owner) => (owner === room.you() ? doing.ahead(table) : undefined),
    written: writing.soon,
    add: (table, values, owner) =>
      session.request(
        'state.add',
        { table, values: values as Record<string, never>, ...(owner !== undefined && { owner }) },
        here,
        ({ slot }) => slot,
      ),
    remove: (table, slot) => session.request('state.remove', { table, slot }, here, () => {}),
  }

  const shown: Shown = {
    get time() {
      return moment().shown
    },
    get delay() {
      moment()
      return playback.delay
    },
    onFrame(listener) {
      if (!frames) throw failure('UNSUPPORTED', 'nothing draws here: call look before each frame')
      return frames((now) => {
        shown.look(now)
        hear(() => listener(playback.shown), report)
      })
    },
    look(now = timers.now()) {
      drivenAt = timers.now()
      playback.look(now)
      doing.look()
    },
  }

  return {
    shown,
    input: doing.input,
    rest: doing.rest,
    predict: (table: string, step: Step, how: PredictOptions = {}) =>
      doing.predict(table, step, how),
    tables: namesOf(tables, (name) => tableOf(name).table),
    /** The number that the server gives the room in frames. */
    get number() {
      return number
    },
    /** The tick that we have of it; 0 for none. */
    get have() {
      return have
    },

    /** The client was made for tables of this hash. */
    expect(expected: string): void {
      wanted = expected
      compare()
    },

    /** What the server says of the room’s tables. */
    apply({ type, data }: Received): void {
      if (type === 'state.schema') schema(data)
      if (type === 'state.corrected') corrected(data)
    },

    /** A frame of state for this room. */
    receive(bytes: Uint8Array): void {
      try {
        take(readStateFrame(bytes, known))
      } catch (error) {
        if (!(error instanceof Misfit)) throw error
        report(new Error(`${room.code}: what came is no state of this room: ${error.message}`))
        resync()
      }
    },

    /** Another connection carries the session: what was written and not heard of is said again. */
    resume(): void {
      isAsking = false
      writing.again()
      doing.again()
    },

    /** We are not in the room any more. */
    close(): void {
      writing.close()
      doing.close()
    },
  }

  function tableOf(name: string): OwnTable {
    const table = tables.get(name) ?? createTable(name, own)
    tables.set(name, table)
    return table
  }

  function schema(said: DataOf<AllMessages['state.schema']>): void {
    const { tables: told, inputs } = said
    const next = told ? { tables: told, ...(inputs && { inputs }) } : schemas.get(said.hash)
    if (!next) throw new Error(`${room.code}: the server did not say what its tables are`)
    schemas.set(said.hash, next)
    if (said.hash !== hash) {
      known = columnsOf(next)
      const shapes = new Map(known.tables.map((one) => [one.table.name, one]))
      for (const name of new Set([...tables.keys(), ...shapes.keys()]))
        tableOf(name).shape(shapes.get(name))
      const acked = known.tables[ackTable(next)]
      mine = acked?.table.name ?? ''
      doing.shape(
        next.inputs,
        known.inputs,
        acked && { known: acked, accesses: tableOf(mine).accesses },
      )
    }
    if (said.number !== number) {
      have = 0
      step_ms = 1_000 / said.tick_hz
      playback = createPlayback(step_ms)
      for (const table of tables.values()) table.restart()
      doing.restart(step_ms)
    }
    hash = said.hash
    number = said.number
    isAsking = false
    compare()
  }

  /** Where they are others, what is of the same name is found all the same. */
  function compare(): void {
    if (hash && wanted && hash !== wanted)
      session.warn(`${room.code}: its tables (${hash}) are not those of this client (${wanted})`)
  }

  function take(frame: StateFrame): void {
    const { tick, back, isReset, isAbsolute, hasMore, sections } = frame
    const base = tick - back
    // Of a reset only the first frame is one; the others are of the same tick.
    if (!isReset && !isResetting && (base > have || tick <= have)) return resync()
    if (isReset) for (const { table } of known.tables) tableOf(table.name).reset()
    isResetting = isReset || (isResetting && hasMore)
    const since = isReset ? have : isAbsolute ? base : tick - 1
    const moment = {
      ...{ isAbsolute, time: tick * step_ms, since: since * step_ms, shown: playback.shown },
    }
    for (const section of sections)
      tableOf(known.tables[section.table]?.table.name ?? '').apply(section, moment)
    if (hasMore) return
    if (isReset && tick <= have) playback.clear()
    have = tick
    isResetting = false
    isAsking = false
    playback.frame(tick, since, timers.now())
    doing.frame()
    for (const { table } of known.tables) tableOf(table.name).tell()
  }

  /** What came does not follow what we have. */
  function resync(): void {
    if (isAsking) return
    isAsking = true
    isResetting = false
    session
      .request('state.resync', {}, here, () => {})
      .catch(() => {
        isAsking = false
      })
  }

  function corrected(said: DataOf<AllMessages['state.corrected']>): void {
    const { table, slot, code, values, message } = said
    const text = message ?? `state.${table}: ${Object.keys(values).join(', ')} of row ${slot}`
    tables
      .get(table)
      ?.correct(slot, Object.keys(values), new NetworkError({ code, status: 409, message: text }))
  }

  function moment() {
    const now = timers.now()
    if (now - drivenAt > DRIVEN_MS) playback.look(now)
    return playback
  }
}
