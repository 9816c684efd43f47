import { BINARY, type BinaryKind } from '../binary.ts'
import { CLOSES, type CloseAction, ERRORS, RESUME_REASONS } from '../errors.ts'
import { ROUTES, type Routes } from '../http.ts'
import { FEATURES } from '../index.ts'
import { LIMITS, RATES } from '../limits.ts'
import type { Feature } from '../message.ts'
import { shapeOf } from '../schema.ts'
import { PROTOCOL } from '../session.ts'

type Table<Row> = Readonly<Record<string, Row>>

/** Everything the tables say, as one value: what the outputs are made from. */
export interface Tables {
  readonly version: number
  readonly features: Table<Feature>
  readonly binary: Table<BinaryKind>
  readonly routes: Routes
  readonly errors: Table<{ status: number; by: 'server' | 'client' | 'both'; doc: string }>
  readonly closes: Table<{ name: string; action: CloseAction; ends: boolean; doc: string }>
  readonly reasons: Table<{ kept: boolean; doc: string }>
  readonly limits: Table<{ value: number; unit: string; doc: string }>
  readonly rates: Table<{ per_second: number; burst: number; told?: true; doc: string }>
}

export const TABLES: Tables = {
  version: PROTOCOL,
  features: FEATURES,
  binary: BINARY,
  routes: ROUTES,
  errors: ERRORS,
  closes: CLOSES,
  reasons: RESUME_REASONS,
  limits: LIMITS,
  rates: RATES,
}

/** What two sides must agree on to understand each other: no sentences, no limits, no rates. */
export const wireOf = (tables: Tables) => ({
  version: tables.version,
  messages: Object.assign(
    {},
    ...Object.values(tables.features).map(({ messages }) =>
      mapped(messages, ({ direction, delivery, data, reply, room, to, from }) => ({
        direction,
        delivery,
        data: shapeOf(data),
        reply: reply && shapeOf(reply),
        room,
        to,
        from,
      })),
    ),
  ) as object,
  binary: mapped(tables.binary, ({ byte, direction, delivery }) => ({ byte, direction, delivery })),
  errors: mapped(tables.errors, ({ status }) => status),
  closes: mapped(tables.closes, ({ action, ends }) => ({ action, ends })),
  reasons: mapped(tables.reasons, ({ kept }) => kept),
})

const mapped = <Row, Result>(table: Table<Row>, change: (row: Row) => Result) =>
  Object.fromEntries(Object.entries(table).map(([key, row]) => [key, change(row)]))
