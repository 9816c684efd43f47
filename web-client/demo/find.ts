/** The element of the page with this id, which is of that kind. */
export function find<E extends Element>(id: string, kind: new () => E): E {
  const element = document.getElementById(id)
  if (element instanceof kind) return element
  throw new Error(`index.html: expected #${id}`)
}

/** Calls `submitted` in place of what a form would do by itself. */
export function onSubmit(id: string, submitted: () => void): void {
  find(id, HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    submitted()
  })
}

/** Writes to the document only what has changed. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
