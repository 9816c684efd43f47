import { array, nullable, object, text } from '../../protocol/schema.ts'
import type { TALO_ABSENT, TaloCallName } from '../../protocol/talo.ts'
import type { Caller } from '../core/api/api.ts'
import type { ServedRoutes } from '../core/api/routes.ts'
import type { Alias, Prop, Store } from '../core/store/store.ts'
import { Refusal } from '../core/wire/refusal.ts'

type Known = TaloCallName | keyof typeof TALO_ABSENT

/** Routes of those that the list of Talo's calls has. */
export const routes = <const R extends ServedRoutes>(
  table: R & Record<Exclude<keyof R, Known>, never>,
): R => table

/** A call of ours without anything: what is asked goes over it. */
export const NOTHING = { params: {}, query: {}, body: {} } as const

const ALIAS = 'x-talo-alias'

/** Whom a call is for: Talo's clients say it in a header. */
export async function aliasIn(store: Store, { header }: Pick<Caller, 'header'>): Promise<Alias> {
  const said = header(ALIAS)
  if (said === undefined)
    throw new Refusal('INVALID_MESSAGE_DATA', `${ALIAS} is missing from the request headers`)
  const id = /^\d{1,9}$/.test(said) ? Number(said) : -1
  const found = await store.run('alias.get', { id })
  if (found) return found
  throw new Refusal('NO_PLAYER_FOUND')
}

/** Refuses the first wish that is wished for. */
export function refuseWishes(wishes: Readonly<Record<string, unknown>>, why: string): void {
  const [wish] = Object.entries(wishes).find(([, wished]) => wished) ?? []
  if (wish !== undefined) throw new Refusal('INVALID_MESSAGE_DATA', `${wish}: ${why}`)
}

/** Props as Talo's clients say them; one of null is to go. */
export const saidProps = (most?: number) =>
  array(object({ key: text(), value: nullable(text()) }), most)

interface SaidProp {
  readonly key: string
  readonly value: string | null
}

/** Those of one key that ends in `[]` are one array here; a later one of another key replaces. */
export function propsIn(said: readonly SaidProp[]): Prop[] {
  const found = new Map<string, string | null | string[]>()
  for (const { key, value } of said) {
    const before = found.get(key)
    const isMore = isList(key) && value !== null
    if (isMore && Array.isArray(before)) before.push(value)
    else if (key !== '') found.set(key, isMore ? [value] : value)
  }
  return [...found].map(([key, value]) => ({
    key,
    value: Array.isArray(value) ? [...new Set(value)] : value,
  }))
}

/** Whether props of this key are several values. */
export const isList = (key: string): boolean => key.endsWith('[]')
