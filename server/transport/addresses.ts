import type { NetworkInterfaceInfo } from 'node:os'
import { hostInUrl } from './host.ts'

/** Where a server is found by who is on this machine, and by who is on its networks. */
export interface Addresses {
  /** `http://localhost:1234`; undefined where it listens on another address only. */
  readonly local: string | undefined
  /** `http://192.168.0.7:1234`, the likeliest first; none where it listens on this machine only. */
  readonly network: readonly string[]
}

interface Place {
  /** What it listens on. */
  readonly host: string
  readonly port: number
  readonly isSecure: boolean
}

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

export function addressesOf({ host, port, isSecure }: Place, interfaces: Interfaces): Addresses {
  const url = (name: string) => `${isSecure ? 'https' : 'http'}://${hostInUrl(name)}:${port}`
  if (LOOPBACK.test(host)) return { local: url(host === '::1' ? host : 'localhost'), network: [] }
  if (host !== '0.0.0.0' && host !== '::') return { local: undefined, network: [url(host)] }
  return { local: url('localhost'), network: reachable(interfaces).map(url) }
}

/** The machine’s own addresses on its networks; of the sixth version only where there are no others. */
function reachable(interfaces: Interfaces): readonly string[] {
  const all = Object.entries(interfaces)
    .flatMap(([name, infos = []]) => infos.map((info) => ({ ...info, name })))
    .filter(({ internal, address }) => !internal && !LINK_LOCAL.test(address))
  const fourth = all.filter(({ family }) => family === 'IPv4')
  return (fourth.length > 0 ? fourth : all)
    .sort((one, other) => oddness(one.name) - oddness(other.name))
    .map(({ address }) => address)
}

const LOOPBACK = /^(127\.|::1$|localhost$)/
const LINK_LOCAL = /^(169\.254\.|fe80:)/i
/** What containers and virtual machines are joined by leads no phone here. */
const VIRTUAL = /^(docker|br-|veth|virbr|vboxnet|vmnet|vEthernet|tun|tap|utun|zt|tailscale)/i
const oddness = (name: string) => (VIRTUAL.test(name) ? 1 : 0)
