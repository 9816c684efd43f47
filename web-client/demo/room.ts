import { ROLES } from '../../protocol/rooms.ts'
import type { Member, Room } from '../client.ts'
import { find, onSubmit, write } from './find.ts'
import { MAX_TITLE, titleOf } from './news.ts'

/** Whether somebody may do what asks for an assistant. */
export const isAssistant = (member: Member | undefined) => rankOf(member) >= RANKS.assistant

/** Who has a higher rank may kick, and give roles. */
export const rankOf = (member: Member | undefined) => (member ? RANKS[member.role] : -1)

const RANKS = Object.fromEntries(ROLES.map((role, rank) => [role, rank])) as Readonly<
  Record<Member['role'], number> // as every role is among them
>

/** What the room is called and how it is found; and a dialog for who may change that. */
export function createRoomBar(told: (error: unknown) => void) {
  const title = find('room-title', HTMLElement)
  const code = find('room-code', HTMLElement)
  const note = find('room-note', HTMLElement)
  const change = find('change', HTMLButtonElement)
  const dialog = find('settings', HTMLDialogElement)
  const titleInput = find('set-title', HTMLInputElement)
  const listedInput = find('set-listed', HTMLInputElement)
  const lockedInput = find('set-locked', HTMLInputElement)
  let room: Room | undefined

  titleInput.maxLength = MAX_TITLE
  change.addEventListener('click', () => {
    if (!room) return
    titleInput.value = typeof room.properties.title === 'string' ? titleOf(room.properties) : ''
    listedInput.checked = room.listed
    lockedInput.checked = room.locked
    dialog.showModal()
  })
  onSubmit('set', () => {
    dialog.close()
    if (room) save(room).catch(told)
  })

  return {
    show(shown: Room): void {
      room = shown
      const name = titleOf(room.properties)
      write(title, name)
      write(code, room.code)
      write(note, [!room.listed && 'unlisted', room.locked && 'locked'].filter(Boolean).join(', '))
      change.hidden = !isAssistant(room.members.get(room.you))
      if (change.hidden) dialog.close()
      document.title = `${name} · Estragon`
    },
  }

  async function save(room: Room): Promise<void> {
    const wanted = titleInput.value.trim()
    const { properties, listed, locked } = room
    const isNamed = wanted !== (properties.title ?? '')
    if (isNamed || listedInput.checked !== listed)
      await room.update({ properties: { title: wanted || null }, listed: listedInput.checked })
    if (lockedInput.checked !== locked) await room.lock(lockedInput.checked)
  }
}
