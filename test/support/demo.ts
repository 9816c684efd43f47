import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { Network, Room } from '../../web-client/client.ts'
import { type GodotName, startGodot } from './engines.ts'
import { type Program, startProgram } from './program.ts'

export type Generation = Extract<GodotName, 'godot3' | 'godot4'>

/** What the demo of either generation shows; see its rehearsal.gd. */
export interface View {
  readonly card?: boolean
  readonly trouble?: string
  readonly status?: string
  /** Such as `Ada host, you`, `Bob`, `Cy away`. */
  readonly people?: readonly string[]
  /** The room it is in; nothing of it where it is in none. */
  readonly room?: Partial<Plaque>
  /** The rooms it lists, such as `The plaza K7QF2M 2`; none while the list is closed. */
  readonly rooms?: readonly string[]
  /** Why it did not get into the room it chose. */
  readonly refusal?: string
  /** What the open menu of a member offers. */
  readonly menu?: readonly string[]
  /** What the add-on's popup says, its buttons included. */
  readonly prompt?: readonly string[]
  readonly places?: Readonly<Record<string, readonly [number, number]>>
  readonly log?: readonly string[]
  /** The best of the last round, such as `1. Ada  3`; none while one is played. */
  readonly result?: readonly string[]
  /** The path of the picture that was saved last. */
  readonly picture?: string
}

/** What is said of the room. */
export interface Plaque {
  readonly title: string
  readonly code: string
  /** Such as `locked, only by code`. */
  readonly notes: string
  /** Whether it offers to lock it. */
  readonly may_lock: boolean
}

export interface Demo {
  readonly name: string
  readonly program: Program
  /** The first view that fits, from the one on that was waited for last. */
  shows(fits: (view: View) => boolean, wanted: string): Promise<View>
  /** Lines in which the engine complains. */
  complaints(): string[]
}

/** How the demo is asked to visit; a dark one is asked for in so many words. */
export interface Visiting {
  /** The server of the settings unless given. */
  readonly url?: string
  readonly name?: string
  readonly colour?: string
  readonly dark?: boolean
  /** Whether it hints at what a finger does. */
  readonly touch?: boolean
}

/** A demo may be drawn by software on a busy machine. */
const BOUND_MS = 60_000

/** A copy of the project of that generation, opened once so that its classes are known. */
export async function copyProject(
  t: Test,
  name: Generation,
  path: string,
  folder: string,
): Promise<string> {
  const from = fileURLToPath(new URL(`../../godot-client/${name}/`, import.meta.url))
  for (const part of ['project.godot', 'addons', 'demo'])
    cpSync(join(from, part), join(folder, part), { recursive: true })
  if (name === 'godot4') {
    const { ended } = startProgram(t, path, ['--headless', '--import', '--path', folder])
    t.match(await ended, { code: 0, signal: null }, 'the project of the demo is imported')
  }
  return folder
}

/** The demo in its engine; where it fails a test, what it said is told. */
export function startDemo(
  t: Test,
  engine: Generation,
  path: string,
  {
    env,
    ...options
  }: { readonly project: string; readonly display?: string; readonly env?: Record<string, string> },
  visiting: Visiting,
): Demo {
  const program = startGodot(t, engine, path, {
    ...options,
    env: { ...env, ESTRAGON_DEMO: JSON.stringify(visiting) },
  })
  return demoOf(t, visiting.name ?? engine, program)
}

/** The demo that this program plays. */
export function demoOf(t: Test, name: string, program: Program): Demo {
  const { lines, complaints } = program
  let seen = 0
  t.teardown(() => {
    if (!t.passing()) t.comment([...lines.items, ...complaints.items].join('\n'))
  })

  return {
    name,
    program,
    async shows(fits, wanted) {
      let view: View = {}
      let count = 0
      const from = seen
      await lines.until(
        (line) => {
          if (line.startsWith('{')) view = { ...view, ...(JSON.parse(line) as View) }
          count++
          if (count < from || !fits(view)) return false
          seen = Math.max(seen, count)
          return true
        },
        wanted,
        BOUND_MS,
      )
      return view
    },
    complaints: () => [...lines.items, ...complaints.items].filter((line) => COMPLAINT.test(line)),
  }
}

const COMPLAINT = /ERROR|WARNING: (?!Could not set V-Sync)/

/** Asks the demo of that name to do something, as everybody in its plaza may. */
export const please = ({ events }: Network, name: string, what: string, ...value: Wish[]) =>
  events.emit('plaza.please', [name, what, ...value])

/** The same, in one room of several. */
export const pleaseIn =
  (room: Pick<Room, 'code'>, { events }: Network, name: string) =>
  (what: string, ...value: Wish[]) =>
    events.emit('plaza.please', [name, what, ...value], { room: room.code })

type Wish = string | readonly [number, number] | readonly [title: string, listed: boolean]

/** Who is listed, whatever is said of them. */
export const listed = ({ people = [] }: View): string =>
  people.map((entry) => entry.replace(NOTES, '')).join()

const NOTE = '(host|assistant|trusted|none|you|away)'
const NOTES = new RegExp(` ${NOTE}(, ${NOTE})*$`)

/** How often a line was shown. */
export const times = ({ log = [] }: View, line: string): number =>
  log.filter((shown) => shown.replace(/\s+/g, ' ').trim() === line).length

/** Whether somebody is shown there, to a unit. */
export const isAt = ({ places = {} }: View, name: string, [x, y]: readonly [number, number]) => {
  const [itsX, itsY] = places[name] ?? [Number.NaN, Number.NaN]
  return Math.hypot(itsX - x, itsY - y) <= 1
}
