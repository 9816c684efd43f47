import type { Outgoing } from '../wire/frame.ts'

/**
 * What is made for a receiver only when it is written to: state, a snapshot, the pages of a list.
 * Nothing of it waits in a queue, so nothing is ever stale.
 */
export interface Source<R> {
  /**
   * The next of it, which is never counted; undefined when there is nothing more for now. Asked
   * again for as long as the socket takes what it makes.
   */
  make(receiver: R): Outgoing | undefined
}

/** Messages that are made one after the other, each when the socket has taken those before it. */
export const paging = (pages: Iterator<Outgoing>): Source<unknown> => ({
  make: () => {
    const { done, value } = pages.next()
    return done ? undefined : value
  },
})
