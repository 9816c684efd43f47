import { once } from 'node:events'
import { request } from 'node:http'
import type { NetworkInterfaceInfo } from 'node:os'
import t from 'tap'
import { whereToOpen } from '../server/cli/where.ts'
import { createServer } from '../server/server.ts'
import { addressesOf } from '../server/transport/addresses.ts'

const info = (address: string, internal = false): NetworkInterfaceInfo =>
  address.includes(':')
    ? { ...REST, family: 'IPv6', address, internal, scopeid: 0 }
    : { ...REST, family: 'IPv4', address, internal }
const REST = { netmask: '', mac: '', cidr: null }

const INTERFACES = {
  lo: [info('127.0.0.1', true), info('::1', true)],
  docker0: [info('172.17.0.1')],
  wlan0: [info('192.168.0.7'), info('fe80::1'), info('2001:db8::7')],
  usb0: [info('169.254.3.4')],
}

for (const [host, local, network] of [
  ['0.0.0.0', 'http://localhost:1234', ['http://192.168.0.7:1234', 'http://172.17.0.1:1234']],
  ['::', 'http://localhost:1234', ['http://192.168.0.7:1234', 'http://172.17.0.1:1234']],
  ['127.0.0.1', 'http://localhost:1234', []],
  ['::1', 'http://[::1]:1234', []],
  ['192.168.0.7', undefined, ['http://192.168.0.7:1234']],
  ['2001:db8::7', undefined, ['http://[2001:db8::7]:1234']],
] as const)
  t.test(`who listens on ${host} is told where a phone finds it`, async (t) => {
    const place = { host, port: 1234, isSecure: false }
    t.strictSame(addressesOf(place, INTERFACES), { local, network })
  })

t.test('where there is no fourth version the sixth is told, and TLS is https', async (t) => {
  const { lo, wlan0 } = INTERFACES
  const only = { lo, wlan0: wlan0.filter(({ family }) => family === 'IPv6') }
  const place = { host: '::', port: 443, isSecure: true }

  t.strictSame(addressesOf(place, only).network, ['https://[2001:db8::7]:443'])
  t.strictSame(addressesOf(place, { lo }).network, [])
})

t.test('a server says where it is found', async (t) => {
  const server = await createServer({ port: 0, host: '127.0.0.1' })
  t.teardown(server.close)

  t.strictSame(server.addresses, { local: `http://localhost:${server.port}`, network: [] })
})

t.test('the addresses are told in lines, on a terminal with a picture for a phone', async (t) => {
  const addresses = { local: 'http://localhost:1234', network: ['http://192.168.0.7:1234'] }
  const lines = 'Local: http://localhost:1234\nNetwork: http://192.168.0.7:1234\n'

  const picture = whereToOpen(addresses, true)

  t.equal(whereToOpen(addresses, false), lines)
  t.ok(picture.startsWith(lines))
  t.match(picture.slice(lines.length), /^\n([█▀▄ ]{20,}\n){10,}\n$/)
  t.equal(
    whereToOpen({ local: 'http://localhost:1', network: [] }, true),
    'Local: http://localhost:1\n',
  )
})

t.test('the plaza’s page is told the address for others, by this machine only', async (t) => {
  const server = await createServer({ port: 0, host: '0.0.0.0' })
  t.teardown(server.close)
  const { port } = server
  // `fetch` says by itself which host it asks.
  const ask = async (host: string) => {
    const place = { host: '127.0.0.1', port, path: '/addresses.json', agent: false }
    const [response] = await once(request({ ...place, headers: { host } }).end(), 'response')
    let body = ''
    for await (const chunk of response.setEncoding('utf8')) body += chunk
    return { status: response.statusCode, body }
  }

  const here = await ask(`localhost:${server.port}`)
  const elsewhere = await ask('play.example.org')

  t.strictSame(JSON.parse(here.body), JSON.parse(JSON.stringify(server.addresses)))
  t.equal(elsewhere.status, 404)
})
