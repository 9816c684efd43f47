// The compiled server as it stands by default, with players and channels in a file: what is attacked.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { putLoopFirst } from '../../dist/server/cli/priority.js'
import { createServer, defineRoom } from '../../dist/server/server.js'
import { report, warn } from './report.mjs'

const folder = mkdtempSync(join(tmpdir(), 'estragon-attacked-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

// As the command line does.
putLoopFirst()

const silent = () => {}
const server = await createServer({
  port: 0,
  host: '127.0.0.1',
  data: join(folder, 'attacked.db'),
  page: 'none',
  rooms: { arena: defineRoom({ capacity: 50, namespaces: ['game'] }) },
  // What is warned of is what is done to it; only what goes wrong inside is told.
  log: { trace: silent, debug: silent, info: silent, warn: silent, error: warn },
})
report(server.port)
