export type Kind = 'chat' | 'wave' | 'note'

/** A line that was sent and is not acknowledged yet. */
export interface Line {
  sent(): void
  failed(why: string): void
}

const MOST = 200
/** Who has scrolled further up than this, in pixels, is reading there. */
const NEAR = 40

/** The log of what was said and what happened, read aloud by screen readers. */
export function createLog(log: HTMLElement) {
  return {
    clear: () => log.replaceChildren(),

    /** Adds a line; `name` is who said it; one of our own is `pending` until the server has it. */
    add(kind: Kind, text: string, name?: string, pending = false): Line {
      const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR
      const line = document.createElement('p')
      line.dataset.kind = kind
      if (pending) line.dataset.pending = ''
      if (name !== undefined) line.append(part('b', name), ' ')
      line.append(text)
      log.append(line)
      while (log.childElementCount > MOST) log.firstElementChild?.remove()
      if (isAtEnd || pending) log.scrollTop = log.scrollHeight
      return {
        sent() {
          delete line.dataset.pending
        },
        failed(why) {
          delete line.dataset.pending
          line.append(' ', part('em', `Not sent: ${why}`))
        },
      }
    },
  }
}

function part(tag: 'b' | 'em', text: string): HTMLElement {
  const element = document.createElement(tag)
  element.textContent = text
  return element
}
