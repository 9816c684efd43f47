import type { Figure } from './figures.ts'
import { write } from './find.ts'

interface Entry {
  readonly figure: Figure
  readonly item: HTMLLIElement
  readonly badge: HTMLElement
  readonly note: HTMLElement
}

/** Opens what can be done about a member, beside its entry. */
type Choose = (number: number, beside: HTMLElement) => void

/**
 * The list of who is here and where. Each entry says in `data-x` and `data-y`, in every frame, where
 * its figure was drawn: for tests to read, in units of the plaza, to the tenth.
 */
export function createPeople(list: HTMLElement, choose: Choose) {
  const entries = new Map<number, Entry>()

  return {
    show(figures: ReadonlyMap<number, Figure>): void {
      for (const [number, { item, figure }] of entries) {
        if (figures.get(number) === figure) continue
        item.remove()
        entries.delete(number)
      }
      for (const figure of figures.values())
        update(entries.get(figure.number) ?? add(figure), figure)
    },
  }

  function add(figure: Figure): Entry {
    const { number, name, colour, isYou } = figure
    const item = document.createElement('li')
    item.dataset.number = `${number}`
    item.style.setProperty('--colour', colour)
    const person = document.createElement(isYou ? 'span' : 'button')
    person.className = 'person'
    if (person instanceof HTMLButtonElement) {
      person.type = 'button'
      person.setAttribute('aria-haspopup', 'menu')
      person.setAttribute('aria-expanded', 'false')
      person.addEventListener('click', () => choose(number, person))
    }
    const [label, badge, note] = [part('name', name), part('badge'), part('note')]
    person.append(label, ' ', badge, ' ', note)
    item.append(person)
    list.append(item)
    const entry = { figure, item, badge, note }
    entries.set(number, entry)
    return entry
  }
}

function part(kind: string, text = ''): HTMLElement {
  const element = document.createElement('span')
  element.className = kind
  element.textContent = text
  return element
}

function update({ item, badge, note }: Entry, figure: Figure): void {
  const { at, away, isYou } = figure
  if (at) {
    put(item, 'x', tenths(at.x))
    put(item, 'y', tenths(at.y))
  }
  put(item, 'away', `${away}`)
  write(badge, figure.badge)
  write(note, away ? 'away' : isYou ? 'you' : '')
}

/** Writes to the document only what has changed. */
function put({ dataset }: HTMLElement, name: string, value: string): void {
  if (dataset[name] !== value) dataset[name] = value
}

const tenths = (value: number) => `${Math.round(value * 10) / 10}`
