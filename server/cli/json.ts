/** Where something is in a text: both from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** JSON as it was read, with where everything in it is; or where it is none. */
export type Read =
  | { readonly value: unknown; placeOf(path: string): Place }
  | { readonly wrong: string; readonly place: Place }

/**
 * Reads JSON and remembers where its values are: `JSON.parse` says it in words that differ from one
 * version of Node to the next, and not always. A path is as errors have it: `rooms.duel.namespaces[1]`.
 */
export function readJson(text: string): Read {
  const at = new Map<string, number>()
  const wrong = wrongIn(text, at)
  if (wrong) return { wrong: wrong.expected, place: placeIn(text, wrong.at) }
  return {
    value: JSON.parse(text),
    placeOf(path) {
      // What is missing is looked for where it should have been.
      for (let known = path; known !== ''; known = known.replace(/(\.[^.[]*|\[\d+\]|^[^.[]*)$/, ''))
        if (at.has(known)) return placeIn(text, at.get(known) ?? 0)
      return placeIn(text, text.search(/\S/))
    },
  }
}

function placeIn(text: string, at: number): Place {
  const before = text.slice(0, at).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

interface Wrong {
  readonly at: number
  readonly expected: string
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON has none of them in its text
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y
const BLANK = /[ \t\r\n]*/y

/** What is first wrong in a text that should be JSON; fills `at` with where each path begins. */
function wrongIn(text: string, at: Map<string, number>): Wrong | undefined {
  let next = 0
  const problem = value('') ?? (skip() < text.length ? wrong('the end of the file') : undefined)
  return problem

  function value(path: string): Wrong | undefined {
    skip()
    if (!at.has(path)) at.set(path, next)
    if (take('{')) return items('}', 'a comma or }', () => entry(path))
    if (take('[')) {
      let index = 0
      return items(']', 'a comma or ]', () => value(`${path}[${index++}]`))
    }
    return (match(STRING) ?? match(SCALAR)) ? undefined : wrong('a value')
  }

  function items(end: string, expected: string, item: () => Wrong | undefined): Wrong | undefined {
    if (take(end)) return undefined
    for (;;) {
      const problem = item()
      if (problem) return problem
      if (take(end)) return undefined
      if (!take(',')) return wrong(expected)
    }
  }

  function entry(path: string): Wrong | undefined {
    const begun = skip()
    const key = match(STRING)
    if (key === undefined) return wrong('a name in double quotes')
    const name = `${JSON.parse(key)}`
    const own = path ? `${path}.${name}` : name
    at.set(own, begun)
    return take(':') ? value(own) : wrong('a colon')
  }

  function take(sign: string): boolean {
    if (text[skip()] !== sign) return false
    next++
    return true
  }

  function skip(): number {
    match(BLANK)
    return next
  }

  function match(pattern: RegExp): string | undefined {
    pattern.lastIndex = next
    const [found] = pattern.exec(text) ?? []
    if (found !== undefined) next += found.length
    return found
  }

  function wrong(expected: string): Wrong {
    return { at: next, expected }
  }
}
