import type { RateClass } from '../../../protocol/limits.ts'
import type { Admission } from './admission.ts'
import type { Answers, Incoming } from './answers.ts'

/** What came in bytes and is no message of the tables: what is done with it, and what it costs. */
export class Carried {
  /** The name of its binary kind, which a refusal tells. */
  readonly type: string
  readonly rate: RateClass
  readonly deed: () => void

  constructor(type: string, rate: RateClass, deed: () => void) {
    this.type = type
    this.rate = rate
    this.deed = deed
  }
}

interface CarryingOptions {
  readonly admission: Admission
  readonly refuse: Answers['refuse']
}

/** Does what came in bytes, in its place among what its sender says. */
export function createCarrying({ admission, refuse }: CarryingOptions) {
  return (incoming: Incoming, { type, rate, deed }: Carried): void => {
    const { session, bytes } = incoming
    if (!admission.isAdmitted(incoming, rate, { type })) return
    const run = () => {
      try {
        deed()
      } catch (error) {
        refuse(incoming, error, { type })
      }
    }
    if (session.hold.isOn) session.hold.add(run, bytes)
    else run()
  }
}
