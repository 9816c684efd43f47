import t from 'tap'
import type { Receiver } from '../server/core/delivery/receiver.ts'
import { Conversation } from '../server/core/session/conversation.ts'
import type { Dialect } from '../server/core/session/dialect.ts'
import { Session } from '../server/core/session/session.ts'
import { type Outgoing, payloadOf } from '../server/core/wire/frame.ts'
import { Refusal } from '../server/core/wire/refusal.ts'
import { type Heard, type House, type Listener, receiverContract } from './contracts/receiver.ts'
import { framesOf } from './support/frames.ts'

/** A contract that says what is native as it is. */
const ECHO: Dialect = {
  opened() {},
  incoming: () => [],
  outgoing: (message) => [message],
  closing: (code) => code,
}

function openSession(house: House, id: string) {
  const session = new Session(id, id, 'memory', { ...house, rates: false, onSlow() {} })
  const writes: Buffer[] = []
  session.outbox.attach({ unwritten: 0, write: (frames) => writes.push(frames) < 0 })
  return {
    receiver: session,
    heard: () => writes.flatMap(framesOf).map(heardIn),
  }
}

/** Whatever keeps a list of what it is sent, as a peer of a relay or a bot may. */
function openPlain(_: House, id: string): Listener {
  const heard: Outgoing[] = []
  const receiver: Receiver = {
    ...{ id, player: null, speaksPackets: false, activity: 0 },
    send: (message) => void heard.push(message),
    share: () => false,
    unshare() {},
    skip() {},
    due() {},
    ask: async () => {
      throw new Refusal('TARGET_LEFT', 'it answers nothing')
    },
    abandonAsks() {},
  }
  return { receiver, heard: () => heard.map(({ frame }) => heardIn(frame)) }
}

const heardIn = (frame: Buffer): Heard => JSON.parse(payloadOf(frame).toString())

receiverContract(t, 'a session', openSession)

receiverContract(t, 'a session at a compatibility endpoint', (house, id) => {
  const listener = openSession(house, id)
  new Conversation(ECHO, listener.receiver, house.limits, house.log, house.flusher)
  return listener
})

receiverContract(t, 'what is no session', openPlain)
