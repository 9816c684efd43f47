import { source } from './values.ts'

/** The outside of messages: what `readEnvelope` makes of a frame, or finds wrong with it. */
export const ENVELOPES: readonly (
  | { readonly frame: unknown; readonly envelope: object }
  | { readonly frame: unknown; readonly problem: string }
)[] = [
  { frame: { type: 'ping' }, envelope: { type: 'ping', data: {} } },
  { frame: { type: 'ping', data: null }, envelope: { type: 'ping', data: null } },
  { frame: { type: 'ping', id: '7' }, envelope: { type: 'ping', data: {}, id: '7' } },
  { frame: { type: 'ping', id: 7 }, envelope: { type: 'ping', data: {}, id: 7 } },
  {
    frame: source('{"type":"ping","id":7.0}'),
    envelope: { type: 'ping', data: {}, id: 7 },
  },
  { frame: { type: 'ping', id: -0.5 }, envelope: { type: 'ping', data: {}, id: -0.5 } },
  { frame: { type: 'ping', re: 's1' }, envelope: { type: 'ping', data: {}, re: 's1' } },
  {
    frame: { type: 'a', to: 'others', room: 'K7QF2M' },
    envelope: { type: 'a', data: {}, to: ['others'], room: 'K7QF2M' },
  },
  {
    frame: { type: 'a', to: [] },
    envelope: { type: 'a', data: {}, to: [] },
  },
  {
    frame: { type: 'a', to: ['self', 'host'] },
    envelope: { type: 'a', data: {}, to: ['self', 'host'] },
  },
  {
    frame: { type: 'a', to: Array(64).fill('self') },
    envelope: { type: 'a', data: {}, to: Array(64).fill('self') },
  },
  { frame: { type: 'a', unheard_of: 1 }, envelope: { type: 'a', data: {} } },
  {
    frame: { type: 'a'.repeat(64), id: 'b'.repeat(64), room: 'c'.repeat(64), to: 'd'.repeat(128) },
    envelope: {
      type: 'a'.repeat(64),
      id: 'b'.repeat(64),
      room: 'c'.repeat(64),
      to: ['d'.repeat(128)],
      data: {},
    },
  },
  ...[null, 3, 'ping', true, [], ['Slap', {}]].map((frame) => ({
    frame,
    problem: 'message: expected an object with a "type"',
  })),
  ...[{}, { type: null }, { type: '' }, { type: 0 }, { type: 'a'.repeat(65) }].map((frame) => ({
    frame,
    problem: 'message.type: expected text of 1 to 64 characters',
  })),
  ...['id', 're'].flatMap((key) =>
    [null, '', true, {}, ['7'], 'b'.repeat(65), source('1e999')].map((id) => ({
      frame: { type: 'a', [key]: id },
      problem: `message.${key}: expected text of 1 to 64 characters or a finite number`,
    })),
  ),
  ...[null, '', 3, ['K7QF2M'], 'c'.repeat(65)].map((room) => ({
    frame: { type: 'a', room },
    problem: 'message.room: expected a room code',
  })),
  ...[null, '', 3, [''], ['self', 3], {}, 'd'.repeat(129), Array(65).fill('self')].map((to) => ({
    frame: { type: 'a', to },
    problem: 'message.to: expected an address or an array of at most 64 addresses',
  })),
]

/** Whether a frame that is JSON adds to the count. */
export const COUNTED_FRAMES: readonly { readonly frame: unknown; readonly counted: boolean }[] = [
  ...[null, 3, 'text', true, [], ['Slap', {}], {}, { type: null }, { type: ['ping'] }].map(
    (frame) => ({ frame, counted: true }),
  ),
  { frame: { type: 0, text: 'hello' }, counted: false },
  { frame: source('{"type":1.0}'), counted: false },
  { frame: { type: 'no.such_message' }, counted: true },
  { frame: { type: 'toString' }, counted: true },
  { frame: { type: '__proto__' }, counted: true },
  { frame: { type: 'ping', id: {} }, counted: false },
  { frame: { type: 'event.emit', re: null }, counted: true },
  { frame: { type: 'error' }, counted: true },
  { frame: { type: 'error', data: null }, counted: true },
  { frame: { type: 'error', data: { code: 'INVALID_MESSAGE' } }, counted: true },
  { frame: { type: 'error', data: { request: 3 } }, counted: true },
  { frame: { type: 'error', data: { request: 'no.such_message' } }, counted: true },
  { frame: { type: 'error', data: { request: 'error' } }, counted: true },
  { frame: { type: 'error', data: { request: 'ping' } }, counted: false },
]

/** What is written of text that the JSON `source` says. */
export const TEXTS: readonly { readonly source: string; readonly text: string }[] = [
  { source: '"plain"', text: '"plain"' },
  { source: '"\\ud83d\\ude42"', text: '"🙂"' },
  { source: '"\\ud83d"', text: '"\ufffd"' },
  { source: '"\\ude42"', text: '"\ufffd"' },
  { source: '"\\ude42\\ud83d"', text: '"\ufffd\ufffd"' },
  { source: '"\\ud83d\\ud83d\\ude42"', text: '"\ufffd🙂"' },
  { source: '"\\\\ud83d"', text: '"\\\\ud83d"' },
  { source: '"\\\\\\ud83d"', text: '"\\\\\ufffd"' },
  { source: '"\\\\\\\\ud83d"', text: '"\\\\\\\\ud83d"' },
  { source: '"\\n\\ud83d\\""', text: '"\\n\ufffd\\""' },
  { source: '"\\u0000"', text: '"\ufffd"' },
  { source: '"a\\u0000b\\u001f"', text: '"a\ufffdb\\u001f"' },
  { source: '"\\\\u0000"', text: '"\\\\u0000"' },
  { source: '{"\\udfff":["\\ud800"]}', text: '{"\ufffd":["\ufffd"]}' },
]

/** What is done to a ledger, and how many frames it then has sent, forgotten and still holds. */
type LedgerStep =
  | readonly ['push', bytes: number, sent: number, forgotten: number, held: number]
  | readonly ['acknowledge', count: number, sent: number, forgotten: number, held: number]
  | readonly ['reset', nothing: 0, sent: number, forgotten: number, held: number]
  | readonly ['after', count: number, frames: readonly number[]]
  | readonly ['covers', count: number, answer: boolean]
  | readonly ['is_full', bytes: number, answer: boolean]

export const LEDGERS: readonly {
  readonly name: string
  readonly bytes: number
  readonly frames: number
  readonly steps: readonly LedgerStep[]
}[] = [
  {
    name: 'frames are numbered from 1 and kept until they are acknowledged',
    bytes: 100,
    frames: 10,
    steps: [
      ['after', 0, []],
      ['covers', 0, true],
      ['covers', 1, false],
      ['push', 10, 1, 0, 1],
      ['push', 20, 2, 0, 2],
      ['push', 30, 3, 0, 3],
      ['after', 0, [1, 2, 3]],
      ['after', 2, [3]],
      ['acknowledge', 2, 3, 2, 1],
      ['covers', 1, false],
      ['covers', 2, true],
      ['covers', 3, true],
      ['covers', 4, false],
      ['after', 2, [3]],
      ['after', 3, []],
      ['acknowledge', 3, 3, 3, 0],
      ['push', 10, 4, 3, 1],
      ['after', 3, [4]],
    ],
  },
  {
    name: 'an old count, and one beyond what was sent, change nothing',
    bytes: 100,
    frames: 10,
    steps: [
      ['push', 10, 1, 0, 1],
      ['push', 10, 2, 0, 2],
      ['acknowledge', 3, 2, 0, 2],
      ['acknowledge', 1, 2, 1, 1],
      ['acknowledge', 0, 2, 1, 1],
      ['acknowledge', 1, 2, 1, 1],
    ],
  },
  {
    name: 'one frame too many pushes out the oldest',
    bytes: 100,
    frames: 2,
    steps: [
      ['push', 1, 1, 0, 1],
      ['is_full', 1, false],
      ['push', 1, 2, 0, 2],
      ['is_full', 1, true],
      ['push', 1, 3, 1, 2],
      ['covers', 0, false],
      ['after', 1, [2, 3]],
      ['after', 0, [2, 3]],
    ],
  },
  {
    name: 'bytes over the budget push out the oldest, as many as it takes',
    bytes: 100,
    frames: 10,
    steps: [
      ['push', 40, 1, 0, 1],
      ['push', 60, 2, 0, 2],
      ['is_full', 0, false],
      ['is_full', 1, true],
      ['push', 1, 3, 1, 2],
      ['push', 39, 4, 1, 3],
      ['push', 90, 5, 4, 1],
      ['acknowledge', 5, 5, 5, 0],
      ['is_full', 100, false],
      ['is_full', 101, true],
    ],
  },
  {
    name: 'a frame larger than the whole budget is counted and not held',
    bytes: 100,
    frames: 10,
    steps: [
      ['push', 10, 1, 0, 1],
      ['push', 101, 2, 2, 0],
      ['covers', 1, false],
      ['covers', 2, true],
      ['push', 100, 3, 2, 1],
      ['after', 2, [3]],
    ],
  },
  {
    name: 'a reset begins again at 0',
    bytes: 100,
    frames: 10,
    steps: [
      ['push', 60, 1, 0, 1],
      ['push', 40, 2, 0, 2],
      ['acknowledge', 1, 2, 1, 1],
      ['reset', 0, 0, 0, 0],
      ['covers', 0, true],
      ['covers', 1, false],
      ['push', 100, 1, 0, 1],
      ['after', 0, [1]],
    ],
  },
]
