import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** A certificate that vouches for itself, and its key. */
export interface SelfMade {
  readonly certFile: string
  readonly keyFile: string
  /** In PEM. */
  readonly cert: string
}

const NEW = ['-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost'] as const
const ALSO = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'] as const

/** Makes one for localhost; where openssl is not installed the test is skipped, or fails in CI. */
export function selfMade(t: Test): SelfMade | undefined {
  return made(t, (cert, key) => [
    ['req', '-x509', ...NEW, ...ALSO, '-days', '2', '-out', cert, '-keyout', key],
  ])
}

/** The same, which was good in January 2020 only. */
export function expired(t: Test): SelfMade | undefined {
  return made(t, (cert, key, folder) => {
    const config = join(folder, 'ca.cnf')
    writeFileSync(config, AUTHORITY)
    for (const [name, text] of Object.entries({ index: '', serial: '01' }))
      writeFileSync(join(folder, name), text)
    const dates = ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z']
    return [
      ['req', '-new', ...NEW, '-out', 'request.pem', '-keyout', key],
      ['ca', '-batch', '-config', config, '-selfsign', '-notext', ...dates].concat([
        '-in',
        'request.pem',
        '-keyfile',
        key,
        '-out',
        cert,
      ]),
    ]
  })
}

const AUTHORITY = `[ca]
default_ca = all
[all]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
[any]
commonName = supplied
`

type Commands = (cert: string, key: string, folder: string) => readonly (readonly string[])[]

function made(t: Test, commands: Commands): SelfMade | undefined {
  const cwd = mkdtempSync(join(tmpdir(), 'estragon-tls-'))
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }))
  const [certFile, keyFile] = [join(cwd, 'cert.pem'), join(cwd, 'key.pem')]
  const isMade = commands(certFile, keyFile, cwd).every(
    (words) => spawnSync('openssl', words, { cwd }).status === 0,
  )
  if (isMade) return { certFile, keyFile, cert: readFileSync(certFile, 'utf8') }
  const absent = 'openssl is not installed'
  if (process.env.CI === 'true') t.fail(absent)
  else t.pass(absent, { skip: true })
  return undefined
}
