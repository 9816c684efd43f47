import type { Method, Route } from '../../../protocol/http.ts'
import type { Schema } from '../../../protocol/schema.ts'
import { wholeText } from '../../../protocol/whole.ts'

/** A route of our API or of another's. */
interface ServedRoute extends Omit<Route, 'doc' | 'reply'> {
  /** Without it, a handler that answers nothing is answered for with 204. */
  readonly reply?: Schema
  /** Needs no access key. */
  readonly open?: true
  /** Passes over what the schemas of its query and its body do not know. */
  readonly lenient?: true
}
export type ServedRoutes = Readonly<Record<`${Method} /${string}`, ServedRoute>>

/** A line of the table of routes, ready to be matched. */
export interface Line {
  readonly name: string
  readonly method: Method
  /** Between the slashes; a parameter begins with a colon. */
  readonly segments: readonly string[]
  readonly route: ServedRoute
}

/** A route, and what stands at its parameters. */
export interface Hit {
  readonly line: Line
  readonly params: readonly Pair[]
}

export type Pair = readonly [name: string, value: string]

/** Finds every route of a path, whatever its method. */
export function createMatching(routes: ServedRoutes): (path: string) => Hit[] {
  const lines = linesOf(routes)
  return (path) => {
    const segments = path.split('/').map(decoded)
    return lines.flatMap((line) => {
      const isSame =
        line.segments.length === segments.length &&
        line.segments.every((wanted, at) => isParameter(wanted) || wanted === segments[at])
      const params = line.segments.flatMap((wanted, at): Pair[] =>
        isParameter(wanted) ? [[wanted.slice(1), segments[at] ?? '']] : [],
      )
      return isSame && params.every(([, value]) => value !== '') ? [{ line, params }] : []
    })
  }
}

/** The methods of these routes, as the header `allow` lists them. */
export const allowed = (found: readonly Hit[]) =>
  [...new Set(found.map(({ line }) => (line.method === 'GET' ? 'GET, HEAD' : line.method)))].join(
    ', ',
  )

const linesOf = (routes: ServedRoutes): readonly Line[] =>
  Object.entries<ServedRoute>(routes).map(([name, route]) => {
    const [method = '', path = ''] = name.split(' ')
    return { name, method: method as Method, segments: path.split('/'), route }
  })

const isParameter = (segment: string) => segment.startsWith(':')

/** A segment without its percent signs; what is wrongly encoded matches nothing. */
function decoded(segment: string): string {
  try {
    return wholeText(decodeURIComponent(segment))
  } catch {
    return ''
  }
}
