import { MAX_NAME } from '../../protocol/players.ts'
import { MAX_CHAT } from '../../protocol/plaza.ts'
import { createDrawing } from './drawing.ts'
import { createFigures } from './figures.ts'
import { createLog, type Line } from './log.ts'
import { createPeople } from './people.ts'
import type { Point } from './playback.ts'
import { remembered } from './remembered.ts'
import { createShare, invitedTo, linkTo } from './share.ts'
import { createStatus } from './status.ts'
import { type Audience, describe, type Visit, type Visitor, visit } from './visit.ts'
import { createWalking } from './walking.ts'

/** At most so often our position is sent; the server's tick is no faster. */
const MOVE_MS = 50
/** A tab that slept does not walk all the way at once. */
const LONGEST_STEP_MS = 100
const COLOURS = ['#d1495b', '#edae49', '#00798c', '#5b8e7d', '#8a6fb0', '#e07a5f', '#4f8cff']

const enter = find('enter', HTMLFormElement)
const nameInput = find('name', HTMLInputElement)
const colourInput = find('colour', HTMLInputElement)
const trouble = find('trouble', HTMLElement)
const invitation = find('invitation', HTMLElement)
const instead = find('instead', HTMLButtonElement)
const plaza = find('plaza', HTMLElement)
const ground = find('ground', HTMLElement)
const textInput = find('text', HTMLInputElement)
const shareButton = find('share', HTMLButtonElement)
const cut = find('cut', HTMLButtonElement)
const reconnect = find('reconnect', HTMLButtonElement)

const figures = createFigures()
const drawing = createDrawing(find('canvas', HTMLCanvasElement))
const walking = createWalking(ground, drawing.pointAt)
const log = createLog(find('log', HTMLElement))
const people = createPeople(find('people', HTMLElement))
const status = createStatus({
  status: find('status', HTMLElement),
  roundTrip: find('round-trip', HTMLElement),
  graph: find('graph', SVGElement),
  figure: find('figure', HTMLElement),
  cut,
  reconnect,
})

const share = createShare({
  button: shareButton,
  said: find('shared', HTMLElement),
  byHand: find('by-hand', HTMLDialogElement),
  link: find('link', HTMLInputElement),
  done: find('done', HTMLButtonElement),
})

let current: Visit | undefined
/** The room we sit in, and our member number. */
let code = ''
let you = 0
/** The position that was sent last, and when. */
let sent: { at: Point | undefined; time: number } = { at: undefined, time: 0 }
let awaySince = 0
let invited = invitedTo(location.hash)

const audience: Audience = {
  seated(room) {
    const stood = figures.all.get(you)?.at
    code = room.code
    you = room.you
    figures.clear()
    figures.sync(room)
    const me = figures.all.get(you)
    if (me) me.at = stood
    people.show(figures.all)
    sent.at = undefined
    log.add('note', `You are in the plaza ${room.code}.`)
  },
  changed(room, what) {
    figures.sync(room)
    people.show(figures.all)
    if (what) log.add('note', `${what}.`)
  },
  moved: (rows, time) => figures.aim(rows, time, performance.now()),
  said(member, name, text) {
    figures.say(member, text)
    log.add('chat', text, name)
  },
  waved(member, name) {
    figures.wave(member)
    log.add('wave', 'waves', name)
  },
  state(state, code, reason) {
    const because = `${reason || 'no reason given'}, ${code}`
    if (state === 'away') {
      awaySince = performance.now()
      log.add('note', `The connection dropped (${because}).`)
    } else if (state === 'open') {
      const seconds = (performance.now() - awaySince) / 1000
      log.add('note', `Connected again after ${seconds.toFixed(1)} s.`)
    } else {
      log.add('note', `The connection is closed (${because}).`)
    }
    status.show(state, state === 'closed' ? `closed: ${because}` : undefined)
  },
  told: (text) => void log.add('note', text),
}

/** Enters, or comes back after the connection was closed. */
async function begin(visitor: Visitor): Promise<void> {
  if (status.state === 'connecting') return
  remembered.set('name', visitor.name)
  remembered.set('colour', visitor.colour)
  trouble.hidden = true
  instead.hidden = true
  status.show('connecting')
  try {
    current = await visit(location.origin.replace('http', 'ws'), visitor, audience)
  } catch (error) {
    status.show('closed', 'not connected')
    reconnect.hidden = plaza.hidden
    trouble.textContent = describe(error)
    trouble.hidden = false
    instead.hidden = !visitor.room?.isMust
    if (!plaza.hidden) log.add('note', describe(error))
    return
  }
  status.show(current.network.state)
  if (!plaza.hidden) return
  enter.hidden = true
  plaza.hidden = false
  ground.focus()
}

/** Walks, draws, and says where we are. */
function frame(now: number, before: number): void {
  requestAnimationFrame((next) => frame(next, now))
  if (!current) return
  const { network } = current
  figures.step(now)
  const me = figures.all.get(you)
  if (me?.at) {
    me.at = walking.step(me.at, Math.min(now - before, LONGEST_STEP_MS))
    const hasMoved = me.at.x !== sent.at?.x || me.at.y !== sent.at.y
    if (hasMoved && now - sent.time >= MOVE_MS && network.state !== 'closed') {
      sent = { at: me.at, time: now }
      network.plaza.move(me.at.x, me.at.y)
    }
  }
  drawing.draw(figures.all.values(), now)
  people.show(figures.all)
  status.showRoundTrip(network.clock.roundTrip, now)
}

/** What is ours is shown at once, and marked until the server has it. */
function send(line: Line, delivery: Promise<unknown>): void {
  delivery.then(line.sent, (error: unknown) => line.failed(describe(error)))
}

/** Whoever the form says, in the room that the link invites to. */
const visitor = (): Visitor => ({
  name: nameInput.value.trim(),
  colour: colourInput.value,
  ...(invited && { room: { code: invited, isMust: true } }),
})
/** The same, in the room we sat in if it is still there. */
const returning = (): Visitor => ({ ...visitor(), room: { code, isMust: false } })
const ownName = () => figures.all.get(you)?.name

/** The element of the page with this id, which is of that kind. */
function find<E extends Element>(id: string, kind: new () => E): E {
  const element = document.getElementById(id)
  if (element instanceof kind) return element
  throw new Error(`index.html: expected #${id}`)
}

nameInput.maxLength = MAX_NAME
textInput.maxLength = MAX_CHAT
const asked = new URLSearchParams(location.search).get('name')
nameInput.value = asked ?? remembered.get('name') ?? ''
colourInput.value =
  remembered.get('colour') ?? COLOURS[Math.floor(Math.random() * COLOURS.length)] ?? '#4f8cff'

if (invited) invitation.textContent = `You are invited to the room ${invited}.`

enter.addEventListener('submit', (event) => {
  event.preventDefault()
  void begin(visitor()) // it shows its own failure
})
find('say', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  const text = textInput.value.trim()
  if (!text || !current) return
  textInput.value = ''
  figures.say(you, text)
  send(log.add('chat', text, ownName(), true), current.say(text))
})
find('wave', HTMLButtonElement).addEventListener('click', () => {
  if (!current) return
  figures.wave(you)
  send(log.add('wave', 'waves', ownName(), true), current.wave())
})
cut.addEventListener('click', () => current?.cut())
shareButton.addEventListener('click', () => void share(linkTo(code))) // it shows its own failure
instead.addEventListener('click', () => {
  history.replaceState(null, '', location.pathname + location.search)
  invited = undefined
  if (enter.reportValidity()) void begin(visitor()) // it shows its own failure
})
addEventListener('hashchange', () => {
  if (invitedTo(location.hash) && invitedTo(location.hash) !== code) location.reload()
})
reconnect.addEventListener('click', () => void begin(returning())) // it shows its own failure
ground.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return
  event.preventDefault()
  textInput.focus()
})
textInput.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') ground.focus()
})
addEventListener('pagehide', () => current?.network.close())
addEventListener('pageshow', ({ persisted }) => persisted && location.reload())

requestAnimationFrame((now) => frame(now, now))
if (asked && enter.reportValidity()) void begin(visitor()) // it shows its own failure
