#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { developmentKey, type Printed, runKeys, runSecret } from './cli/commands.ts'
import { readConfig } from './cli/config.ts'
import { unheardIn } from './cli/environment.ts'
import { createLog } from './cli/log.ts'
import { runPackets } from './cli/packets-command.ts'
import { putLoopFirst } from './cli/priority.ts'
import { help, readSettings, type Settings, UsageError } from './cli/settings.ts'
import { runState } from './cli/state-command.ts'
import { runCheckStep } from './cli/step-command.ts'
import { whereToOpen } from './cli/where.ts'
import type { Store } from './core/store/store.ts'
import { incidentOf } from './core/wire/incident.ts'
import { checkOptions } from './options.ts'
import { createServer, type GameServer } from './server.ts'
import { openStore } from './store/store.ts'
import { complaintAbout, readCertificate } from './transport/certificate.ts'
import { hostInUrl } from './transport/host.ts'
import { createWorld, type World } from './world.ts'

/** A stop that takes longer than this is cut short. */
const STOP_MS = 4_500
const PARENT_CHECK_MS = 250

await run(process.argv.slice(2))

async function run(args: readonly string[]): Promise<void> {
  try {
    const [verb, ...rest] = args
    if (verb === 'keys') return print(await runKeys(rest, process.env))
    if (verb === 'secret') return print(await runSecret(rest))
    if (verb === 'packets') return print(await runPackets(rest))
    if (verb === 'state') return print(await runState(rest))
    if (verb === 'check-step') return print(await runCheckStep(rest))
    const settings = readSettings(args, process.env)
    if (settings === 'help') process.stdout.write(`${help()}\n`)
    else if (settings === 'version') process.stdout.write(`${version()}\n`)
    else await start(settings)
  } catch (error) {
    process.stderr.write(`estragon: ${explain(error)}\n`)
    process.exitCode = 1
  }
}

function print({ text, remark }: Printed): void {
  if (remark) process.stderr.write(`${remark}\n`)
  if (text) process.stdout.write(`${text}\n`)
}

async function start({
  config,
  tls: files,
  data,
  log: level,
  options: said,
}: Settings): Promise<void> {
  putLoopFirst()
  for (const sentence of unheardIn(process.env)) process.stderr.write(`estragon: ${sentence}\n`)
  const configured = config === undefined ? {} : await readConfig(config)
  const tls = files && readCertificate(files.cert, files.key)
  const options = { ...configured, ...said, ...(tls && { tls }) }
  checkOptions(options)
  const complaint = tls && complaintAbout(tls, Date.now())
  if (complaint) process.stderr.write(`estragon: --cert: ${files.cert}: ${complaint}\n`)
  const log = createLog(level)
  const world = createWorld({ log })
  const store = await openStore(data, world, options.limits)
  try {
    const key = await developmentKey(store, world, options.dev ?? false)
    const server = await createServer({ ...options, world, store, log })
    stopOnSignal(server, store)
    outliveErrors(server, world)
    process.stdout.write(`server listening on ${hostInUrl(server.host)}:${server.port}\n`)
    if (key) process.stdout.write(`development access key, for this run: ${key}\n`)
    if (level !== 'silent')
      process.stdout.write(whereToOpen(server.addresses, process.stdout.isTTY ?? false))
  } catch (error) {
    await store.close()
    throw error
  }
}

/**
 * What nobody caught ends nothing: it is logged, with its room where it has one. Only what fails
 * before the server listens ends the process, as a start that failed.
 */
function outliveErrors(server: GameServer, world: World): void {
  const log = (error: unknown) => {
    if (!server.uncaught(error)) incidentOf(world, error, { what: 'nobody caught it', where: {} })
  }
  process.on('unhandledRejection', log)
  process.on('uncaughtException', log)
}

/** The first signal says goodbye to everybody; the second ends at once, with the code of a signal. */
function stopOnSignal(server: GameServer, store: Store): void {
  let isStopping = false
  const stop = (_signal?: NodeJS.Signals, number = 0) => {
    if (isStopping) process.exit(128 + number)
    isStopping = true
    setTimeout(() => process.exit(1), STOP_MS).unref()
    void server
      .close()
      .then(() => store.close())
      .then(() => process.exit(0))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  if (process.env.npm_lifecycle_event) stopWithParent(stop)
}

/** npm leaves its child behind when it is killed; notice that the parent has changed. */
function stopWithParent(stop: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    stop()
  }, PARENT_CHECK_MS)
  timer.unref()
}

function explain(error: unknown): string {
  const { code, message, port, address, hostname } = error as NodeJS.ErrnoException & {
    port?: number
    address?: string
    hostname?: string
  }
  if (code === 'EADDRINUSE') return `port ${port} is in use; choose another with --port`
  if (code === 'EACCES') return `port ${port} needs more rights; choose one above 1023 with --port`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `--host: nobody knows a host ${hostname ?? ''}; try 127.0.0.1 or 0.0.0.0`
  if (code === 'EADDRNOTAVAIL' || code === 'EINVAL' || code === 'EAFNOSUPPORT')
    return `--host: this machine has no address ${address ?? ''}; try 127.0.0.1 or 0.0.0.0`
  const isUsage = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS')
  return isUsage ? `${message.split('\n')[0]}; see --help` : message
}

function version(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
        version: string
      }
      return version
    } catch {}
  }
  return 'unknown'
}
