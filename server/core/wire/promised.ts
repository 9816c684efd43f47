/**
 * What may be a promise, as one where it is, whoever made it (a thenable); undefined where it is none.
 * It never throws: what fails while it is looked at is what the promise rejects with.
 */
export function promisedBy<T>(value: T): Promise<Awaited<T>> | undefined {
  try {
    const then = (value as { then?: unknown } | null | undefined)?.then
    return typeof then === 'function' ? Promise.resolve(value) : undefined
  } catch (error) {
    return Promise.reject(error)
  }
}
