import stringify from 'fast-json-stable-stringify'
import { Ordered } from './ordered.ts'
import type { Properties, Room } from './room.ts'

/** What a room must be to be found. */
export interface Wanted {
  readonly kind?: string | undefined
  readonly properties?: Properties | undefined
}

/** Rooms by one fact that is true of them, such as a property and its value. */
type Postings = Map<string, Ordered<Room>>

/** A room as it was when it was last looked at. */
interface Entry {
  properties: Properties
  facts: ReadonlySet<string>
  isListed: boolean
  isOpen: boolean
}

/**
 * The rooms that lists show, and those that have a seat for who asks for none in particular, by
 * their kind and by what they say; a search looks at `looks` of them at most.
 */
export function createRoomIndex(looks: number) {
  const entries = new Map<Room, Entry>()
  const listed: Postings = new Map()
  /** For each kind. */
  const open = new Map<string, Postings>()

  return {
    add(room: Room): void {
      const facts = factsOf(room)
      entries.set(room, { properties: room.properties, facts, isListed: false, isOpen: false })
      refresh(room)
    },
    refresh,
    remove(room: Room): void {
      const entry = entries.get(room)
      if (!entry) return
      place(room, entry, false, false)
      entries.delete(room)
    },

    /** Whether a room, listed or not, is what is wanted. */
    fits(room: Room, wanted: Wanted): boolean {
      for (const fact of factsWanted(wanted)) if (!says(room, fact)) return false
      return true
    },

    /** The listed rooms after a serial, the oldest first. */
    listed(wanted: Wanted, after: number): Search {
      return search(listed, factsWanted(wanted), after)
    },
    /** Those of a kind that are listed, not locked, and have a seat that nobody sits in. */
    open(kind: string, properties: Properties | undefined): Search {
      return search(open.get(kind) ?? NONE, factsWanted({ properties }), 0)
    },
  }

  /** The room may have changed. */
  function refresh(room: Room): void {
    const entry = entries.get(room)
    if (!entry) return
    if (entry.properties !== room.properties) retell(room, entry)
    const isOpen = room.listed && !room.locked && room.size < room.capacity
    place(room, entry, room.listed, isOpen)
  }

  function place(room: Room, entry: Entry, isListed: boolean, isOpen: boolean): void {
    if (entry.isListed !== isListed) post(listed, room, entry.facts, isListed)
    if (entry.isOpen !== isOpen) post(openOf(room), room, entry.facts, isOpen)
    entry.isListed = isListed
    entry.isOpen = isOpen
  }

  /** It says something else about itself. */
  function retell(room: Room, entry: Entry): void {
    const before = entry.facts
    entry.properties = room.properties
    entry.facts = factsOf(room)
    const gone = [...before].filter((fact) => !entry.facts.has(fact))
    const come = [...entry.facts].filter((fact) => !before.has(fact))
    for (const postings of [
      ...(entry.isListed ? [listed] : []),
      ...(entry.isOpen ? [openOf(room)] : []),
    ]) {
      post(postings, room, gone, false)
      post(postings, room, come, true)
    }
  }

  function openOf({ kind: { name } }: Room): Postings {
    const found = open.get(name) ?? new Map()
    open.set(name, found)
    return found
  }

  /** Begins with the fact that is true of the fewest, and asks for the next rarest first. */
  function search(postings: Pick<Postings, 'get'>, facts: Iterable<string>, after: number): Search {
    const all: { readonly fact: string; readonly rooms: Ordered<Room> }[] = []
    for (const fact of facts) {
      const rooms = postings.get(fact)
      if (!rooms) return new Search(NO_ROOMS, [], says, looks)
      all.push({ fact, rooms })
    }
    all.sort((one, other) => one.rooms.size - other.rooms.size)
    const [rarest, ...rest] = all
    const tests = rest.map(({ fact }) => fact)
    return new Search(rarest?.rooms.after(after) ?? NO_ROOMS, tests, says, looks)
  }

  function says(room: Room, fact: string): boolean {
    return entries.get(room)?.facts.has(fact) ?? false
  }
}

/** A walk over rooms that ends in time: each room costs a look, and so does each test of one. */
export class Search {
  readonly #rooms: Iterator<Room, void>
  readonly #tests: readonly string[]
  readonly #says: (room: Room, fact: string) => boolean
  readonly #most: number
  #looks = 0
  #at = 0
  #isOver = false

  constructor(
    rooms: Iterator<Room, void>,
    tests: readonly string[],
    says: (room: Room, fact: string) => boolean,
    most: number,
  ) {
    this.#rooms = rooms
    this.#tests = tests
    this.#says = says
    this.#most = most
  }

  /** The next one that fits; undefined after the last, or when enough has been looked at. */
  take(): Room | undefined {
    while (!this.#isOver && this.#looks < this.#most) {
      const { value: room } = this.#rooms.next()
      this.#isOver = !room
      if (!room) return undefined
      this.#looks++
      this.#at = room.serial
      if (this.#fits(room)) return room
    }
    return undefined
  }

  /** What has been looked at so far. */
  get looks(): number {
    return this.#looks
  }

  /** The serial after which there may be more; null where there are none. */
  get next(): number | null {
    return this.#isOver ? null : this.#at
  }

  #fits(room: Room): boolean {
    for (const fact of this.#tests) {
      this.#looks++
      if (!this.#says(room, fact)) return false
    }
    return true
  }
}

const NONE: ReadonlyMap<string, Ordered<Room>> = new Map()
const NO_ROOMS: Iterator<Room, void> = { next: () => ({ done: true, value: undefined }) }

/** Says of a room that these facts are true of it, or no longer. */
function post(postings: Postings, room: Room, facts: Iterable<string>, isTrue: boolean): void {
  for (const fact of facts) {
    const rooms = postings.get(fact)
    if (!rooms && isTrue) postings.set(fact, new Ordered(room))
    else if (isTrue) rooms?.add(room)
    else if (rooms?.delete(room) && rooms.size === 0) postings.delete(fact)
  }
}

/** Of every room. */
const IS_ROOM = ''
const kindFact = (kind: string) => `kind ${kind}`
/** The same for values that are equal, in whatever order their fields came. */
const saysFact = (name: string, value: unknown) => `${JSON.stringify(name)}${stringify(value)}`

const factsOf = ({ kind, properties }: Room): ReadonlySet<string> =>
  new Set([
    IS_ROOM,
    kindFact(kind.name),
    ...Object.entries(properties).map(([name, value]) => saysFact(name, value)),
  ])

/** One by one, as the first that is true of no room ends the search. */
function* factsWanted({ kind, properties = {} }: Wanted): Generator<string> {
  const said = Object.entries(properties)
  if (kind !== undefined) yield kindFact(kind)
  else if (said.length === 0) yield IS_ROOM
  for (const [name, value] of said) yield saysFact(name, value)
}
