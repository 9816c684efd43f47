import type { Schema } from './schema.ts'

/** The same value as JSON has it, where bytes are base64: for clients without the schema. */
export interface Twin {
  toJson(value: unknown): unknown
  /** Of a value that was checked. */
  fromJson(value: unknown): unknown
}

/** The twin of a schema's values; undefined where JSON has them as they are. */
export function twinOf(schema: Schema): Twin | undefined {
  switch (schema.kind) {
    case 'buffer':
      return BYTES
    case 'array':
      return itemTwin([], twinOf(schema.of))
    case 'tuple':
      return itemTwin(schema.of.map(twinOf), schema.rest && twinOf(schema.rest))
    case 'object':
      return fieldTwin(Object.entries(schema.fields).map(([name, field]) => [name, twinOf(field)]))
    default:
      return undefined
  }
}

const BYTES: Twin = {
  toJson: (value) => base64(value as Uint8Array),
  fromJson: (value) => Uint8Array.from(atob(value as string), (one) => one.charCodeAt(0)),
}

const PIECE = 4_096

function base64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += PIECE)
    text += String.fromCharCode(...bytes.subarray(at, at + PIECE))
  return btoa(text)
}

function itemTwin(first: readonly (Twin | undefined)[], rest: Twin | undefined): Twin | undefined {
  if (!rest && first.every((one) => !one)) return undefined
  const map = (value: unknown, way: keyof Twin) =>
    (value as unknown[]).map((item, index) => {
      const twin = index < first.length ? first[index] : rest
      return twin ? twin[way](item) : item
    })
  return {
    toJson: (value) => map(value, 'toJson'),
    fromJson: (value) => map(value, 'fromJson'),
  }
}

function fieldTwin(all: readonly (readonly [string, Twin | undefined])[]): Twin | undefined {
  const fields = all.flatMap(([name, twin]) => (twin ? [[name, twin] as const] : []))
  if (fields.length === 0) return undefined
  const map = (value: unknown, way: keyof Twin) => {
    const known = value as Record<string, unknown>
    const changed = fields.map(([name, twin]) => [name, twin[way](known[name])])
    return { ...known, ...Object.fromEntries(changed) }
  }
  return {
    toJson: (value) => map(value, 'toJson'),
    fromJson: (value) => map(value, 'fromJson'),
  }
}
