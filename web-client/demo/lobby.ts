import { CODE_LENGTH } from '../../protocol/rooms.ts'
import { find, onSubmit, write } from './find.ts'
import { MAX_TITLE, type Properties, titleOf } from './news.ts'
import { describe, type Wish } from './visit.ts'

interface Listed {
  readonly code: string
  readonly capacity: number
  readonly members: number
  readonly locked: boolean
  readonly properties: Properties
}

export interface LobbyOptions {
  /** The rooms that are listed. */
  readonly list: () => Promise<readonly Listed[]>
  /** The code of the room we sit in. */
  readonly here: () => string | undefined
  /** Takes a seat; what it rejects with is shown. */
  readonly go: (wish: Wish) => Promise<void>
}

const REFRESH_MS = 2_000
/** A code as people write it down: with blanks and dashes. */
const MAX_TYPED = 2 * CODE_LENGTH

/** The rooms there are, to be joined from the card or, in the plaza, from a dialog. */
export function createLobby({ list, here, go }: LobbyOptions) {
  const lobby = find('lobby', HTMLElement)
  const dialog = find('rooms', HTMLDialogElement)
  const listed = find('listed', HTMLElement)
  const note = find('lobby-note', HTMLElement)
  const trouble = find('lobby-trouble', HTMLElement)
  const again = find('again', HTMLButtonElement)
  const codeInput = find('code', HTMLInputElement)
  const titleInput = find('new-title', HTMLInputElement)
  const isListed = find('new-listed', HTMLInputElement)
  const entries = new Map<string, HTMLLIElement>()
  const outside = lobby.parentElement
  let timer = 0
  let isAsking = false
  let isGoing = false

  codeInput.maxLength = MAX_TYPED
  titleInput.maxLength = MAX_TITLE
  onSubmit('join', () => attempt({ kind: 'code', code: codeInput.value, isMust: true }))
  onSubmit('make', () =>
    attempt({ kind: 'new', title: titleInput.value.trim(), listed: isListed.checked }),
  )
  again.addEventListener('click', start)
  dialog.addEventListener('close', () => lobby.parentElement === dialog && stop())

  return {
    /** Shows the rooms beneath the card. */
    showOutside(): void {
      outside?.append(lobby)
      lobby.hidden = false
      start()
    },
    /** Shows them over the plaza. */
    open(): void {
      dialog.prepend(lobby)
      lobby.hidden = false
      dialog.showModal()
      start()
    },
    hide(): void {
      codeInput.value = ''
      titleInput.value = ''
      lobby.hidden = !dialog.open
      dialog.close()
      stop()
    },
  }

  function start(): void {
    stop()
    trouble.hidden = true
    again.hidden = true
    timer = setInterval(refresh, REFRESH_MS)
    refresh()
  }

  function stop(): void {
    clearInterval(timer)
  }

  function refresh(): void {
    if (isAsking) return
    isAsking = true
    list()
      .then(show, failed)
      .finally(() => {
        isAsking = false
      })
  }

  /** Nobody is asked again every moment: the server may have said that it wants nobody. */
  function failed(error: unknown): void {
    stop()
    show([])
    write(note, `The rooms cannot be listed: ${describe(error)}`)
    again.hidden = false
  }

  function show(rooms: readonly Listed[]): void {
    const codes = new Set(rooms.map(({ code }) => code))
    for (const [code, item] of entries) {
      if (codes.has(code)) continue
      item.remove()
      entries.delete(code)
    }
    for (const room of rooms) update(entries.get(room.code) ?? add(room), room, here())
    write(note, rooms.length === 0 ? 'No room is listed just now.' : '')
  }

  function add({ code }: Listed): HTMLLIElement {
    const item = document.createElement('li')
    item.dataset.code = code
    for (const part of ['title', 'code', 'count'] as const) {
      const element = document.createElement('span')
      element.className = part
      item.append(element)
    }
    const join = document.createElement('button')
    join.type = 'button'
    join.addEventListener('click', () => attempt({ kind: 'code', code, isMust: true }))
    item.append(join)
    entries.set(code, item)
    listed.append(item)
    return item
  }

  function attempt(wish: Wish): void {
    if (isGoing) return
    isGoing = true
    trouble.hidden = true
    go(wish)
      .catch((error: unknown) => {
        trouble.textContent = describe(error)
        trouble.hidden = false
      })
      .finally(() => {
        isGoing = false
      })
  }
}

function update(item: HTMLLIElement, room: Listed, own: string | undefined): void {
  const { code, capacity, members, locked, properties } = room
  const [title, codePart, count, join] = item.children
  if (!title || !codePart || !count || !(join instanceof HTMLButtonElement)) return
  const isFull = members >= capacity
  write(title, titleOf(properties))
  write(codePart, code)
  write(count, members === 0 ? 'empty' : `${members} of ${capacity}`)
  write(join, code === own ? 'You are here' : locked ? 'Locked' : isFull ? 'Full' : 'Join')
  join.disabled = locked || isFull || code === own
  join.setAttribute('aria-label', `${join.textContent}: ${titleOf(properties)}, ${code}`)
}
