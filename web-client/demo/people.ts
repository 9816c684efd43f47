import type { Figure } from './figures.ts'

interface Entry {
  readonly item: HTMLLIElement
  readonly note: HTMLElement
}

/**
 * The list of who is here and where. Each entry says in `data-x` and `data-y`, in every frame, where
 * its figure was drawn: for tests to read, in units of the plaza, to the tenth.
 */
export function createPeople(list: HTMLElement) {
  const entries = new Map<number, Entry>()

  return {
    show(figures: ReadonlyMap<number, Figure>): void {
      for (const [number, { item }] of entries) {
        if (figures.has(number)) continue
        item.remove()
        entries.delete(number)
      }
      for (const figure of figures.values())
        update(entries.get(figure.number) ?? add(figure), figure)
    },
  }

  function add({ number, name, colour }: Figure): Entry {
    const item = document.createElement('li')
    const label = document.createElement('span')
    const note = document.createElement('span')
    item.dataset.number = `${number}`
    item.style.setProperty('--colour', colour)
    label.className = 'name'
    label.textContent = name
    note.className = 'note'
    item.append(label, note)
    list.append(item)
    const entry = { item, note }
    entries.set(number, entry)
    return entry
  }
}

function update({ item, note }: Entry, { at, away, isYou }: Figure): void {
  if (at) {
    put(item, 'x', tenths(at.x))
    put(item, 'y', tenths(at.y))
  }
  put(item, 'away', `${away}`)
  const text = away ? 'away' : isYou ? 'you' : ''
  if (note.textContent !== text) note.textContent = text
}

/** Writes to the document only what has changed. */
function put({ dataset }: HTMLElement, name: string, value: string): void {
  if (dataset[name] !== value) dataset[name] = value
}

const tenths = (value: number) => `${Math.round(value * 10) / 10}`
