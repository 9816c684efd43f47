import { PLAYBACK } from '../../../protocol/playback.ts'
import { type Column, dequantise } from '../../../protocol/state-columns.ts'
import { ackTable, type FieldSchema, type StateSchema } from '../../../protocol/state-schema.ts'
import type { StateUp } from '../../../protocol/state-up.ts'
import type { Receiver } from '../delivery/receiver.ts'
import type { Member } from '../room/member.ts'
import type { Room } from '../room/room.ts'
import { Bank, type Waiting } from './bank.ts'
import type { StateColumn } from './column.ts'
import { inputAccesses, type Row, type Rows } from './row.ts'
import type { State } from './state.ts'
import type { Table } from './table.ts'

export interface InputsOptions {
  readonly room: Room
  readonly state: State
  readonly schema: StateSchema
  /** How much of a member’s inputs may wait, as time. */
  readonly wait_ms: number
}

/** One input, by the names of its fields. */
export type Input = Readonly<Record<string, unknown>>

/** What is done with inputs. */
export interface Doing {
  /** One of a member’s, whose own row that is. */
  input(member: Member, row: Row, input: Input): void
  /** So many of a member’s were left out, of so many until now. */
  tooFast?(member: Member, leftOut: number, total: number): void
}

/** What one member does, and what it saw. */
interface Doer {
  readonly bank: Bank
  /** Whose inputs those are. */
  receiver: Receiver
  /** The newest tick that it said it has. */
  have: number
  /** How far what it saw was behind the tick in which it was last heard, in ms; and how many it was told were left out. */
  lag: number
  told: number
  /** Where its row was last. */
  slot: number
}

export type Inputs = ReturnType<typeof createInputs>

/** What the members of a room do, each input in a tick of its own. */
export function createInputs({ room, state, schema, wait_ms }: InputsOptions) {
  const { step, columns } = state
  const doers = new WeakMap<Member, Doer>()
  const fields = fieldsOf(schema.inputs ?? [], columns.inputs)
  const number = ackTable(schema)
  const table = state.tables[number] as Table // it was checked that there is one
  const rows = state.rows[number] as Rows
  const acks = table.columns.at(-1) as StateColumn
  const ticks = Math.round(1_000 / step)
  const most = Math.max(LEAST, Math.round(wait_ms / step))
  /** The tick that is being done. */
  let tick = 0

  return {
    /** A member says what it does. */
    hear(member: Member, { inputs, have, behind }: StateUp): void {
      const doer = doerOf(member)
      doer.have = Math.max(doer.have, Math.min(have, state.tick))
      if (!inputs) return
      const { first, n, values } = inputs
      const seen = doer.have * step - behindOf(behind)
      for (let index = 0; index < n; index++) {
        const cells: unknown[] = []
        for (let column = 0; column < values.length; column++) cells.push(values[column]?.[index])
        doer.bank.add({ number: first + index, seen, values: cells })
      }
    },

    /** A tick: does what waits for it, of each member in order of joining. */
    run(now: number, { input, tooFast }: Doing): void {
      tick = now
      for (const member of room.members) {
        const doer = doers.get(member)
        const row = doer && rowOf(member, doer)
        if (!doer || !row) continue
        const { bank } = doer
        for (const one of bank.take()) {
          doer.lag = now * step - one.seen
          input(member, row, valuesOf(one))
          if (!table.has(doer.slot)) break
        }
        if (table.has(doer.slot) && acks.get(doer.slot) !== bank.done)
          acks.set(doer.slot, bank.done)
        if (bank.leftOut === doer.told) continue
        const leftOut = bank.leftOut - doer.told
        doer.told = bank.leftOut
        tooFast?.(member, leftOut, bank.leftOut)
      }
    },

    /** Which of the room’s time a member saw, or sees just now: what its input of this tick was made for. */
    seenBy(member: Member): number | undefined {
      const doer = doers.get(member)
      return doer && Number.isFinite(doer.lag) ? tick * step - doer.lag : undefined
    },
  }

  function behindOf(behind: number = step + PLAYBACK.margin_ms): number {
    return Math.min(behind, step + PLAYBACK.most_delay_ms)
  }

  function doerOf(member: Member): Doer {
    const { receiver } = member
    const known = doers.get(member)
    if (known) {
      // Another session of its player’s numbers from `ack` on.
      if (known.receiver !== receiver) known.bank.clear()
      known.receiver = receiver
      return known
    }
    const doer: Doer = {
      ...{ bank: new Bank(ticks, most), receiver, have: 0 },
      ...{ lag: Number.POSITIVE_INFINITY, told: 0, slot: -1 },
    }
    doers.set(member, doer)
    return doer
  }

  function rowOf({ number: owner }: Member, doer: Doer): Row | undefined {
    const isOwn = table.has(doer.slot) && table.owners?.get(doer.slot) === owner
    if (!isOwn) {
      const [slot = -1] = table.ownedBy(owner)
      doer.slot = slot
    }
    return rows.at(doer.slot)
  }

  function valuesOf({ values }: Waiting): Input {
    const input: Record<string, unknown> = {}
    for (let index = 0; index < fields.length; index++) {
      const { name, read } = fields[index] as InputField // below the length
      input[name] = read(values)
    }
    return input
  }
}

/** A field of inputs, read from what their columns hold. */
interface InputField {
  readonly name: string
  read(values: readonly unknown[]): unknown
}

const fieldsOf = (fields: readonly FieldSchema[], columns: readonly Column[]): InputField[] =>
  inputAccesses(fields, columns).map(({ name, columns: own, of }) => {
    const held = own.map((index) => {
      const column = columns[index] as Column // its own
      return (values: readonly unknown[]) =>
        column.raw ? values[index] : dequantise(column, values[index] as number)
    })
    return { name, read: (values) => of(held.map((one) => one(values))) }
  })

/** However long a tick is, so many may wait. */
const LEAST = 4
