import { worth } from '../../protocol/plaza.ts'
import { find } from './find.ts'
import type { Sound } from './sounds.ts'
import type { Plaza } from './visit.ts'

/** What somebody on the ground sees over it: the time that is left, what it has, who has won. */
export function createRound(play: (sound: Sound) => void) {
  const clock = find('clock', HTMLElement)
  const purse = find('purse', HTMLElement)
  const result = find('result', HTMLElement)
  const best = find('best', HTMLElement)
  const ready = find('ready', HTMLButtonElement)
  let room: Plaza | undefined
  let before = ''

  ready.addEventListener('click', () => {
    const { mine } = room?.state.players ?? {}
    if (mine) mine.ready = true
  })

  return {
    /** Another room. */
    begin(its: Plaza): void {
      room = its
      before = ''
      its.state.results.on('added', () => list(its))
      list(its)
    },

    /** As it is now. */
    step(): void {
      const { players, round } = room?.state ?? {}
      if (!players || !round?.row) return
      const { phase, seconds } = round.row
      const { mine } = players
      write(clock, `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, '0')}`)
      write(purse, mine ? purseOf(mine.lights, mine.points) : '')
      result.hidden = phase === 'playing'
      ready.disabled = mine?.ready ?? false
      write(ready, mine?.ready ? `Next round in ${seconds} s` : 'I am ready')
      if (before && phase !== before) play(phase === 'over' ? 'over' : 'begun')
      before = phase
    },
  }

  function list({ you, state }: Plaza): void {
    best.replaceChildren(
      ...[...state.results].map(({ name, colour, points, member }) => {
        const item = document.createElement('li')
        item.append(name, ' ', point(points))
        item.style.setProperty('--colour', colour)
        if (member === you) item.className = 'you'
        return item
      }),
    )
  }
}

const purseOf = (lights: number, points: number) =>
  `${points} ${points === 1 ? 'point' : 'points'}${lights > 0 ? `, carrying ${lights} for ${worth(lights)} more` : ''}`

function point(points: number): HTMLElement {
  const element = document.createElement('b')
  element.textContent = `${points}`
  return element
}

/** Writes to the document only what has changed. */
function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
