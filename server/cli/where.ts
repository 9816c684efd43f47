import { renderUnicodeCompact } from 'uqr'
import type { Addresses } from '../transport/addresses.ts'

/** Where a server is to be opened; on a terminal with a picture of it for a phone's camera. */
export function whereToOpen({ local, network }: Addresses, isTerminal: boolean): string {
  const lines = [
    ...(local === undefined ? [] : [`Local: ${local}`]),
    ...network.map((url) => `Network: ${url}`),
  ]
  const [forPhones] = network
  if (isTerminal && forPhones !== undefined) lines.push('', renderUnicodeCompact(forPhones), '')
  return lines.map((line) => `${line}\n`).join('')
}
