import { LAG, type LagOptions } from '../protocol/lag.ts'
import {
  boundsOf,
  LEAST_PER_SECOND,
  LIMITS,
  type LimitName,
  RATES,
  type RateClass,
} from '../protocol/limits.ts'
import type { PacketSet } from '../protocol/packet.ts'
import { bool, float64, integer, text } from '../protocol/schema.ts'
import type { PacketContext } from './core/room/packets-sending.ts'
import { EXPECTED_HASH, hashIn } from './core/store/bcrypt.ts'
import { type Kind, type Option, one, option, preset, shaped, whole } from './option.ts'
import { type Certificate, problemOfCertificate } from './transport/certificate.ts'
import { EXPECTED_HOST, isHost } from './transport/host.ts'
import { EXPECTED_ORIGINS, isOrigin } from './transport/origins.ts'

/* What the options of a server may be, in words and as checks. */

export const flag = shaped(bool())
export const words = shaped(text({ min: 1, max: 4_096 }))

export const port = one<number>(
  'a number from 0 to 65535',
  (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535,
)

export const host = one<string>(EXPECTED_HOST, isHost)

export const origins: Kind<readonly string[]> = {
  expected: EXPECTED_ORIGINS,
  check(value, place) {
    const said: unknown[] = Array.isArray(value) && value.length > 0 ? value : [value]
    const wrong = said.findIndex((origin) => !Array.isArray(value) || !isOrigin(origin))
    return wrong < 0 ? undefined : one(EXPECTED_ORIGINS, () => false).check(said[wrong], place)
  },
}

export const secret = one<string | undefined>(
  EXPECTED_HASH,
  (value) => typeof value === 'string' && hashIn(value) !== undefined,
  { isSecret: true },
)

const pem = one<string>('PEM as text', (value) => typeof value === 'string', { isSecret: true })
const pems = whole({ cert: option('the certificate', pem), key: option('its key', pem) })
export const certificate: Kind<Certificate> = {
  expected: pems.expected,
  check(value, place) {
    const problem = pems.check(value, place)
    if (problem !== undefined) return problem
    const wrong = problemOfCertificate(value as Certificate)
    return wrong && `${place}.${wrong.part}: expected ${wrong.expected}`
  },
}

export const packets = one<PacketSet<PacketContext>>(
  'what definePackets or acceptPackets returns, of a module',
  (value) => typeof (value as { hash?: unknown } | null)?.hash === 'string',
)

const { expected: EXPECTED_LAG, ...lags } = {
  ...shaped(LAG),
  expected: `some of ${LAG.kind === 'object' ? Object.keys(LAG.fields).join(', ') : ''}`,
}
export const lag: Kind<LagOptions> = {
  expected: EXPECTED_LAG,
  check: (value, place) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? lags.check(value, place)
      : one(EXPECTED_LAG, () => false).check(value, place),
}

export const limit = (name: LimitName): Option<number> => {
  const [min, max] = boundsOf(name)
  const { doc, unit, value } = LIMITS[name]
  const fits = (said: unknown) =>
    Number.isInteger(said) && min <= Number(said) && Number(said) <= max
  return preset(doc, one<number>(`a whole number from ${min} to ${max} (${unit})`, fits), value)
}

export const rate = (name: RateClass) => {
  const { doc, per_second, burst } = RATES[name]
  const bucket = whole({
    per_second: option('so many a second', shaped(float64({ min: LEAST_PER_SECOND, max: MOST }))),
    burst: option('so many at once', shaped(integer('uint32', { min: 1 }))),
  })
  return preset(doc, bucket, { per_second, burst })
}

const MOST = 1_000_000

/** A table with an entry for each name of another. */
export const each = <const K extends string, O>(
  names: Readonly<Record<K, unknown>>,
  of: (name: K) => O,
) =>
  Object.fromEntries((Object.keys(names) as K[]).map((name) => [name, of(name)])) as Readonly<
    Record<K, O>
  >
