import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { Any } from './client.ts'
import { startGodot } from './engines.ts'
import type { Child, Program } from './program.ts'

const PROJECT = fileURLToPath(new URL('../../godot-client/godot4', import.meta.url))
const BOUND_MS = 15_000
/** So many of the last lines of an engine tell what was wrong. */
const TOLD_LINES = 12
const COMPLAINT = /ERROR|WARNING/

/** A game that does what it is told. */
export interface Peer {
  readonly name: string
  /** Calls a method of its game; resolves with what that returns, once it does. */
  ask(method: string, ...args: readonly unknown[]): Promise<Any>
  /** Asks until the answer fits, which it then resolves with. */
  until(fits: (value: Any) => boolean, method: string, ...args: readonly unknown[]): Promise<Any>
  /** What the engine has complained of since the last time, but for what is expected. */
  newComplaints(expected?: RegExp): string[]
}

/** One that is a program, wherever that runs. */
export type Played = Peer & Program

/** One in a Godot 4 of its own process. */
export type EnginePeer = Peer & Child

/** How a game is told, line by line, what to do, and answers. */
export interface Wire {
  write(line: string): void
  listen(hear: (line: string) => void): void
}

export interface EngineOptions {
  /** The script of the game, a Node: test/peer_game.gd unless said. */
  readonly game?: string
  readonly project?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts so many, all at once. `engine` is the path of Godot 4. */
export async function startEngines(
  t: Pick<Test, 'teardown'>,
  engine: string,
  names: readonly string[],
  options: EngineOptions = {},
): Promise<EnginePeer[]> {
  return Promise.all(names.map((name) => startEngine(t, engine, name, options)))
}

export async function startEngine(
  t: Pick<Test, 'teardown'>,
  engine: string,
  name: string,
  { game = 'res://test/peer_game.gd', project = PROJECT, env = {} }: EngineOptions = {},
): Promise<EnginePeer> {
  const control = createServer()
  control.listen(0, '127.0.0.1')
  await once(control, 'listening')
  const { port } = control.address() as AddressInfo
  const program = startGodot(t, 'godot4', engine, {
    project,
    script: 'res://test/puppet.gd',
    env: { ...env, ESTRAGON_CONTROL: `${port}`, ESTRAGON_GAME: game },
  })
  const socket = await Promise.race([
    once(control, 'connection').then(([one]) => one as Socket),
    program.ended.then(() => Promise.reject(new Error(`${name} ended: ${saidBy(program)}`))),
  ])
  control.close()
  t.teardown(() => socket.destroy())
  socket.setNoDelay(true)
  socket.on('error', () => {})
  return peerOf(name, program, {
    write: (line) => void socket.write(`${line}\n`),
    listen: (hear) => void createInterface(socket).on('line', hear),
  })
}

/** The game that this program plays. */
export function peerOf<P extends Program>(name: string, program: P, wire: Wire): Peer & P {
  const waiting = new Map<number, (value: Any) => void>()
  let asked = 0
  let known = 0
  wire.listen((line) => {
    const { id, value } = JSON.parse(line)
    waiting.get(id)?.(value)
    waiting.delete(id)
  })

  const ask = (method: string, ...args: readonly unknown[]) => {
    const id = ++asked
    wire.write(JSON.stringify({ id, call: method, args }))
    return new Promise<Any>((resolve, reject) => {
      const fail = (why: string) =>
        reject(new Error(`${name}.${method}(${args}): ${why}\n${saidBy(program)}`))
      const bound = setTimeout(() => fail(`no answer within ${BOUND_MS} ms`), BOUND_MS)
      waiting.set(id, (value) => {
        clearTimeout(bound)
        resolve(value)
      })
      void program.ended.then(({ code, signal }) => {
        if (!waiting.delete(id)) return
        clearTimeout(bound)
        fail(`it has ended with ${signal ?? code}`)
      })
    })
  }

  return {
    ...program,
    name,
    ask,
    async until(fits, method, ...args) {
      const end = performance.now() + BOUND_MS
      for (;;) {
        const value = await ask(method, ...args)
        if (fits(value)) return value
        if (performance.now() > end)
          throw new Error(
            `${name}.${method}(${args}): in vain, last ${JSON.stringify(value)}: ${fits}\n${saidBy(program)}`,
          )
      }
    },
    newComplaints(expected) {
      const all = program.complaints.items.filter((line) => COMPLAINT.test(line))
      const fresh = all.slice(known)
      known = all.length
      return fresh.filter((line) => !expected?.test(line))
    },
  }
}

const saidBy = ({ lines, complaints }: Program): string =>
  [...lines.items, ...complaints.items].slice(-TOLD_LINES).join('\n')
