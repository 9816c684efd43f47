import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What proves to clients who the server is, as PEM: its certificate, then those that vouch for it. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Reads both from files; throws an Error that names the option and what is wrong with its file. */
export function readCertificate(certFile: string, keyFile: string): Certificate {
  const cert = read('--cert', certFile)
  const key = read('--key', keyFile)
  const certificate = parse('--cert', certFile, 'a certificate', () => new X509Certificate(cert))
  const secret: KeyObject = parse('--key', keyFile, 'a private key', () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(secret))
    throw new Error(`--key: ${keyFile}: expected the key of the certificate in ${certFile}`)
  return { cert, key }
}

function read(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`${option}: ${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function parse<T>(option: string, file: string, what: string, read: () => T): T {
  try {
    return read()
  } catch {
    throw new Error(`${option}: ${file}: expected ${what} in PEM, without a passphrase`)
  }
}
