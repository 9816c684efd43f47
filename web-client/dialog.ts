import type { Sender } from '../protocol/message.ts'
import type { BuiltIns } from './queries.ts'

/* What is used of a browser's document: the library is typed without one. */

interface Element {
  className: string
  id: string
  textContent: string | null
  tabIndex: number
  append(...children: Element[]): void
  remove(): void
  setAttribute(name: string, value: string): void
  addEventListener(type: string, listener: () => void): void
}

interface DialogElement extends Element {
  focus(): void
  showModal(): void
  close(): void
}

interface StyleSheet {
  replaceSync(text: string): void
}

/** The part of a browser's document that a dialog needs. */
export interface Page {
  readonly body: Element
  adoptedStyleSheets: StyleSheet[]
  createElement(name: 'dialog'): DialogElement
  createElement(name: string): Element
  readonly defaultView: { readonly CSSStyleSheet: new () => StyleSheet } | null
}

/** What a person is asked, and what each button stands for. */
interface Prompt<T> {
  readonly title: string | undefined
  readonly text: string
  readonly choices: readonly (readonly [label: string, value: T])[]
  /** What closing it without a choice stands for. */
  readonly none: T
  readonly from: Sender
}

/**
 * Asks the person at this page, one question at a time, in a `<dialog>` that a page styles by the
 * classes `estragon-dialog`, `…-from`, `…-title`, `…-text` and `…-choices`.
 */
export function createDialogs(page: Page): BuiltIns {
  const waiting: { open(): void }[] = []
  let numbered = 0

  return {
    dialog({ title, text, choices = ['OK'] }, from, signal) {
      const labelled = choices.map((choice) => [choice, choice] as const)
      return ask<string | null>({ title, text, from, choices: labelled, none: null }, signal)
    },
    confirm: ({ title, text }, from, signal) =>
      ask<boolean>({ title, text, from, choices: YES_NO, none: false }, signal),
  }

  /** Resolves with the choice; when nobody waits for it any more, closes and never does. */
  function ask<T>(prompt: Prompt<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      let element: DialogElement | undefined
      const own = {
        open() {
          try {
            element = draw(page, prompt, ++numbered, choose)
          } catch (error) {
            end()
            reject(error)
          }
        },
      }
      signal.addEventListener('abort', end)
      waiting.push(own)
      if (waiting.length === 1) own.open()

      function choose(value: T): void {
        if (!waiting.includes(own)) return
        end()
        resolve(value)
      }

      function end(): void {
        const place = waiting.indexOf(own)
        if (place < 0) return
        waiting.splice(place, 1)
        signal.removeEventListener('abort', end)
        element?.close()
        element?.remove()
        if (place === 0) waiting[0]?.open()
      }
    })
  }
}

const YES_NO = [
  ['Yes', true],
  ['No', false],
] as const

function draw<T>(
  page: Page,
  { title, text, choices, none, from }: Prompt<T>,
  number: number,
  choose: (value: T) => void,
): DialogElement {
  const id = `estragon-dialog-${number}`
  const dialog = page.createElement('dialog')
  dialog.className = 'estragon-dialog'
  dialog.setAttribute('aria-labelledby', `${id}-title`)
  dialog.setAttribute('aria-describedby', `${id}-text`)
  dialog.tabIndex = -1
  const part = (name: string, part: string, content: string) => {
    const made = page.createElement(name)
    made.className = `estragon-dialog-${part}`
    made.id = `${id}-${part}`
    made.textContent = content
    return made
  }
  const buttons = part('div', 'choices', '')
  for (const [label, value] of choices) {
    const button = page.createElement('button')
    button.setAttribute('type', 'button')
    button.textContent = label
    button.addEventListener('click', () => choose(value))
    buttons.append(button)
  }
  if (title && from.name) dialog.append(part('p', 'from', from.name))
  dialog.append(part('h2', 'title', title ?? (from.name || 'Question')), part('p', 'text', text))
  dialog.append(buttons)
  dialog.addEventListener('close', () => choose(none))
  dress(page)
  page.body.append(dialog)
  dialog.showModal()
  // On no button: who is typing when it appears must not choose by it.
  dialog.focus()
  return dialog
}

const dressed = new WeakSet<Page>()

/** Adds the look a page may override: a sheet of its own, which no content policy forbids. */
function dress(page: Page): void {
  const Sheet = page.defaultView?.CSSStyleSheet
  if (!Sheet || dressed.has(page)) return
  dressed.add(page)
  const sheet = new Sheet()
  sheet.replaceSync(STYLE)
  page.adoptedStyleSheets = [...page.adoptedStyleSheets, sheet]
}

/** In a layer, so that any rule of the page's own comes before it. */
const STYLE = `@layer estragon {
  .estragon-dialog {
    box-sizing: border-box;
    width: min(28rem, calc(100vw - 2rem));
    max-height: calc(100vh - 2rem);
    padding: 1.25rem;
    border: 1px solid color-mix(in srgb, currentColor 30%, transparent);
    border-radius: 0.75rem;
    font: 1rem / 1.5 system-ui, sans-serif;
    overflow: auto;
    overflow-wrap: anywhere;
  }
  .estragon-dialog:focus { outline: none; }
  .estragon-dialog::backdrop { background: rgb(0 0 0 / 50%); }
  .estragon-dialog-from { margin: 0; font-size: 0.875rem; }
  .estragon-dialog-title { margin: 0 0 0.5rem; font-size: 1.125rem; }
  .estragon-dialog-text { margin: 0 0 1.25rem; white-space: pre-line; }
  .estragon-dialog-choices { display: flex; flex-wrap: wrap; gap: 0.5rem; justify-content: end; }
  .estragon-dialog-choices button {
    min-height: 2.75rem;
    padding: 0 1rem;
    border: 1px solid color-mix(in srgb, currentColor 50%, transparent);
    border-radius: 0.5rem;
    background: color-mix(in srgb, currentColor 8%, transparent);
    color: inherit;
    font: inherit;
    cursor: pointer;
  }
}`
