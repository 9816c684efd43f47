import type { Member, Room } from '../client.ts'
import { find, onSubmit } from './find.ts'
import { isAssistant, rankOf } from './room.ts'

export interface MemberOptions {
  readonly room: () => Room | undefined
  readonly ask: (member: Member) => void
  readonly failed: (error: unknown) => void
}

const MAX_REASON = 120
/** Between the menu and what it belongs to, and the edges of the screen, in pixels. */
const GAP = 6

/** A menu of what can be done about a member: ask, give a role, kick. */
export function createMemberMenu({ room: current, ask, failed }: MemberOptions) {
  const menu = find('menu', HTMLElement)
  const dialog = find('kick', HTMLDialogElement)
  const heading = find('kick-title', HTMLElement)
  const reasonInput = find('reason', HTMLInputElement)
  const banInput = find('ban', HTMLInputElement)
  let opener: HTMLElement | undefined
  let member: Member | undefined

  reasonInput.maxLength = MAX_REASON
  menu.addEventListener('keydown', move)
  menu.addEventListener('toggle', () => {
    opener?.setAttribute('aria-expanded', `${menu.matches(':popover-open')}`)
  })
  addEventListener('scroll', close, { passive: true })
  addEventListener('resize', close)
  onSubmit('expel', () => {
    const { number } = member ?? {}
    const how = { reason: reasonInput.value.trim(), ban: banInput.checked }
    dialog.close()
    if (number !== undefined) current()?.kick(number, how).catch(failed)
  })

  return {
    /** Opens the menu for a member, beside what was pressed. */
    open(number: number, beside: HTMLElement): void {
      const room = current()
      member = room?.members.get(number)
      if (!room || !member) return
      opener = beside
      menu.replaceChildren(...entriesFor(room, member).map(button))
      menu.setAttribute('aria-label', member.name)
      menu.showPopover()
      place(menu, beside)
      menu.querySelector('button')?.focus()
    },
    /** Closes what is open about somebody who is here no more. */
    sync({ members }: Room): void {
      if (!member || members.has(member.number)) return
      close()
      dialog.close()
      member = undefined
    },
    close,
  }

  function close(): void {
    if (menu.matches(':popover-open')) menu.hidePopover()
  }

  function entriesFor(room: Room, target: Member): Entry[] {
    const me = room.members.get(room.you)
    const isLower = rankOf(target) < rankOf(me)
    const role = target.role === 'assistant' ? 'player' : 'assistant'
    const assign = () => void room.assign(target.number, role).catch(failed)
    return [
      ['Ask…', () => ask(target)],
      ...(me?.role === 'host' && isLower ? [[`Make ${role}`, assign] satisfies Entry] : []),
      ...(isAssistant(me) && isLower ? [['Kick…', () => confirm(target)] satisfies Entry] : []),
    ]
  }

  function confirm({ name }: Member): void {
    heading.textContent = `Kick ${name}?`
    reasonInput.value = ''
    banInput.checked = false
    dialog.showModal()
  }

  function button([label, act]: Entry): HTMLButtonElement {
    const made = document.createElement('button')
    made.type = 'button'
    made.role = 'menuitem'
    made.textContent = label
    made.addEventListener('click', () => {
      close()
      opener?.focus()
      act()
    })
    return made
  }

  /** As in every menu, arrows lead up and down, and Tab out of it. */
  function move(event: KeyboardEvent): void {
    const buttons = [...menu.querySelectorAll('button')]
    const at = buttons.findIndex((one) => one.matches(':focus'))
    const step = STEPS[event.key]
    if (event.key === 'Tab') close()
    if (step === undefined) return
    event.preventDefault()
    buttons.at((at + step) % buttons.length)?.focus()
  }
}

type Entry = readonly [label: string, act: () => void]

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }

/** Below what was pressed, or above it where there is no room. */
function place(menu: HTMLElement, beside: HTMLElement): void {
  const { left, top, bottom } = beside.getBoundingClientRect()
  const { offsetWidth, offsetHeight } = menu
  const { clientWidth, clientHeight } = document.documentElement
  const isBelow = bottom + GAP + offsetHeight < clientHeight
  const x = Math.max(GAP, Math.min(left, clientWidth - offsetWidth - GAP))
  const y = isBelow ? bottom + GAP : Math.max(GAP, top - offsetHeight - GAP)
  menu.style.setProperty('left', `${x}px`)
  menu.style.setProperty('top', `${y}px`)
}
