import { about, integer, optional } from './schema.ts'

/** How many a page of a list holds unless it is asked for more or fewer. */
export const DEFAULT_PAGE = 50

/** The `limit` of whatever is listed in pages. */
export const pageLimit = () =>
  about(`How many at most (${DEFAULT_PAGE}).`, optional(integer('uint32', { min: 1 })))
