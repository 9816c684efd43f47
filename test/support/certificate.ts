import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
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

/** Makes one for localhost; where openssl is not installed the test is skipped, or fails in CI. */
export function selfMade(t: Test): SelfMade | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'estragon-tls-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const { status } = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-out', certFile, '-keyout', keyFile],
  ])
  if (status === 0) return { certFile, keyFile, cert: readFileSync(certFile, 'utf8') }
  const absent = 'openssl is not installed'
  if (process.env.CI === 'true') t.fail(absent)
  else t.pass(absent, { skip: true })
  return undefined
}
