import { Misfit, Reader } from '../../protocol/bytes.ts'
import type { state as stateTable } from '../../protocol/state.ts'
import { readStateUp, readStateUpHead, type StateUp } from '../../protocol/state-up.ts'
import { Carried } from '../core/dispatch/carried.ts'
import type { Context, HandlersOf } from '../core/dispatch/dispatch.ts'
import { createFaults } from '../core/room/fault.ts'
import type { Member } from '../core/room/member.ts'
import type { Room } from '../core/room/room.ts'
import type { Resolve } from '../core/room/seated.ts'
import type { Session } from '../core/session/session.ts'
import type { SessionObserver } from '../core/session/sessions.ts'
import { createInputs, type Inputs } from '../core/state/inputs.ts'
import type { Known, Opened } from '../core/state/known.ts'
import { createRewind } from '../core/state/rewind.ts'
import { accessesOf, type Row } from '../core/state/row.ts'
import { createShown, type Place } from '../core/state/shown.ts'
import { State } from '../core/state/state.ts'
import { createWrites, type Judge, type Wish, type Written } from '../core/state/writes.ts'
import type { BinaryReaders, Decoded } from '../core/wire/decode.ts'
import { push } from '../core/wire/frame.ts'
import type { Limits } from '../core/wire/limits.ts'
import { promisedBy } from '../core/wire/promised.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'

export interface StatesOptions {
  readonly world: World
  readonly limits: Limits
  readonly resolve: Resolve
}

interface Shown extends Pick<Known, 'columns'> {
  readonly room: Room
  readonly state: State
  readonly writes: ReturnType<typeof createWrites>
  readonly inputs: Inputs | undefined
  readonly tables: readonly Written[]
  readonly judge: Judge
}

export type States = ReturnType<typeof createStates>

/** What rooms know: shown to who sits there, and written by whom that is open to. */
export function createStates({ world, limits, resolve }: StatesOptions) {
  const { attempt, guard } = createFaults(world)
  const shown = createShown<Shown>()
  const byRoom = new WeakMap<Room, Shown>()

  const handlers: HandlersOf<(typeof stateTable)['messages']> = {
    'state.add'(context, { table: name, values = {}, owner }) {
      const { here, member, table } = placeOf(context, name, 'state.add')
      const { write, rows, single } = table.table.known.table
      if (rows || single)
        throw new Refusal('PERMISSION_DENIED', `state.add: ${name} has the rows that it has`)
      if (write === 'owner' && owner !== undefined && owner !== member.number)
        throw new Refusal('PERMISSION_DENIED', 'state.add.owner: expected oneself')
      const whose = write === 'owner' ? member.number : (owner ?? 0)
      if (write === 'owner') refuseTooMany(table, member)
      const said = judged(here, { table: name, op: 'add', row: undefined, values, from: member })
      const row = attempt(here.room, () => added(table, said, whose))
      return { slot: row.slot }
    },
    'state.remove'(context, { table: name, slot }) {
      const { here, member, table } = placeOf(context, name, 'state.remove')
      const { write, rows, single } = table.table.known.table
      const row = table.rows.at(slot)
      if (!row) throw new Refusal('ROW_NOT_FOUND', `state.remove.slot: ${name} has none in ${slot}`)
      if (rows || single || (write === 'owner' && row.owner !== member.number))
        throw new Refusal('PERMISSION_DENIED', `state.remove.slot: ${slot} is not yours to remove`)
      judged(here, { table: name, op: 'remove', row, values: {}, from: member })
      table.rows.remove(slot)
      return {}
    },
    'state.resync'(context) {
      const { room, member } = resolve(context)
      const viewer = byRoom.get(room)?.state.viewerOf(member)
      if (!viewer) throw new Refusal('UNSUPPORTED', `state.resync: ${room.code} has no tables`)
      viewer.reset()
      return {}
    },
  }

  const observer: SessionObserver = { restored: shown.restored, ended: shown.ended }
  const binary: BinaryReaders<Session> = { state_up: read }

  return { handlers, observer, binary, knows: shown.knows, claims: shown.claims, open }

  /** From now on a room knows something. */
  function open(room: Room, known: Known): Opened {
    const { columns, tick, tick_hz, predicates = [] } = known
    const state = new State({ room, columns, tick_hz, now: world.now, limits, predicates })
    const judge: Judge = (wish) => {
      const said = attempt(room, () => known.judge?.(wish))
      const late = promisedBy(said)
      if (!late) return said
      guard(room, () => late)
      throw new Refusal('VALIDATION_FAILED', `state.${wish.op}: the room took its time`)
    }
    const permits: Judge = (wish) => {
      try {
        return judge(wish)
      } catch {
        // What it refuses, or fails with, is a correction of that row alone.
        return false
      }
    }
    const tables = state.tables.map((table, index) => ({
      ...{ table, accesses: accessesOf(table) },
      rows: state.rows[index] as Written['rows'],
    }))
    const { schema } = known
    const wait_ms = limits.state_inputs_ms
    const inputs = schema.inputs && createInputs({ room, state, schema, wait_ms })
    const history_ms = (known.history_ms ?? []).map((ms) => Math.min(ms, limits.state_history_ms))
    const rewind = createRewind({ state, inputs, history_ms })
    const writes = createWrites(world.now, permits)
    const here = { room, state, columns, tables, judge, writes, inputs }
    byRoom.set(room, here)
    for (const { table, rows } of tables) if (table.known.table.single) rows.add()
    let stop = () => {}
    return {
      ...{ state, inputs, rewind },
      begin() {
        stop = tick.add(({ number }) => {
          state.commit(number)
          rewind.keep(number)
        })
      },
      joined(member) {
        // First, as a table may be full: whoever sits there sees the others.
        shown.show(here, known, member)
        for (const { table, rows } of tables)
          if (table.known.table.rows) rows.add({}, member.number)
      },
      restored: (member) => shown.renew(here, known, member),
      left(member) {
        shown.hide(here, member)
        for (const { table, rows } of tables)
          for (const slot of [...table.ownedBy(member.number)]) rows.remove(slot)
      },
      close: () => stop(),
    }
  }

  /** The table that a member would write, if it may write any of it. */
  function placeOf(context: Context, name: string, place: string) {
    const { room, member } = resolve(context)
    room.permit(member, 'emit')
    const here = byRoom.get(room)
    const table = here?.tables.find((one) => one.table.known.table.name === name)
    if (!here || !table)
      throw new Refusal('TABLE_NOT_FOUND', `${place}.table: ${room.code} has no table ${name}`)
    const { write } = table.table.known.table
    if (!write || (write === 'host' && room.host !== member))
      throw new Refusal('PERMISSION_DENIED', `${place}.table: ${name} is not yours to write`)
    return { here, member, table }
  }

  function refuseTooMany({ table }: Written, { number }: Member): void {
    const { name, rows_each = limits.state_rows_each } = table.known.table
    if ([...table.ownedBy(number)].length < rows_each) return
    throw new Refusal('TABLE_FULL', `state.add: expected at most ${rows_each} rows each of ${name}`)
  }

  /** What a room's own logic makes of a wish; refused where it says so. */
  function judged({ judge }: Shown, wish: Wish): Wish['values'] {
    const said = judge(wish)
    if (said === false)
      throw new Refusal('VALIDATION_FAILED', `state.${wish.op}: ${wish.table} will not have that`)
    return { ...wish.values, ...said }
  }

  /** Reads what a member says that it has, does and writes. */
  function read(session: Session, bytes: Buffer): Decoded {
    try {
      if (bytes.length > limits.message_bytes)
        throw new Misfit(`expected at most ${limits.message_bytes} bytes, got ${bytes.length}`)
      const { room } = readStateUpHead(new Reader(bytes))
      const place = shown.at(session, room)
      if (!place) return failed(new Refusal('ROOM_NOT_FOUND', `state_up: not in a room ${room}`))
      const up = readStateUp(bytes, place.room.columns)
      return { counted: false, message: new Carried('state_up', 'input', () => hear(place, up)) }
    } catch (error) {
      if (!(error instanceof Misfit)) throw error
      return failed(new Refusal('INVALID_MESSAGE_DATA', error.told('state_up')))
    }
  }

  function hear({ room: here, member, viewer }: Place<Shown>, up: StateUp): void {
    const { room, state, tables, writes } = here
    const { have, write } = up
    if (state.viewerOf(member) !== viewer) return
    viewer.acknowledge(have)
    if (up.inputs) room.permit(member, 'emit')
    here.inputs?.hear(member, up)
    const written = write && tables[write.table]
    if (!written) return
    room.permit(member, 'emit')
    const { name } = written.table.known.table
    for (const one of writes.write(written, member, room.host === member, write))
      member.receiver.send(push('state.corrected', { table: name, ...one }, { room: room.code }))
  }
}

const failed = (problem: Refusal): Decoded => ({
  counted: false,
  problem,
  asked: { type: 'state_up' },
})

/** A row as a member would have it; refused where a field cannot be so. */
function added({ table, rows }: Written, values: Wish['values'], owner: number): Row {
  try {
    const row = rows.add(values, owner)
    const unfit = table.columns.find((column) => !column.isWithin(row.slot))
    if (!unfit) return row
    row.remove()
    throw new TypeError(`state.${table.known.table.name}.${unfit.column.name}: out of its bounds`)
  } catch (error) {
    if (error instanceof TypeError) throw new Refusal('VALIDATION_FAILED', error.message)
    throw error
  }
}
