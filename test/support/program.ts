import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { createFeed, type Feed } from './feed.ts'

const KILL_AFTER_MS = 3_000

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why it never started. */
  readonly error?: string
}

/** A child process, ended with the test that started it. */
export interface Program {
  /** Lines of its standard output. */
  readonly lines: Feed<string>
  /** Lines of its standard error. */
  readonly complaints: Feed<string>
  readonly ended: Promise<Ending>
  /** Ends this process and no other: SIGTERM, then SIGKILL. */
  close(): Promise<Ending>
  /** Ends it as a crash would. */
  kill(): Promise<Ending>
}

/** A program in a process of its own. */
export interface Child extends Program {
  /** It stands still until `thaw`, its connections open. */
  freeze(): void
  thaw(): void
}

export interface ProgramOptions {
  readonly cwd?: string
  /** Replaces the environment's entries of the same names; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Ours, without what tap has every process of Node load: nothing here asks for coverage. */
export const environment = () => ({ ...process.env, NODE_OPTIONS: undefined })

export function startProgram(
  t: Pick<Test, 'teardown'>,
  command: string,
  args: readonly string[],
  { cwd, env }: ProgramOptions = {},
): Child {
  const child = spawn(command, args, {
    cwd,
    env: { ...environment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines = createFeed<string>(command)
  const complaints = createFeed<string>(`${command} (stderr)`)
  createInterface(child.stdout).on('line', lines.push)
  createInterface(child.stderr).on('line', complaints.push)

  const ended = new Promise<Ending>((resolve) => {
    const finish = (ending: Ending) => {
      const reason = `ended: ${JSON.stringify(ending)}\n${complaints.items.join('\n')}`
      lines.end(reason)
      complaints.end(reason)
      resolve(ending)
    }
    child.once('error', ({ message }) => finish({ code: null, signal: null, error: message }))
    child.once('close', (code, signal) => finish({ code, signal }))
  })

  const close = async () => {
    child.kill('SIGTERM')
    const last = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
    const ending = await ended
    clearTimeout(last)
    return ending
  }
  const kill = () => {
    child.kill('SIGKILL')
    return ended
  }
  t.teardown(close)
  return {
    ...{ lines, complaints, ended, close, kill },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  }
}
