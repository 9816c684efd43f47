import { MAX_NAME } from '../../protocol/players.ts'
import { find, onSubmit } from './find.ts'
import { remembered } from './remembered.ts'
import { invitedTo } from './share.ts'
import { describe, type Visitor, type Wish } from './visit.ts'

const COLOURS = ['#d1495b', '#edae49', '#00798c', '#5b8e7d', '#8a6fb0', '#e07a5f', '#4f8cff']

const NAMES = ['Vladimir', 'Estragon', 'Pozzo', 'Lucky']

/** The card in front of the plaza: who comes in, and by which link. */
export function createEntrance(go: (wish: Wish) => Promise<void>) {
  const outside = find('outside', HTMLElement)
  const card = find('enter', HTMLFormElement)
  const heading = find('enter-title', HTMLElement)
  const nameInput = find('name', HTMLInputElement)
  const colourInput = find('colour', HTMLInputElement)
  const trouble = find('trouble', HTMLElement)
  const invitation = find('invitation', HTMLElement)
  const instead = find('instead', HTMLButtonElement)
  const asked = new URLSearchParams(location.search).get('name')
  let invited = invitedTo(location.hash)

  nameInput.maxLength = MAX_NAME
  nameInput.value = asked ?? remembered.get('name') ?? oneOf(NAMES)
  colourInput.value = remembered.get('colour') ?? oneOf(COLOURS)
  if (invited) invitation.textContent = `You are invited to the room ${invited}.`
  onSubmit('enter', enter)
  instead.addEventListener('click', () => {
    forgetLink()
    if (card.reportValidity()) enter()
  })

  return {
    /** Whether the address says who we are, so that nobody needs to ask. */
    isKnown: () => asked !== null && card.reportValidity(),
    enter,

    /** Whoever the card says; undefined when it asks for more. */
    visitor(): Visitor | undefined {
      if (!card.reportValidity()) return undefined
      const visitor = { name: nameInput.value.trim(), colour: colourInput.value }
      remembered.set('name', visitor.name)
      remembered.set('colour', visitor.colour)
      return visitor
    },

    hide(): void {
      outside.hidden = true
      trouble.hidden = true
      instead.hidden = true
    },

    /** Shows the card again, and why. */
    show(why: string): void {
      forgetLink()
      outside.hidden = false
      tell(why)
      heading.focus()
    },
  }

  function enter(): void {
    trouble.hidden = true
    instead.hidden = true
    const wish: Wish = invited ? { kind: 'code', code: invited, isMust: true } : { kind: 'any' }
    go(wish).catch((error: unknown) => {
      tell(describe(error))
      instead.hidden = !invited
    })
  }

  function tell(text: string): void {
    trouble.textContent = text
    trouble.hidden = false
  }

  function forgetLink(): void {
    history.replaceState(null, '', location.pathname + location.search)
    invited = undefined
    invitation.textContent = 'Come in again, or choose another room.'
  }
}

/** What a stranger is offered. */
const oneOf = (all: readonly string[]): string => all[Math.floor(Math.random() * all.length)] ?? ''
