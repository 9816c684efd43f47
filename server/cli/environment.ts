import { unknownAmong } from '../option.ts'
import { LINES } from './settings.ts'

const PREFIX = 'ESTRAGON_'
/** What Kubernetes says to others of a service that is called estragon. */
const OF_KUBERNETES = /^ESTRAGON_(SERVICE_(HOST|PORT)|PORT_\d+_)/

/** A sentence for each variable of ours that there is not: what it was to say, nobody hears. */
export function unheardIn(env: Readonly<NodeJS.ProcessEnv>): readonly string[] {
  const known = Object.values(LINES).flatMap((line) => ('env' in line ? [line.env] : []))
  return Object.entries(env)
    .filter(([name, said]) => name.startsWith(PREFIX) && said?.trim())
    .filter(([name]) => !known.includes(name) && !OF_KUBERNETES.test(name))
    .filter(([, said]) => !said?.startsWith('tcp://'))
    .map(([name]) => `${name}: ${unknownAmong(known, name)}`)
}
