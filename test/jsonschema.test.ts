import { readFileSync } from 'node:fs'
import { type AnySchemaObject, Ajv2020 as Validator } from 'ajv/dist/2020.js'
import t from 'tap'
import { defName, jsonSchema } from '../protocol/generate/jsonschema.ts'
import { TABLES } from '../protocol/generate/tables.ts'
import { generated } from '../protocol/generate.ts'
import { ROUTES, type Route } from '../protocol/http.ts'
import { FEATURES, MESSAGES } from '../protocol/index.ts'
import type { Message } from '../protocol/message.ts'
import { check, JSON_DEPTH, object, type Schema, sample } from '../protocol/schema.ts'
import { inputOf, vectors } from './support/vectors.ts'

const read = (name: string) => readFileSync(new URL(`../protocol/${name}`, import.meta.url), 'utf8')
const book = JSON.parse(read('protocol.json')) as AnySchemaObject
const messages = Object.entries<Message>(MESSAGES)
const routes = Object.entries<Route>(ROUTES)

/** Strict: a keyword that JSON Schema does not know, or that does nothing, is an error. */
function validatorOf(schema: AnySchemaObject) {
  // Properties that `required` names are listed, and types that go without `type` are a union's.
  const ajv = new Validator({ strict: true, strictRequired: false, allowUnionTypes: true })
  const annotations = Object.keys(schema).filter((name) => name.startsWith('x-'))
  for (const name of annotations) ajv.addKeyword(name)
  ajv.addSchema(schema)
  return (def: string, value: unknown): boolean => {
    const validate = ajv.getSchema(`${schema.$id}#/$defs/${def}`)
    if (!validate) throw new Error(`protocol.json has no ${def}`)
    return validate(value) as boolean
  }
}

const isValid = validatorOf(book)
/** As what comes from a newer server is read. */
const isValidLater = validatorOf(
  JSON.parse(read('protocol.json'), (key, value) =>
    key === 'additionalProperties' && value === false ? undefined : value,
  ) as AnySchemaObject,
)

t.test('protocol.json is valid JSON Schema, and what the tables say', async (t) => {
  const ajv = new Validator({ strict: false })
  t.ok(ajv.validateSchema(book), ajv.errorsText())
  t.equal(generated()['protocol/protocol.json'], read('protocol.json'))
})

/**
 * Where JSON Schema lets pass what the server refuses: it counts the code points of text, where the
 * wire counts UTF-16 code units. There are no others.
 */
const isLaxer = (value: unknown): boolean =>
  typeof value === 'string'
    ? [...value].length < value.length
    : typeof value === 'object' && value !== null && Object.values(value).some(isLaxer)

t.test('every vector of the messages is judged as the vector says', async (t) => {
  const all = vectors.messages ?? []
  const wrong: string[] = []
  const laxer = new Set<string>()
  for (const vector of all) {
    const value = inputOf(vector)
    const judge = vector.exact === false ? isValidLater : isValid
    const fits = judge(`${vector.type}:${vector.part}`, value)
    if (fits === (vector.problem === null)) continue
    if (fits && isLaxer(value)) laxer.add(vector.problem ?? '')
    else wrong.push(`${JSON.stringify(vector).slice(0, 300)} was found ${fits ? '' : 'in'}valid`)
  }

  t.ok(all.length > 2_000, `${all.length} vectors`)
  t.strictSame(wrong, [])
  t.ok(laxer.size > 0, 'the exception is one that there is')
  for (const problem of laxer) t.match(problem, /: expected text of (at most \d+|\d+ to \d+) char/)
})

t.test('JSON nests as deep as it likes, which is said among the exceptions', async (t) => {
  const deep = (levels: number): unknown => (levels === 0 ? null : [deep(levels - 1)])
  const data = { channel: 1, message: deep(JSON_DEPTH + 1) }

  t.ok(isValid('channel.send:data', data))
  t.match(check(MESSAGES['channel.send'].data, data, 'it'), /nested at most 24 deep/)
  t.match(book['x-laxer'], [/UTF-16/, /nests at most 24 deep/, /limit of bytes/])
})

t.test('every kind of value is judged as its vectors say', async (t) => {
  const all = vectors.kinds ?? []
  const kinds = Object.fromEntries(
    all.flatMap(({ name, schema }) => (schema ? [[name, { doc: '', data: schema }]] : [])),
  ) as unknown as Record<string, Message>
  const kindsBook = JSON.parse(
    jsonSchema(
      { ...TABLES, features: { kinds: { ...FEATURES.events, messages: kinds } } },
      'kinds',
    ),
  ) as AnySchemaObject
  const judge = validatorOf(kindsBook)
  const wrong = all.flatMap((vector) => {
    if (vector.schema || vector.exact === false) return []
    const value = inputOf(vector)
    const fits = judge(`${vector.name}:data`, value)
    const isRight = fits === (vector.problem === null) || (fits && isLaxer(value))
    return isRight ? [] : [`${JSON.stringify(vector)} was found ${fits ? '' : 'in'}valid`]
  })

  t.ok(Object.keys(kinds).length > 15)
  t.strictSame(wrong, [])
})

t.test('a whole message is valid where it may go, and nowhere else', async (t) => {
  for (const [type, { direction, data, reply }] of messages) {
    const message = { type, data: sample(data), ...(reply && { id: '7' }) }
    const isBoth = direction === 'both' || type === 'error'
    t.equal(isValid('to_server', message), isBoth || direction === 'to_server', `${type} up`)
    t.equal(isValid('to_client', message), isBoth || direction === 'to_client', `${type} down`)
    if (!reply) continue
    const answer = { type, re: '7', data: sample(reply) }
    t.ok(isValid(`${type}:answer`, answer), `the answer to ${type}`)
    t.ok(isValid(direction === 'to_server' ? 'to_client' : 'to_server', answer), `${type} back`)
  }
})

const PING = { type: 'ping', id: '7' }
const EMIT = { type: 'event.emit', data: { name: 'game.wave', args: [] } }

for (const [what, message, fits] of [
  ['data that is left out where nothing is needed', PING, true],
  ['data that is left out where something is', { type: 'event.emit' }, false],
  ['an id that is a number', { ...PING, id: 7 }, true],
  ['an empty id', { ...PING, id: '' }, false],
  ['an id that is too long', { ...PING, id: 'a'.repeat(65) }, false],
  ['an id that is an object', { ...PING, id: {} }, false],
  ['a field outside that nobody knows', { ...PING, unheard_of: 1 }, true],
  ['one address', { ...EMIT, to: 'all' }, true],
  ['some addresses', { ...EMIT, to: ['all', 'self'] }, true],
  ['no address', { ...EMIT, to: [] }, true],
  ['too many addresses', { ...EMIT, to: Array(65).fill('self') }, false],
  ['a room that is too long', { ...EMIT, room: 'a'.repeat(65) }, false],
  ['the article’s script', { type: 0, text: 'hello, server!' }, true],
  ['a type of nobody', { type: 'nobody.knows', data: {} }, false],
  ['no type', { data: {} }, false],
  ['an array', ['Slap', {}], false],
] as const)
  t.test(`${what}: ${fits ? 'valid' : 'invalid'}, whole`, async (t) => {
    t.equal(isValid('to_server', message), fits)
  })

t.test('every part of every route is there, and takes what its table takes', async (t) => {
  const names = new Set<string>()
  for (const [name, route] of routes)
    for (const part of ['params', 'query', 'body', 'reply'] as const) {
      const schema = route[part]
      if (!schema) continue
      const def = defName(name, part)
      names.add(def)
      const good = sample(schema)
      t.equal(check(schema, good, def), undefined, def)
      t.ok(isValid(def, good), `${def} takes its example`)
      t.notOk(isValid(def, { ...(good as object), surprise: 1 }), `${def} takes no other field`)
      t.notOk(isValid(def, 'abc'), `${def} takes no text`)
    }
  const parts = routes.flatMap(([, { params, query, body, reply }]) => [params, query, body, reply])
  t.equal(names.size, parts.filter(Boolean).length, 'no two are called the same')
})

t.test('what paths and queries hold is text or numbers, which can be read from text', async (t) => {
  const fieldsOf = (schema: Schema = object({})) =>
    schema.kind === 'object' ? Object.entries(schema.fields) : []
  for (const [name, { params, query }] of routes) {
    const inPath = [...name.matchAll(/:(\w+)/g)].map(([, parameter]) => parameter)
    t.strictSame(
      fieldsOf(params).map(([field]) => field),
      inPath,
      `the parameters of ${name}`,
    )
    for (const [field, { kind }] of [...fieldsOf(params), ...fieldsOf(query)])
      t.match(kind, /^(string|u?int\d+|float64)$/, `${name} ${field}`)
  }
})

t.test('HTTP.md shows every route, with an example that fits', async (t) => {
  const manual = read('HTTP.md')
  for (const [name, { query, body, reply }] of routes) {
    const [, section = ''] = manual.split(`\n### \`${name}\`\n`)
    const [, example = ''] = /```http\n([^`]*)\n```/.exec(section) ?? []
    const [head = '', ...rest] = example.split('\n')
    const [asked, answered] = rest.filter((line) => line.startsWith('{'))
    t.match(head, /^(GET|POST|PUT|PATCH|DELETE) \/v1\/[^:]* HTTP\/1.1$/, name)
    t.equal(head.includes('?'), query !== undefined, `${name}: its query`)
    const said = JSON.parse((body ? answered : asked) ?? '')
    t.equal(check(reply, said, name), undefined, `${name}: its reply`)
    if (body) t.equal(check(body, JSON.parse(asked ?? ''), name), undefined, `${name}: its body`)
  }
})
