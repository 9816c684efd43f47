import { about, array, integer, optional, type Schema } from './schema.ts'

/** How many a page of a list holds unless it is asked for more or fewer. */
export const DEFAULT_PAGE = 50

/** The `limit` of whatever is listed in pages. */
export const pageLimit = () =>
  about(`How many at most (${DEFAULT_PAGE}).`, optional(integer('uint32', { min: 1 })))

/** Of what is listed in pages, what its reader cannot take. */
export const tooLarge = <T>(place: Schema<T>, what: string) =>
  about(
    `Of what does not fit \`receive_bytes\` even in a page of its own (TOO_LARGE), ${what}; left out where all does.`,
    optional(array(place)),
  )
