import {
  TALO_ABSENT,
  TALO_CALLS,
  TALO_PUSHES,
  TALO_REQUESTS,
  TALO_VERSIONS,
  type TaloVersion,
} from '../talo.ts'
import { code, table } from './markdown.ts'

/** The lists of Talo's calls and frames, by the names that the guide has for them. */
export const taloTables = (): Readonly<Record<string, string>> => ({
  'talo.versions': TALO_VERSIONS.join(', '),
  'talo.calls': table(
    ['the plugin asks', 'by', 'in', 'scope', 'and is told'],
    entriesOf<Line & { told: string; scope?: string }>(TALO_CALLS).map(([name, call]) => [
      code(name),
      call.by,
      versionsOf(call),
      call.scope ? code(call.scope) : '',
      call.told,
    ]),
  ).trimEnd(),
  'talo.absent': table(
    ['the plugin asks', 'by', 'in'],
    entriesOf<Line>(TALO_ABSENT).map(([name, call]) => [code(name), call.by, versionsOf(call)]),
  ).trimEnd(),
  'talo.requests': table(
    ['the plugin says', 'in', 'and hears'],
    entriesOf<{ since?: TaloVersion; told?: string }>(TALO_REQUESTS).map(([name, one]) => [
      code(name),
      versionsOf(one),
      one.told ?? '`v1.error`, as it is not offered',
    ]),
  ).trimEnd(),
  'talo.pushes': table(
    ['the plugin listens for', 'in', 'which comes when'],
    entriesOf<{ since?: TaloVersion; when?: string }>(TALO_PUSHES).map(([name, one]) => [
      code(name),
      versionsOf(one),
      one.when ?? 'never',
    ]),
  ).trimEnd(),
})

interface Span {
  readonly since?: TaloVersion
  readonly until?: TaloVersion
}

interface Line extends Span {
  readonly by: string
}

const entriesOf = <T>(lines: Readonly<Record<string, T>>) => Object.entries<T>(lines)

const versionsOf = ({ since, until }: Span): string => {
  if (since) return `${since} and later`
  return until ? `up to ${until}` : 'all'
}
