import stringify from 'fast-json-stable-stringify'
import t from 'tap'
import { readBatch, writeBatch } from '../protocol/batch.ts'
import { Reader, Writer } from '../protocol/bytes.ts'
import { LIMITS } from '../protocol/limits.ts'
import { readDown, readUp, writeDown, writeUp } from '../protocol/relay-frame.ts'
import { PeerIds } from '../server/core/relay/peer-ids.ts'
import type { Any, RawClient } from './support/client.ts'
import { type PeerClient, peerOf, peersText, settle, sit } from './support/peers.ts'
import { claim, drop } from './support/player.ts'
import { both, until } from './support/promise.ts'
import { kindOf } from './support/stage.ts'
import { replay } from './support/vectors.ts'
import { type TestWorld, world } from './support/world.ts'

/** So many peers of one room; the first is the host. */
async function gather(w: TestWorld, names: readonly string[], data: object = {}) {
  const players: PeerClient[] = []
  for (const name of names) {
    const one = await sit(w, name, players[0]?.code)
    await one.open(players[0] ? {} : data)
    players.push(one)
  }
  return players as [PeerClient, PeerClient, PeerClient, PeerClient]
}

/** What somebody heard after the peers were there. */
const since = (one: PeerClient, before: readonly string[]) => one.heard().slice(before.length)

/* Who is a peer. */

both('the host is peer 1, others get numbers that nobody has twice', {}, async (t, w) => {
  const [ada, ben, cleo] = await gather(w, ['ada', 'ben', 'cleo'])
  const before = [ben.peer]
  for (let times = 0; times < 20; times++) {
    await ben.ask('relay.close')
    await ben.open()
    before.push(ben.peer)
  }

  t.equal(ada.peer, 1)
  const all = [...before, cleo.peer]
  t.equal(new Set(all).size, all.length)
  for (const id of all) t.ok(Number.isInteger(id) && id > 1 && id < 2 ** 31, `${id}`)
  t.strictSame(cleo.opened.peers.length, 3, 'it is told of all')
  t.match(cleo.opened.peers, [
    { peer: cleo.peer, number: 3 },
    { peer: 1, number: 1 },
    { number: 2 },
  ])
})

both('peers wait until peer 1 is there', {}, async (t, w) => {
  const ada = await sit(w, 'ada')
  const ben = await sit(w, 'ben', ada.code)

  const waiting = await ben.open()
  ben.say([1], 'too soon')
  await settle(ben)
  await ada.open()
  ben.say([1], 'hello')
  await settle(ben, ada)

  t.match(waiting.data, { peers: [], mode: 'mesh' })
  t.strictSame(ben.heard(), ['refused: RELAY_EPOCH', `epoch 1: 1, ${ben.peer}`])
  t.strictSame(ada.heard(), [`${ben.peer} says hello`])
  t.equal(peersText(ada.opened.peers), `1, ${ben.peer}`)
})

both('who comes and goes is told in its place among the bytes', {}, async (t, w) => {
  const [ada, ben] = await gather(w, ['ada', 'ben'])
  const cleo = await sit(w, 'cleo', ada.code)
  const before = ada.heard()

  await cleo.open()
  cleo.say([0], 'here')
  void cleo.ask('relay.close')
  await settle(cleo, ada, ben)

  const id = cleo.opened.peer
  t.strictSame(since(ada, before), [`${id} is there`, `${id} says here`, `${id} is gone`])
  t.strictSame(ben.heard().slice(-3), [`${id} is there`, `${id} says here`, `${id} is gone`])
})

/* Whom bytes are for. */

both('bytes reach one, some, all others, or all but one, and nobody else', {}, async (t, w) => {
  const [ada, ben, cleo, dan] = await gather(w, ['ada', 'ben', 'cleo', 'dan'])
  const all = [ada, ben, cleo, dan]
  const before = all.map((one) => one.heard())

  ada.say([ben.peer], 'to ben')
  ada.say([ben.peer, cleo.peer, ben.peer], 'to two')
  ada.say([0], 'to all')
  ada.say([-dan.peer], 'but dan')
  await settle(ada)
  ben.say([-1], 'but ada')
  ben.say([cleo.peer, 0], 'to all', { unreliable: true, isOrdered: true, channel: 200 })
  await settle(...all)

  const ben1 = ben.peer
  const heard = all.map((one, index) => since(one, before[index] ?? []))
  t.strictSame(heard[0], [`${ben1} ~says to all`])
  t.strictSame(heard[1], ['1 says to ben', '1 says to two', '1 says to all', '1 says but dan'])
  t.strictSame(
    heard[2],
    ['1 says to two', '1 says to all', '1 says but dan', `${ben1} says but ada`].concat(
      `${ben1} ~says to all`,
    ),
  )
  t.strictSame(heard[3], ['1 says to all', `${ben1} says but ada`, `${ben1} ~says to all`])
})

both('targets may each have two bytes of their own', {}, async (t, w) => {
  const [ada, ben, cleo] = await gather(w, ['ada', 'ben', 'cleo'])

  ada.say([ben.peer, cleo.peer], 'a-tail', { heads: Buffer.from('BBCC') })
  await settle(ada, ben, cleo)

  t.equal(ben.heard().at(-1), '1 says aBB-tail')
  t.equal(cleo.heard().at(-1), '1 says aCC-tail')
})

both('what others say to a newcomer waits until peer 1 has met it', {}, async (t, w) => {
  const [ada, ben] = await gather(w, ['ada', 'ben'], { meets: true })
  await ada.ask('relay.met', { peer: ben.peer })
  const cleo = await sit(w, 'cleo', ada.code)
  await cleo.open()

  ben.say([cleo.peer], 'too soon')
  ben.say([0], 'too soon', { unreliable: true })
  await settle(ben, cleo)
  const before = cleo.heard()
  ada.say([cleo.peer], 'the world')
  const refused = await ben.ask('relay.met', { peer: cleo.peer })
  await ada.ask('relay.met', { peer: cleo.peer })
  ben.say([cleo.peer], 'in time')
  await settle(ben, cleo, ada)

  t.strictSame(before, [])
  t.match(refused.data, { code: 'PERMISSION_DENIED' })
  const [, second] = [ada.peer, ben.peer]
  t.strictSame(cleo.heard(), [
    '1 says the world',
    `${second} says too soon`,
    `${second} says in time`,
  ])
  t.equal(ada.heard().at(-1), `${second} ~says too soon`, 'others hear it meanwhile')
})

both(
  'a newcomer hears first what who has gone had said, then that it has gone',
  {},
  async (t, w) => {
    const [ada, ben] = await gather(w, ['ada', 'ben'], { meets: true })
    await ada.ask('relay.met', { peer: ben.peer })
    const cleo = await sit(w, 'cleo', ada.code)
    await cleo.open()

    ben.say([cleo.peer], 'farewell')
    await ben.ask('relay.close')
    await settle(ben, cleo)
    await ada.ask('relay.met', { peer: cleo.peer })
    await settle(ada, cleo)

    const { peer } = ben.opened
    t.strictSame(cleo.heard(), [`${peer} says farewell`, `${peer} is gone`])
  },
)

both('a newcomer that peer 1 does not meet hears the others all the same', {}, async (t, w) => {
  const [ada, ben] = await gather(w, ['ada', 'ben'], { meets: true })
  await ada.ask('relay.met', { peer: ben.peer })
  const cleo = await sit(w, 'cleo', ada.code)
  await cleo.open()
  const large = Math.ceil(LIMITS.resume_bytes.value / 50_000)

  ben.say([cleo.peer], 'first')
  await settle(ben, cleo)
  const waiting = cleo.heard()
  for (let times = 0; times < large; times++) {
    ben.say([cleo.peer], Buffer.alloc(50_000))
    await settle(ben)
  }
  await settle(cleo)
  const came = cleo.heard().length
  const dan = await sit(w, 'dan', ada.code)
  await dan.open()
  ben.say([dan.peer], 'under ada')
  await settle(ben)
  await ada.ask('room.leave')
  await settle(ben, cleo)
  cleo.say([dan.peer], 'under ben')
  await settle(cleo, dan)

  t.strictSame(waiting, [])
  t.equal(came, 1 + large, 'there is too much of it')
  const ids = peersText([1, cleo.peer, dan.peer].map((peer) => ({ peer })))
  t.strictSame(dan.heard(), [`epoch 2: ${ids}`, `${cleo.peer} says under ben`], 'or another reigns')
})

both('in a star nobody but peer 1 reaches another', {}, async (t, w) => {
  const [ada, ben, cleo] = await gather(w, ['ada', 'ben', 'cleo'], { mode: 'star' })
  const before = ben.heard()

  cleo.say([ben.peer], 'past ada')
  cleo.say([0], 'to all')
  cleo.say([-1], 'to nobody')
  ada.say([0], 'from ada')
  await settle(ada, cleo)
  await cleo.ask('relay.close')
  await settle(cleo, ada, ben)

  t.equal(cleo.opened.mode, 'star')
  t.equal(peersText(cleo.opened.peers), peersText([{ peer: 1 }, { peer: cleo.peer }]))
  t.strictSame(since(ben, before), ['1 says from ada'], 'and it hears of nobody else')
  t.strictSame(ada.heard().slice(-3), [
    `${cleo.peer} is there`,
    `${cleo.peer} says to all`,
    `${cleo.peer} is gone`,
  ])
  t.strictSame(cleo.heard(), ['refused: INVALID_TARGET', '1 says from ada'])
})

/* The bytes. */

t.test('frames of a relay are as the vectors say, and what is none is refused', async (t) => {
  replay(t, 'relay', ({ reader: side, byte, head, hex, problem = null }) => {
    const bytes = Buffer.from(hex, 'hex')
    const reader = new Reader(bytes)
    const read = side === 'server' ? readUp : readDown
    if (problem !== null) return [messageOf(() => read(reader)), problem]
    const found: Any = read(reader)
    const writer = new Writer()
    if (side === 'server') writeUp(writer, byte, found)
    else writeDown(writer, byte, found)
    writer.raw(bytes.subarray(reader.at))
    const heads = found.heads && { heads: Buffer.from(found.heads).toString('hex') }
    const written = Buffer.from(writer.taken()).toString('hex')
    return [
      [stringify({ ...found, ...heads }), written],
      [stringify(head), hex],
    ]
  })
})

t.test('batches are as the vectors say, and what is none is refused', async (t) => {
  replay(t, 'batch', ({ parts, hex, problem = null }) => {
    const bytes = Buffer.from(hex, 'hex')
    if (problem !== null) return [messageOf(() => readBatch(new Reader(bytes))), problem]
    const found = readBatch(new Reader(bytes)).map(([start, end]) => bytes.subarray(start, end))
    const writer = new Writer()
    writeBatch(writer, found)
    const written = Buffer.from(writer.taken()).toString('hex')
    return [
      [found.map((frame) => frame.toString('hex')), written],
      [parts, hex],
    ]
  })
})

both(
  'what a game says in one message arrives as if it had said each by itself',
  {},
  async (t, w) => {
    const [ada, ben, cleo] = await gather(w, ['ada', 'ben', 'cleo'])
    const before = [ada, cleo].map((one) => one.heard().length)

    ben.together(() => {
      ben.say([1], 'one')
      ben.say([0], 'moved', { unreliable: true })
      ben.say([cleo.peer], 'two')
      ben.say([1, 1_234], 'nobody')
      ben.say([1], 'three')
    })
    await settle(ben, ada, cleo)
    await drop(w, ben)
    const back = await claim(w, ben.welcome.token, ben.counts())

    const [earlier, counted] = [2, 4]
    const says = (text: string) => `${ben.peer} says ${text}`
    const moved = `${ben.peer} ~says moved`
    t.strictSame(ada.heard().slice(before[0]), [says('one'), moved, says('three')])
    t.strictSame(cleo.heard().slice(before[1]), [moved, says('two')])
    t.ok(ben.heard().includes('refused: INVALID_TARGET'))
    t.match(back.reply, { resumed: true, received: earlier + counted }, 'each was counted')
  },
)

both(
  'each of what is said in one message is charged',
  { rates: { relay: { per_second: 1, burst: 3 } } },
  async (t, w) => {
    const [ada, ben] = await gather(w, ['ada', 'ben'])
    const before = ada.heard()

    ben.together(() => {
      for (const text of ['1', '2', '3', '4', '5']) ben.say([0], text)
    })
    await settle(ben, ada)

    const heard = ['1', '2', '3'].map((text) => `${ben.peer} says ${text}`)
    t.strictSame(since(ada, before), heard)
    const refused = ben.heard().filter((one) => one.startsWith('refused'))
    t.strictSame(refused, ['refused: RATE_LIMITED', 'refused: RATE_LIMITED'])
  },
)

both('nothing is read of a batch that holds what is no frame', {}, async (t, w) => {
  const [ada, ben] = await gather(w, ['ada', 'ben'])
  const before = ada.heard()
  const whole = Buffer.from('09d000010101000000aa', 'hex')
  const json = Buffer.from('{"type":"ping"}')

  for (const rest of [Buffer.from([0]), Buffer.from([1, 0x80]), Buffer.of(json.length, ...json)])
    ben.sendBytes(Buffer.concat([Buffer.from([0x80]), whole, rest]))
  await settle(ben, ada)

  t.strictSame(since(ada, before), [])
  t.strictSame(
    ben.heard().filter((one) => one.startsWith('refused')),
    Array(3).fill('refused: INVALID_MESSAGE_DATA'),
  )
})

function messageOf(run: () => unknown): string {
  try {
    return String(run())
  } catch (error) {
    return (error as Error).message
  }
}

t.test('the numbers of peers never repeat, and it is known who had one', async (t) => {
  const ids = new PeerIds(2 ** 31 - 5)
  const all = Array.from({ length: 2_000 }, () => ids.next())
  const unknown = new PeerIds(2 ** 30).next()

  t.equal(new Set(all).size, all.length)
  t.ok(all.every((id) => id > 1 && id < 2 ** 31 && ids.has(id)))
  t.ok(ids.has(1))
  t.notOk(ids.has(unknown))
})

/* What is refused. */

both(
  'forged, foreign, malformed and too large bytes are refused, and no neighbour notices',
  {},
  async (t, w) => {
    const [ada, ben] = await gather(w, ['ada', 'ben'])
    const [eve] = await gather(w, ['eve'])
    const outside = await sit(w, 'outside', ada.code)
    const before = [ada, ben].map((one) => one.heard().length)

    eve.say([ben.peer], 'into another room')
    eve.say([1], 'to itself')
    outside.sendBytes(Buffer.from([0xd0, 0, 1, 1, 1, 0, 0, 0, 1]))
    eve.sendBytes(Buffer.from([0xd0, 0, 1, 0]))
    eve.sendBytes(Buffer.from([0xd8, 0, 1, 1, 1, 0, 0, 0, 1]))
    eve.sendBytes(Buffer.from([0xd2, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1]))
    eve.sendBytes(Buffer.from([0xa0, 0, 1, 1, 0, 0, 0, 0]))
    eve.say([0], new Uint8Array(60_000))
    await settle(eve, outside, ada, ben)

    const codes = (one: RawClient) =>
      one.seen.filter(({ type }) => type === 'error').map(({ data }) => data.code)
    t.strictSame(codes(outside), ['NOT_A_PEER'])
    t.strictSame(codes(eve), [
      ...['INVALID_TARGET', 'INVALID_TARGET'],
      ...['INVALID_MESSAGE_DATA', 'INVALID_MESSAGE_DATA', 'INVALID_MESSAGE_DATA'],
      ...['INVALID_MESSAGE_DATA', 'TOO_LARGE'],
    ])
    t.match(
      eve.seen.filter(({ type }) => type === 'error').map(({ data }) => data.message),
      [
        /mesh/,
        /mesh/,
        /relay_reliable: expected 1 to 64 targets, got 0/,
        /flags/,
        /expected a peer/,
        /expected a packet/,
        /60000/,
      ],
    )
    t.strictSame(
      [ada, ben].map((one) => one.heard().length),
      before,
    )
  },
)

both(
  'relay: bytes that are too fast are refused, and their sender closed in the end',
  { rates: { relay: { per_second: 1, burst: 3 }, refused: { per_second: 1, burst: 2 } } },
  async (t, w) => {
    const [ada, ben] = await gather(w, ['ada', 'ben'])

    for (let count = 0; count < 5; count++) ben.say([0], `${count}`, { unreliable: true })
    await settle(ben, ada)
    ben.say([0], 'once more')
    const { code } = await ben.closed

    t.strictSame(
      ada.heard().slice(1, 4),
      ['0', '1', '2'].map((text) => `${ben.peer} ~says ${text}`),
    )
    t.match(ben.seen.at(-1), { type: 'error' })
    t.equal(code, 4101)
  },
)

both('bytes for who has gone are for nobody, and no mistake', {}, async (t, w) => {
  const [ada, ben, cleo] = await gather(w, ['ada', 'ben', 'cleo'])
  const gone = cleo.peer
  await cleo.ask('relay.close')

  ada.say([gone, ben.peer], 'to both')
  await settle(ada, ben)

  t.equal(ben.heard().at(-1), '1 says to both')
  t.notOk(ada.heard().some((text) => text.startsWith('refused')))
})

both('a relay is of one engine and of one mode, as its peer 1 says', {}, async (t, w) => {
  const ada = await sit(w, 'ada')
  const [ben, cleo, dan] = [
    await sit(w, 'ben', ada.code),
    await sit(w, 'cleo', ada.code),
    await sit(w, 'dan', ada.code),
  ]
  await ben.open({ engine: 3 })
  await cleo.open({ mode: 'star' })
  await dan.open({ mode: 'mesh' })
  const [benId, cleoId] = [ben.opened.peer, cleo.opened.peer]

  await ada.open()
  const again = [await ben.open({ engine: 3 }), await cleo.open({ mode: 'star' })]
  await settle(ben, cleo, dan)

  t.strictSame(ben.heard(), [`${benId} is gone: RELAY_ENGINE`])
  t.strictSame(cleo.heard(), [`${cleoId} is gone: RELAY_MODE`])
  t.strictSame(dan.heard(), [`epoch 1: 1, ${dan.peer}`])
  t.strictSame(
    again.map(({ data }) => data.code),
    ['RELAY_ENGINE', 'RELAY_MODE'],
  )
  t.match(again[0]?.data.message, /a mesh of Godot 4/)
})

both('a session is a peer once, and of one room', {}, async (t, w) => {
  const [ada] = await gather(w, ['ada'])
  const { data } = await ada.ask('room.create', { kind: 'open' })
  const here = { room: ada.code }
  const there = { room: data.room.code }

  const again = await ada.ask('relay.open', { engine: 4 }, here)
  const other = await ada.ask('relay.open', { engine: 4 }, there)
  const elsewhere = await ada.ask('relay.close', {}, there)
  const closed = await ada.ask('relay.close', {}, here)
  const opened = await ada.ask('relay.open', { engine: 4 }, there)

  t.match([again, other], Array(2).fill({ data: { code: 'ALREADY_A_PEER', cause: here } }))
  t.match(elsewhere, { data: { code: 'NOT_A_PEER' } })
  t.match([closed, opened], [{ type: 'relay.close' }, { data: { peer: 1 } }])
})

both('peer 1 may disconnect a peer and refuse new ones, and nobody else may', {}, async (t, w) => {
  const [ada, ben, cleo] = await gather(w, ['ada', 'ben', 'cleo'])
  const [benId, cleoId] = [ben.peer, cleo.peer]

  const forbidden = [
    await ben.ask('relay.close', { peer: cleoId }),
    await ben.ask('relay.refuse', { refuse: true }),
    await ben.ask('relay.hand_over', { data: '', more: false }),
  ]
  await ada.ask('relay.close', { peer: cleoId })
  await ada.ask('relay.refuse', { refuse: true })
  const refused = await cleo.open()
  await ada.ask('relay.refuse', { refuse: false })
  const taken = await cleo.open()
  await settle(ada, ben, cleo)

  t.strictSame(
    forbidden.map(({ data }) => data.code),
    Array(3).fill('PERMISSION_DENIED'),
  )
  t.strictSame(cleo.heard().slice(-1), [`${cleoId} is gone`])
  t.strictSame(ben.heard().slice(-2), [`${cleoId} is gone`, `${cleo.peer} is there`])
  t.equal(refused.data.code, 'RELAY_REFUSED')
  t.ok(taken.data.peer > 1 && ![benId, cleoId].includes(taken.data.peer))
})

both(
  'a member who may not emit is no peer',
  { kinds: [kindOf('quiet', { permissions: { emit: 'assistant' } })] },
  async (t, w) => {
    const [ada, ben] = [await w.raw(), await w.raw()]
    const { data } = await ada.ask('room.create', { kind: 'quiet' })
    await ben.ask('room.join', { code: data.room.code })

    t.match(await ada.ask('relay.open', { engine: 4 }), { data: { peer: 1 } })
    t.match(await ben.ask('relay.open', { engine: 4 }), { data: { code: 'PERMISSION_DENIED' } })
  },
)

both(
  'relay_peers: a relay of one room has 64 peers, or as many as its operator says',
  { limits: { relay_peers: 2 } },
  async (t, w) => {
    const [ada] = await gather(w, ['ada', 'ben'])
    const cleo = await sit(w, 'cleo', ada.code)

    t.equal((await cleo.open()).data.code, 'RELAY_FULL')
    t.equal(LIMITS.relay_peers.value, 64)
  },
)

/* Drops. */

both(
  'a peer who drops is still there, and misses and repeats nothing reliable',
  {},
  async (t, w) => {
    const [ada, ben] = await gather(w, ['ada', 'ben'])
    ben.say([1], 'before')
    await settle(ben, ada)
    const { sent, received } = ben.counts()

    await drop(w, ben)
    ada.say([0], 'one')
    ada.say([0], 'lost', { unreliable: true })
    ada.say([0], 'two')
    await settle(ada)
    const back = await claim(w, ben.welcome.token, { sent, received })
    const again = peerOf(back, ben, ben.opened)
    await back.settled()
    again.say([1], 'after', { epoch: ben.opened.epoch })
    await settle(back, ada)

    t.match(back.reply, { resumed: true })
    t.strictSame(again.heard(), ['1 says one', '1 says two'])
    t.strictSame(
      ada.heard().slice(1),
      ['before', 'after'].map((text) => `${ben.opened.peer} says ${text}`),
    )
  },
)

both(
  'a peer who stays away too long is gone, and so is one whose counts began anew',
  {},
  async (t, w) => {
    const [ada, ben, cleo] = await gather(w, ['ada', 'ben', 'cleo'])
    const [benId, cleoId] = [ben.peer, cleo.peer]

    const { sent, received } = cleo.counts()
    await drop(w, cleo)
    const back = await claim(w, cleo.welcome.token, { sent, received: received + 1_000 })
    await back.next('session.snapshot')
    await drop(w, ben)
    w.clock.advance(30_001)
    await settle(ada)
    const again = peerOf(back, cleo)
    await again.open()

    t.match(back.reply, { resumed: false, kept: true, reason: 'DESYNC' })
    t.strictSame(ada.heard().slice(2, 4), [`${cleoId} is gone`, `${benId} is gone`])
    t.not(again.peer, cleoId)
    t.equal(peersText(again.opened.peers), `1, ${again.peer}`)
  },
)

both(
  'a seat that is taken over takes its peer along, and the next opens its own',
  {},
  async (t, w) => {
    const [ada, ben] = await gather(w, ['ada', 'ben'])
    const key = await identified(ben)
    const id = ben.peer

    const raw = await w.raw()
    await raw.ask('player.identify', { guest_key: key })
    const { data } = await raw.ask('room.join', { code: ada.code })
    const next = peerOf(raw, { name: 'ben', code: ada.code, number: data.you })
    ben.say([1], 'from before')
    await next.open()
    await settle(ben, next, ada)

    t.equal(data.you, ben.number)
    t.strictSame(ada.heard().slice(1), [`${id} is gone`, `${next.peer} is there`])
    t.equal(ben.heard().at(-1), 'refused: NOT_A_PEER')
  },
)

const identified = async (one: RawClient): Promise<string> =>
  (await one.ask('player.identify')).data.guest_key

/* Epochs. */

both(
  'another host begins an epoch: it is peer 1 with what was handed over, the others keep their numbers',
  {},
  async (t, w) => {
    const [ada, ben, cleo] = await gather(w, ['ada', 'ben', 'cleo'])
    const [benId, cleoId] = [ben.peer, cleo.peer]
    await ada.ask('relay.hand_over', { data: base64('old'), more: false })
    await ada.ask('relay.hand_over', { data: base64('the '), more: true })
    await ada.ask('relay.hand_over', { data: base64('coins'), more: false })
    await ada.ask('relay.hand_over', { data: base64('half of'), more: true })

    ada.say([0], 'farewell')
    await ada.settled()
    ada.close()
    const epoch = await cleo.next('relay.epoch')
    cleo.say([benId], 'late', { epoch: 1 })
    cleo.say([1], 'in time')
    await settle(cleo, ben)

    t.match(epoch.data, { epoch: 2, mode: 'mesh', ids: [[benId, 1]], handover: 9 })
    t.equal(ben.peer, 1)
    t.strictSame(cleo.heard().slice(-3), [
      '1 says farewell',
      `epoch 2: 1, ${cleoId}`,
      'refused: RELAY_EPOCH',
    ])
    t.strictSame(ben.heard().slice(-3), [
      '1 says farewell',
      `epoch 2: 1, ${cleoId}`,
      `${cleoId} says in time`,
    ])
    const handed = ben.seen.filter(({ type }) => type === 'relay.handed_over')
    t.match(handed, [{ room: ada.code, data: { data: base64('the coins'), more: false } }])
    t.notOk(cleo.seen.some(({ type }) => type === 'relay.handed_over'))
  },
)

both('a host who is away too long has another number when it is back', {}, async (t, w) => {
  const [ada, ben, cleo] = await gather(w, ['ada', 'ben', 'cleo'])
  const { sent, received } = ada.counts()

  await drop(w, ada)
  w.clock.advance(5_001)
  await settle(ben, cleo)
  const back = await claim(w, ada.welcome.token, { sent, received })
  const again = peerOf(back, ada, ada.opened)
  await back.settled()
  again.say([1], 'back')
  await settle(again, ben, cleo)

  t.equal(ben.peer, 1)
  t.ok(again.peer > 1)
  const text = `epoch 2: ${peersText([ben, again, cleo])}`
  for (const one of [again, ben, cleo]) t.ok(one.heard().includes(text), text)
  t.equal(ben.heard().at(-1), `${again.peer} says back`)
})

both(
  'a host who closes its peer, or reloads, leaves the others waiting until it opens again',
  {},
  async (t, w) => {
    const [ada, ben] = await gather(w, ['ada', 'ben'])
    await ada.ask('relay.hand_over', { data: base64('coins'), more: false })
    const id = ben.peer

    await ada.ask('relay.close')
    ben.say([1], 'to nobody')
    await settle(ben)
    const { data } = await ada.open()
    ben.say([1], 'hello')
    await settle(ben, ada)

    t.strictSame(ben.heard(), ['epoch 2: ', 'refused: RELAY_EPOCH', `epoch 2: 1, ${id}`])
    t.match(data, { peer: 1, epoch: 2, handover: 5 })
    t.match(ada.seen.find(({ type }) => type === 'relay.handed_over')?.data, {
      data: base64('coins'),
    })
    t.equal(ada.heard().at(-1), `${id} says hello`)
  },
)

both('a host without a peer leaves those of the one before waiting', {}, async (t, w) => {
  const ada = await sit(w, 'ada')
  const ben = await sit(w, 'ben', ada.code)
  const cleo = await sit(w, 'cleo', ada.code)
  await ada.open()
  await cleo.open()

  await ada.ask('room.leave')
  await settle(cleo)
  await ben.open()
  await settle(cleo)

  t.equal(ben.peer, 1)
  t.strictSame(cleo.heard(), ['epoch 2: ', `epoch 2: 1, ${cleo.peer}`])
})

both(
  'handover_bytes: what is handed over may have 65,536 bytes, and comes in parts that fit',
  {},
  async (t, w) => {
    const [ada, ben] = await gather(w, ['ada', 'ben'])
    const whole = Buffer.alloc(65_536, 'estragon')
    const parts = [whole.subarray(0, 40_000), whole.subarray(40_000)]

    for (const part of parts)
      await ada.ask('relay.hand_over', { data: part.toString('base64'), more: part === parts[0] })
    await ada.ask('relay.hand_over', { data: whole.toString('base64', 0, 40_000), more: true })
    const large = await ada.ask('relay.hand_over', {
      data: whole.toString('base64', 0, 40_000),
      more: false,
    })
    ada.close()
    await until(() => ben.seen.at(-1)?.data.more === false, 'the last part')

    const handed = ben.seen.filter(({ type }) => type === 'relay.handed_over')
    t.equal(large.data.code, 'TOO_LARGE')
    t.ok(handed.length > 1)
    const bytes = handed.map(({ data }: Any) => Buffer.from(data.data, 'base64'))
    t.ok(Buffer.concat(bytes).equals(whole))
  },
)

const base64 = (text: string) => Buffer.from(text).toString('base64')

/* Slowness. */

t.test(
  'unreliable bytes are dropped for who reads slowly, and reliable ones are not',
  async (t) => {
    const w = await world(t, { limits: { soft_bytes: 4_096 }, rates: false })
    const [ada, ben, cleo] = await gather(w, ['ada', 'ben', 'cleo'])
    const stalled = w.sockets[1]
    if (!stalled) throw new Error('expected ben’s socket')
    const before = [ben, cleo].map((one) => one.heard().length)

    stalled.stalled = true
    for (let count = 0; count < 40; count++) {
      ada.say([0], `${count}`.padEnd(500), { unreliable: true })
      if (count % 10 === 0) ada.say([0], `${count}`)
      await settle(ada, cleo)
    }
    stalled.stalled = false
    await settle(ben, cleo)

    const heard = [ben, cleo].map((one, index) => one.heard().slice(before[index]))
    const reliable = (texts: readonly string[] = []) =>
      texts.filter((text) => text.includes(' says'))
    t.strictSame(reliable(heard[0]), reliable(heard[1]))
    t.equal(reliable(heard[0]).length, 4)
    t.equal(heard[1]?.length, 44)
    t.ok((heard[0]?.length ?? 44) < 20, `${heard[0]?.length}`)
  },
)
