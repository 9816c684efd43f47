import { promises, realpathSync, statSync } from 'node:fs'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { extname, join, relative, resolve, sep } from 'node:path'
import { pipeline } from 'node:stream'
import type { Downloads } from './downloads.ts'

/** Answers a GET or HEAD; false where there is nothing at this path. */
export type Serve = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
) => Promise<boolean>

/**
 * Serves what is in a folder as it is, with these headers: `index.html` for a folder, nothing whose
 * name begins with a dot, and nothing outside of it, whatever a link or a path says; to no address
 * more files at a time than it may. Throws an Error where there is no folder.
 */
export function createFolder(
  folder: string,
  headers: OutgoingHttpHeaders,
  downloads: Downloads,
): Serve {
  const path = resolve(folder)
  if (!isFolder(path)) throw new Error(`page: expected a folder, or none, got "${folder}"`)
  return async (request, response, asked) => {
    const names = namesIn(asked)
    const found = names && (await find(path, names))
    if (!names || !found) return false
    if (found.isFolder) return redirect(request, response, asked, headers)
    const end = downloads(request, response)
    if (!end) return busy(response, headers)
    await send(request, response, found, headers, end)
    return true
  }
}

interface Found {
  readonly file: string
  readonly isFolder: boolean
}

function isFolder(path: string): boolean {
  try {
    return statSync(realpathSync(path)).isDirectory()
  } catch {
    return false
  }
}

/** The names on a path, decoded; the last is `index.html` for a folder. Undefined for no good ones. */
function namesIn(path: string): readonly string[] | undefined {
  const [root, ...said] = path.split('/')
  if (root !== '') return undefined
  try {
    const names = said.map(decodeURIComponent)
    if (names.at(-1) === '') names[names.length - 1] = 'index.html'
    return names.every(isServed) ? names : undefined
  } catch {
    return undefined
  }
}

/** A name that is one, on every system, and is not hidden. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: none of them is in a name
const isServed = (name: string) => name !== '' && !/^\.|[/\\:\u0000-\u001f]/.test(name)

async function find(folder: string, names: readonly string[]): Promise<Found | undefined> {
  try {
    const root = await promises.realpath(folder)
    const file = await promises.realpath(join(root, ...names))
    const below = relative(root, file).split(sep)
    if (!below.every(isServed)) return undefined
    const about = await promises.stat(file)
    return about.isFile() || about.isDirectory()
      ? { file, isFolder: about.isDirectory() }
      : undefined
  } catch {
    return undefined
  }
}

/** A folder's own files are found from its address with a slash at the end. */
function redirect(
  { url = '' }: IncomingMessage,
  response: ServerResponse,
  path: string,
  headers: OutgoingHttpHeaders,
): true {
  response.writeHead(302, { ...headers, location: `${path}/${url.slice(path.length)}` }).end()
  return true
}

const RETRY_S = '5'

function busy(response: ServerResponse, headers: OutgoingHttpHeaders): true {
  response.writeHead(503, { ...headers, 'retry-after': RETRY_S }).end()
  return true
}

/** Calls `end` once nothing is open any more. */
async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { file }: Found,
  headers: OutgoingHttpHeaders,
  end: () => void,
): Promise<void> {
  const { opened, size, mtimeMs } = await look(file).catch((error: unknown) => {
    end()
    throw error
  })
  const etag = `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`
  const told = { ...headers, etag, 'cache-control': 'no-cache' }
  const isKnown = request.headers['if-none-match']?.split(/\s*,\s*/).includes(etag) ?? false
  const type = TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream'
  if (isKnown) response.writeHead(304, told)
  else response.writeHead(200, { ...told, 'content-type': type, 'content-length': size })
  if (isKnown || size === 0 || request.method === 'HEAD') {
    await opened.close().finally(end)
    return void response.end()
  }
  // Who asked may be gone before the end, and a file may be shorter by then: either ends the socket.
  pipeline(opened.createReadStream({ end: size - 1 }), response, end)
}

/** Opens a file, and says how it is; what cannot be said leaves nothing open. */
async function look(file: string) {
  const opened = await promises.open(file)
  try {
    const { size, mtimeMs } = await opened.stat()
    return { opened, size, mtimeMs }
  } catch (error) {
    await opened.close()
    throw error
  }
}

const text = (type: string) => `text/${type}; charset=utf-8`

const TYPES: Readonly<Record<string, string>> = {
  '.html': text('html'),
  '.js': text('javascript'),
  '.mjs': text('javascript'),
  '.css': text('css'),
  '.txt': text('plain'),
  '.md': text('markdown'),
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.wasm': 'application/wasm',
  '.pck': 'application/octet-stream',
  '.zip': 'application/zip',
  '.pdf': 'application/pdf',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.wav': 'audio/wav',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.otf': 'font/otf',
}
