import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Cancel, momentOf, type World } from '../world.ts'

/** What proves to clients who the server is, as PEM: its certificate, then those that vouch for it. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Reads both from files; throws an Error that names the option and what is wrong with its file. */
export function readCertificate(certFile: string, keyFile: string): Certificate {
  const files = { cert: certFile, key: keyFile }
  const certificate = { cert: read('--cert', certFile), key: read('--key', keyFile) }
  const wrong = problemOfCertificate(certificate, certFile)
  if (wrong) throw new Error(`--${wrong.part}: ${files[wrong.part]}: expected ${wrong.expected}`)
  return certificate
}

/** Which part of it will not do, and what was expected there. */
export function problemOfCertificate(
  { cert, key }: Certificate,
  source = 'cert',
): { readonly part: keyof Certificate; readonly expected: string } | undefined {
  const certificate = parsed(() => new X509Certificate(cert))
  if (!certificate) return { part: 'cert', expected: `a certificate ${IN_PEM}` }
  const secret = parsed(() => createPrivateKey(key))
  if (!secret) return { part: 'key', expected: `a private key ${IN_PEM}` }
  if (certificate.checkPrivateKey(secret)) return undefined
  return { part: 'key', expected: `the key of the certificate in ${source}` }
}

/** What clients will not accept at this moment, in one sentence; of those that vouch for it as well. */
export function complaintAbout({ cert }: Certificate, date: number): string | undefined {
  for (const [pem] of cert.matchAll(ONE_PEM)) {
    const { subject, validFrom, validTo } = new X509Certificate(pem)
    const whose = subject.split('\n').join(', ')
    if (date > momentOf(validTo)) return `the certificate of ${whose} expired on ${validTo}`
    if (date < momentOf(validFrom))
      return `the certificate of ${whose} is not valid before ${validFrom}`
  }
  return undefined
}

/** Says each hour what clients will not accept of a certificate. Returns what ends it. */
export function watchCertificate(certificate: Certificate, world: World): Cancel {
  look()
  return world.every(HOUR_MS, look)

  function look(): void {
    const complaint = complaintAbout(certificate, world.date())
    if (complaint) world.log.error({ complaint }, 'clients refuse the certificate')
  }
}

const HOUR_MS = 3_600_000
const ONE_PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const IN_PEM = 'in PEM, without a passphrase'

function read(option: string, file: string): string {
  try {
    // An editor may have put a byte order mark before it.
    return readFileSync(file, 'utf8').trimStart()
  } catch (error) {
    throw new Error(`${option}: ${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function parsed<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
