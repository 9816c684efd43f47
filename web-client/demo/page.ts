import { MAX_CHAT } from '../../protocol/plaza.ts'
import { createAsking } from './ask.ts'
import { createDrawing } from './drawing.ts'
import { createEntrance } from './entrance.ts'
import { createFigures } from './figures.ts'
import { find, onSubmit } from './find.ts'
import { createLobby } from './lobby.ts'
import { createLog, type Line } from './log.ts'
import { createMemberMenu } from './member.ts'
import { titleOf } from './news.ts'
import { createPeople } from './people.ts'
import { remembered } from './remembered.ts'
import { createRoomBar } from './room.ts'
import { createRound } from './round.ts'
import { createShare, invitedTo, linkForOthers, linkTo } from './share.ts'
import type { Sound, Sounds } from './sounds.ts'
import { createStatus } from './status.ts'
import { type Audience, createVisit, describe, type Wish } from './visit.ts'
import { createWalking } from './walking.ts'

/** The library closes its own. */
const OWN_DIALOGS = 'dialog:not(.estragon-dialog)'

const plaza = find('plaza', HTMLElement)
const ground = find('ground', HTMLElement)
const textInput = find('text', HTMLInputElement)
const shareButton = find('share', HTMLButtonElement)
const cut = find('cut', HTMLButtonElement)
const reconnect = find('reconnect', HTMLButtonElement)

const note = (text: string) => void log.add('note', text)
const failed = (error: unknown) => note(describe(error))

const sound = find('sound', HTMLButtonElement)
/** Loaded when they are first switched on. */
let sounds: Sounds | undefined
const play = (tune: Sound) => sounds?.play(tune)
const figures = createFigures(play)
const round = createRound(play)
const drawing = createDrawing(find('canvas', HTMLCanvasElement))
const walking = createWalking(ground, drawing.pointAt)
const log = createLog(find('log', HTMLElement))
const bar = createRoomBar(failed)
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
})

let awaySince = 0
/** What is to be told once we know what we missed, and how much was said meanwhile. */
let back = ''
let missed = 0

const audience: Audience = {
  seated(room) {
    const stood = me()?.at
    figures.clear()
    figures.sync(room)
    round.begin(room)
    seat = room.you
    if (stood) walking.go(stood)
    show(room)
    const { title } = room.properties
    note(`You are in ${title ? `“${titleOf(room.properties)}”` : 'the plaza'} ${room.code}.`)
  },
  sampling: steer,
  changed(room, sentence) {
    figures.sync(room)
    show(room)
    if (sentence) note(sentence)
    if (sentence || !back) return
    note(`${back}: ${missed === 1 ? '1 message' : `${missed} messages`} while you were away.`)
    back = ''
  },
  kicked(sentence) {
    for (const dialog of document.querySelectorAll<HTMLDialogElement>(OWN_DIALOGS)) dialog.close()
    menu.close()
    figures.clear()
    people.show(figures.all)
    log.clear()
    status.show('outside')
    plaza.hidden = true
    entrance.show(sentence)
    lobby.showOutside()
  },
  said(member, name, text) {
    missed++
    figures.say(member, text)
    log.add('chat', text, name)
  },
  waved(member, name) {
    missed++
    figures.wave(member)
    log.add('wave', 'waves', name)
  },
  state(state, code, reason) {
    const because = `${reason || 'no reason given'}, ${code}`
    if (state === 'away') {
      awaySince = performance.now()
      note(`The connection dropped (${because}).`)
    } else if (state === 'open') {
      const seconds = (performance.now() - awaySince) / 1000
      missed = 0
      back = `Connected again after ${seconds.toFixed(1)} s`
    } else {
      note(`The connection is closed (${because}).`)
    }
    status.show(state, state === 'closed' ? `closed: ${because}` : undefined)
  },
  told: note,
}

const visit = createVisit(location.origin.replace('http', 'ws'), audience)
const asking = createAsking({
  ask: visit.ask,
  asked: (text) => log.add('note', text, undefined, true),
  answered: (name, text) => void log.add('chat', text, name),
})
const menu = createMemberMenu({ room: () => visit.room, ask: asking.open, failed })
const people = createPeople(find('people', HTMLElement), menu.open)
const entrance = createEntrance(go)
const lobby = createLobby({ list: visit.list, here: () => visit.room?.code, go: move })
/** Our member number. */
let seat = 0

const me = () => figures.all.get(seat)

function show(room: Parameters<typeof bar.show>[0]): void {
  people.show(figures.all)
  bar.show(room)
  menu.sync(room)
}

/** Takes a seat, the first or another; rejects with what stands in the way. */
async function go(wish: Wish): Promise<void> {
  const visitor = entrance.visitor()
  if (!visitor || status.state === 'connecting') return
  const isSeated = status.state === 'open' || status.state === 'away'
  if (!isSeated) status.show('connecting')
  try {
    await visit.enter(visitor, wish)
  } catch (error) {
    if (plaza.hidden) status.show('outside')
    else if (!isSeated) status.show('closed', 'not connected')
    throw error
  }
  status.show(visit.network?.state ?? 'closed')
  entrance.hide()
  lobby.hide()
  plaza.hidden = false
  ground.focus()
}

/** Goes where somebody chose to; the address then leads there as well. */
async function move(wish: Wish): Promise<void> {
  await go(wish)
  if (visit.room) history.replaceState(null, '', linkTo(visit.room.code))
}

/** Says which way we walk from where we will be, or that we stand. */
function steer(): void {
  const { mine } = visit.room?.state.players ?? {}
  if (mine) visit.walk(walking.way(mine.predicted ?? mine, mine))
}

/** Walks and draws. */
function frame(now: number): void {
  requestAnimationFrame(frame)
  const { network, room } = visit
  if (!network || !room || plaza.hidden) return
  steer()
  figures.step(room, now)
  round.step()
  drawing.draw(figures.drawn, room.state, now)
  people.show(figures.all)
  status.showRoundTrip(network.clock.roundTrip, now)
}

/** What is ours is shown at once, and marked until the server has it. */
function send(line: Line, delivery: Promise<unknown>): void {
  delivery.then(line.sent, (error: unknown) => line.failed(describe(error)))
}

textInput.maxLength = MAX_CHAT
onSubmit('say', () => {
  const text = textInput.value.trim()
  if (!text) return
  textInput.value = ''
  figures.say(seat, text)
  send(log.add('chat', text, me()?.name, true), visit.say(text))
})
find('wave', HTMLButtonElement).addEventListener('click', () => {
  figures.wave(seat)
  send(log.add('wave', 'waves', me()?.name, true), visit.wave())
})
cut.addEventListener('click', visit.cut)
sound.addEventListener('click', async () => {
  sounds ??= (await import('./sounds.ts')).createSounds()
  sound.setAttribute('aria-pressed', `${sounds.toggle()}`)
})
find('others', HTMLButtonElement).addEventListener('click', lobby.open)
shareButton.addEventListener('click', () => {
  if (visit.room) void linkForOthers(visit.room.code).then(share) // it shows its own failure
})
reconnect.addEventListener('click', () => {
  const { code = '' } = visit.room ?? {}
  go({ kind: 'code', code, isMust: false }).catch(failed)
})
document.addEventListener('click', ({ target }) => {
  if (target instanceof Element && target.closest('[data-close]')) target.closest('dialog')?.close()
})
ground.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return
  event.preventDefault()
  textInput.focus()
})
textInput.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') ground.focus()
})
addEventListener('hashchange', () => {
  if (invitedTo(location.hash) && invitedTo(location.hash) !== visit.room?.code) location.reload()
})
addEventListener('pageshow', ({ persisted }) => persisted && location.reload())

requestAnimationFrame(frame)
if (entrance.isKnown() || remembered.hasVisited()) entrance.enter()
else lobby.showOutside()
