import { MAX_NAME } from '../../protocol/players.ts'
import { createDrawing } from './drawing.ts'
import { createFigures, type Point } from './figures.ts'
import { createLog, type Line } from './log.ts'
import { createPeople } from './people.ts'
import { remembered } from './remembered.ts'
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
const plaza = find('plaza', HTMLElement)
const ground = find('ground', HTMLElement)
const textInput = find('text', HTMLInputElement)
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
  cut,
  reconnect,
})

let current: Visit | undefined
/** Our member number. */
let you = 0
/** The position that was sent last, and when. */
let sent: { at: Point | undefined; time: number } = { at: undefined, time: 0 }
let awaySince = 0

const audience: Audience = {
  seated(room) {
    const stood = figures.all.get(you)?.at
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
  moved: figures.aim,
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
  status.show('connecting')
  try {
    current = await visit(location.origin.replace('http', 'ws'), visitor, audience)
  } catch (error) {
    status.show('closed', 'not connected')
    reconnect.hidden = plaza.hidden
    trouble.textContent = describe(error)
    trouble.hidden = false
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
  figures.step(network.clock.now())
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
  status.showRoundTrip(network.clock.roundTrip)
}

/** What is ours is shown at once, and marked until the server has it. */
function send(line: Line, delivery: Promise<unknown>): void {
  delivery.then(line.sent, (error: unknown) => line.failed(describe(error)))
}

const visitor = (): Visitor => ({ name: nameInput.value.trim(), colour: colourInput.value })
const ownName = () => figures.all.get(you)?.name

/** The element of the page with this id, which is of that kind. */
function find<E extends HTMLElement>(id: string, kind: new () => E): E {
  const element = document.getElementById(id)
  if (element instanceof kind) return element
  throw new Error(`index.html: expected #${id}`)
}

nameInput.maxLength = MAX_NAME
const asked = new URLSearchParams(location.search).get('name')
nameInput.value = asked ?? remembered.get('name') ?? ''
colourInput.value =
  remembered.get('colour') ?? COLOURS[Math.floor(Math.random() * COLOURS.length)] ?? '#4f8cff'

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
reconnect.addEventListener('click', () => void begin(visitor())) // it shows its own failure
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
