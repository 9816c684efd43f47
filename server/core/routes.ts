import { type Method, ROUTES, type Route } from '../../protocol/http.ts'

/** A line of the table of routes, ready to be matched. */
export interface Line {
  readonly name: string
  readonly method: Method
  /** Between the slashes; a parameter begins with a colon. */
  readonly segments: readonly string[]
  readonly route: Route
}

/** A route, and what stands at its parameters. */
export interface Hit {
  readonly line: Line
  readonly params: readonly Pair[]
}

export type Pair = readonly [name: string, value: string]

/** Every route of a path, whatever its method. */
export function matching(path: string): Hit[] {
  const segments = path.split('/').map(decoded)
  return LINES.flatMap((line) => {
    const isSame =
      line.segments.length === segments.length &&
      line.segments.every((wanted, at) => isParameter(wanted) || wanted === segments[at])
    const params = line.segments.flatMap((wanted, at): Pair[] =>
      isParameter(wanted) ? [[wanted.slice(1), segments[at] ?? '']] : [],
    )
    return isSame && params.every(([, value]) => value !== '') ? [{ line, params }] : []
  })
}

/** The methods of these routes, as the header `allow` lists them. */
export const allowed = (found: readonly Hit[]) =>
  found.map(({ line }) => (line.method === 'GET' ? 'GET, HEAD' : line.method)).join(', ')

const LINES: readonly Line[] = Object.entries<Route>(ROUTES).map(([name, route]) => {
  const [method = '', path = ''] = name.split(' ')
  return { name, method: method as Method, segments: path.split('/'), route }
})

const isParameter = (segment: string) => segment.startsWith(':')

/** A segment without its percent signs; what is wrongly encoded matches nothing. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return ''
  }
}
