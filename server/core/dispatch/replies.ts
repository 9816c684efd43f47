import { MESSAGES, messageOf } from '../../../protocol/index.ts'
import type { Envelope, Message } from '../../../protocol/message.ts'
import { check } from '../../../protocol/schema.ts'
import { type Ask, type RemoteError, remoteRefusal } from '../session/asks.ts'
import type { Session } from '../session/session.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Admission } from './admission.ts'
import type { Answers, Incoming } from './answers.ts'

export interface RepliesOptions {
  readonly admission: Admission
  readonly refuse: Answers['refuse']
  /** The reply to a `session.reset` came. */
  readonly confirmReset: (session: Session) => void
}

/** What clients answer to questions of ours. */
export function createReplies({ admission, refuse, confirmReset }: RepliesOptions) {
  const { isAdmitted, refuseMalformed } = admission

  /** Takes an answer to whoever waits for it. */
  return function reply(incoming: Incoming, { type, re, data }: Envelope): void {
    const { session } = incoming
    if (re === undefined) return
    if (type === 'session.reset' && re === session.resume.resetting) return confirmReset(session)
    const ask = session.takeAsk(re)
    if (ask) return settle(incoming, ask, type, data)
    const line = messageOf(type)
    if (isAdmitted(incoming, line?.rate ?? 'request', { type }))
      refuse(incoming, new Refusal('UNKNOWN_REQUEST', `message.re: ${UNKNOWN} "${re}"`), { type })
  }

  /** What a client answers to a question of ours; whoever waits for it is always told something. */
  function settle(incoming: Incoming, ask: Ask, type: string, data: unknown): void {
    if (type === ask.type || type === 'error') {
      const line = MESSAGES[type as 'query' | 'error'] as Message
      const problem = check(type === 'error' ? line.data : (line.reply ?? line.data), data, type)
      if (!problem && type === 'error') return ask.reject(remoteRefusal(ask, data as RemoteError))
      if (!problem) return ask.resolve(data)
      ask.reject(remoteRefusal(ask, { code: 'REMOTE_ERROR', message: NO_ANSWER }))
      return refuseMalformed(incoming, new Refusal('INVALID_MESSAGE_DATA', problem), { type })
    }
    ask.reject(remoteRefusal(ask, { code: 'REMOTE_ERROR', message: NO_ANSWER }))
    const text = `message.type: expected "${ask.type}" or "error", as "re" answers that`
    refuseMalformed(incoming, new Refusal('INVALID_MESSAGE', text), { type })
  }
}

const UNKNOWN = 'this session was not asked, or is no longer,'
const NO_ANSWER = 'its client sent what is no answer'
