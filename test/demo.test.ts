import t, { type Test } from 'tap'
import { createServer } from '../server/server.ts'
import { connect, type Network, type Room } from '../web-client/client.ts'
import {
  copyProject,
  type Demo,
  type Generation,
  isAt,
  listed,
  please,
  pleaseIn,
  startDemo,
  times,
} from './support/demo.ts'
import { needEngine } from './support/engines.ts'
import { createFeed } from './support/feed.ts'
import { NodeSocket } from './support/world.ts'

const ENGINES: Readonly<Record<Generation, string>> = { godot4: 'Godot 4', godot3: 'Godot 3' }
/** The font of Godot 3 lacks an ellipsis. */
const ASK: Readonly<Record<Generation, string>> = { godot4: 'Ask…', godot3: 'Ask...' }
const KICK: Readonly<Record<Generation, string>> = { godot4: 'Kick…', godot3: 'Kick...' }
const SOMEWHERE = [400, 300] as const
const INVENTED = /^(Vladimir|Estragon|Pozzo|Lucky)$/

for (const engine of ['godot4', 'godot3'] as const)
  t.test(`the demo of ${ENGINES[engine]}`, async (t) => {
    const path = needEngine(t, engine)
    if (path === undefined) return
    const project = await copyProject(t, engine, path, t.testdir())

    t.test('joins at once as an invented guest, walks, and chats', async (t) => {
      const { url, prompter, hears } = await plaza(t)
      const demo = startDemo(t, engine, path, { project }, { url })

      const { people = [], card } = await demo.shows(isSeated, 'to be seated')
      const name = guestOf(people)
      await please(prompter, name, 'walk', SOMEWHERE)
      await demo.shows((view) => isAt(view, name, SOMEWHERE), 'to walk there')
      await please(prompter, name, 'say', 'Nothing to be done.')
      await demo.shows((view) => times(view, `${name} Nothing to be done.`) === 1, 'what it says')
      await demo.shows(({ status }) => status === 'connected', 'to be connected')

      t.match(name, INVENTED)
      t.equal(card, false)
      await hears(`${name}: Nothing to be done.`)
      await quit(t, prompter, demo, name)
    })

    t.test('leaves for the card, and enters again by another name, in a new seat', async (t) => {
      const { url, prompter, left } = await plaza(t)
      const demo = startDemo(t, engine, path, { project }, { url, name: 'Didi' })
      await demo.shows(isSeated, 'to be seated')

      await please(prompter, 'Didi', 'leave', 'Gogo')
      const gone = await demo.shows(({ card }) => card === true, 'the card')
      const again = await demo.shows(
        (view) => view.card === false && listed(view) === 'Prompter,Gogo',
        'to be seated again',
      )

      t.match(gone, { status: 'not connected', trouble: '' })
      t.same(again.people, ['Prompter host', 'Gogo you'])
      t.equal(again.log?.length, 1, 'a new visit begins with nothing said')
      await left('Didi')
      await quit(t, prompter, demo, 'Gogo')
    })

    t.test('remembers who it was when it is played again', async (t) => {
      const { url, prompter } = await plaza(t)
      const env = { XDG_DATA_HOME: t.testdir() }
      const first = startDemo(t, engine, path, { project, env }, { url, name: 'Didi' })
      await first.shows(isSeated, 'to be seated')
      await quit(t, prompter, first, 'Didi')

      const again = startDemo(t, engine, path, { project, env }, { url })
      const view = await again.shows(isSeated, 'to be seated again')

      t.same(view.people, ['Prompter host', 'Didi you'])
      await quit(t, prompter, again, 'Didi')
    })

    t.test('makes a room with a code, by which others join it', async (t) => {
      const { url, prompter, room, enter } = await plaza(t)
      const demo = startDemo(t, engine, path, { project }, { url, name: 'Didi' })
      await demo.shows(isSeated, 'to be seated')

      await please(prompter, 'Didi', 'press', 'Rooms')
      const { rooms } = await demo.shows(({ rooms = [] }) => rooms.length > 0, 'the list')
      await please(prompter, 'Didi', 'make', ['Act Two', false])
      const { room: its = {} } = await demo.shows(
        (view) => view.room?.title === 'Act Two',
        'its room',
      )
      const gogo = await enter('Gogo', its.code)
      const made = await demo.shows((view) => listed(view) === 'Didi,Gogo', 'Gogo')

      t.same(rooms, [`The plaza ${room.code} 2`])
      t.match(its, { notes: 'unlisted', may_lock: true })
      t.match(made, { people: ['Didi host, you', 'Gogo'], rooms: [] })
      t.same(gogo.room.properties, { title: 'Act Two' })
      t.same(room.members.size, 1, 'it has left the room it was in')
      await gogo.asks('quit')
      t.match(await demo.program.ended, { code: 0, signal: null })
      t.same(demo.complaints(), [])
    })

    t.test('goes to a room by its code, from the plaza, by a link, from the card', async (t) => {
      const { url, prompter, room, make } = await plaza(t)
      const gogo = await make('Gogo', { title: 'The tree' })
      const { code } = gogo.room
      const demo = startDemo(t, engine, path, { project }, { url, name: 'Didi' })
      await demo.shows(isSeated, 'to be seated')

      await please(prompter, 'Didi', 'press', 'Rooms')
      await demo.shows(({ rooms = [] }) => rooms.includes(`The tree ${code} 1`), 'the list')
      await please(prompter, 'Didi', 'join', 'ZZZZZZ')
      const none = await demo.shows(({ refusal }) => refusal !== '', 'that it is not there')
      await please(prompter, 'Didi', 'join', ` ${code.slice(0, 3)} ${code.slice(3)}`.toLowerCase())
      await demo.shows((view) => listed(view) === 'Gogo,Didi', 'to be there')
      await gogo.asks('press', 'CopyLink')
      await gogo.asks('press', 'Rooms')
      await gogo.asks('join', `http://127.0.0.1:1/#room=${room.code}`)
      await demo.shows((view) => listed(view) === 'Prompter,Didi', 'to be back by the link')
      await please(prompter, 'Didi', 'browse', code)
      await demo.shows(({ card }) => card === true, 'the card')
      const there = await demo.shows((view) => listed(view) === 'Gogo,Didi', 'to be there again')

      t.match(none, { refusal: 'No room has this code.', people: ['Prompter host', 'Didi you'] })
      t.match(there, { card: false, room: { title: 'The tree', code, may_lock: false } })
      t.equal(room.members.size, 1)
      await gogo.asks('quit')
      t.match(await demo.program.ended, { code: 0, signal: null })
      t.same(demo.complaints(), [])
    })

    t.test('as host gives roles, locks, and kicks; kicked itself, it says why', async (t) => {
      const { url, prompter, enter, make } = await plaza(t)
      const demo = startDemo(t, engine, path, { project }, { url, name: 'Didi' })
      await demo.shows(isSeated, 'to be seated')
      await please(prompter, 'Didi', 'press', 'Rooms')
      await please(prompter, 'Didi', 'make', ['', true])
      const { room = {} } = await demo.shows((view) => listed(view) === 'Didi', 'its room')
      const gogo = await enter('Gogo', room.code)
      const bob = await enter('Bob', room.code)
      await demo.shows((view) => listed(view) === 'Didi,Gogo,Bob', 'both')

      await gogo.asks('open', 'Gogo')
      const { menu } = await demo.shows(({ menu = [] }) => menu.length > 0, 'the menu')
      await gogo.asks('pick', 'Make assistant')
      await demo.shows(({ people = [] }) => people.includes('Gogo assistant'), 'the role')
      await gogo.asks('open', 'Gogo')
      await gogo.asks('pick', 'Make player')
      await demo.shows(({ people = [] }) => people.includes('Gogo'), 'the role again')
      await gogo.asks('press', 'Lock')
      await demo.shows(({ room }) => room?.notes === 'locked', 'to be locked')
      await t.rejects(enter('Cy', room.code), { code: 'ROOM_LOCKED' })
      await gogo.asks('open', 'Bob')
      await gogo.asks('pick', KICK[engine])
      await gogo.asks('write', 'Enough.')
      await demo.shows((view) => times(view, 'Bob was kicked.') === 1, 'Bob to be gone')
      t.match(await bob.kicked, { banned: false, reason: 'Enough.' })

      t.same(menu, [ASK[engine], 'Make assistant', KICK[engine]])
      const pozzo = await make('Pozzo', { title: 'His' })
      await gogo.asks('press', 'Rooms')
      await gogo.asks('join', pozzo.room.code)
      await demo.shows((view) => listed(view) === 'Pozzo,Didi', 'to be at Pozzo’s')
      await pozzo.asks('open', 'Pozzo')
      const { menu: few } = await demo.shows(({ menu = [] }) => menu.length > 0, 'a short menu')
      t.same(few, [ASK[engine]], 'who is not the host can only ask')
      await pozzo.room.kick(2, { reason: 'My land.' })
      const out = await demo.shows(({ card }) => card === true, 'the card')
      t.match(out, { trouble: 'Pozzo has kicked you: My land.', status: 'not connected' })
      t.same(demo.complaints(), [])
    })

    t.test('asks somebody, and is asked', async (t) => {
      const { url, prompter, room } = await plaza(t)
      const asked: unknown[] = []
      prompter.queries.register('dialog', (data) => {
        asked.push(data)
        return 'No'
      })
      const demo = startDemo(t, engine, path, { project }, { url, name: 'Didi' })
      await demo.shows(isSeated, 'to be seated')
      const didi = room.members.get(2)?.session

      await please(prompter, 'Didi', 'open', 'Prompter')
      await please(prompter, 'Didi', 'pick', ASK[engine])
      await please(prompter, 'Didi', 'write', 'Has he come?')
      await demo.shows((view) => times(view, 'Prompter answers: No') === 1, 'the answer')
      const question = { text: 'Shall we go?', choices: ['Yes', 'No'] }
      const answer = prompter.queries.ask(`session:${didi}`, 'dialog', question)
      const { prompt } = await demo.shows(({ prompt = [] }) => prompt.length > 0, 'the popup')
      await please(prompter, 'Didi', 'answer', 'Yes')

      t.same(asked, [{ text: 'Has he come?', choices: ['Yes', 'No'] }])
      t.same(prompt, ['Prompter', 'Shall we go?', 'Yes', 'No'])
      t.equal(await answer, 'Yes')
      await demo.shows(({ prompt }) => prompt?.length === 0, 'the popup to be gone')
      await quit(t, prompter, demo, 'Didi')
    })

    t.test('says on the card that no server is there', async (t) => {
      const server = await createServer({ host: '127.0.0.1', port: 0 })
      await server.close()

      const url = `ws://127.0.0.1:${server.port}`
      const demo = startDemo(t, engine, path, { project }, { url })

      const { card, status, trouble } = await demo.shows(
        (view) => view.trouble !== undefined && view.trouble !== '',
        'what is wrong',
      )
      t.match({ card, status }, { card: true, status: 'not connected' })
      t.match(trouble, new RegExp(`^${url}: no server answered`))
      t.same(demo.complaints(), [])
    })
  })

const isSeated = ({ card, people = [] }: { card?: boolean; people?: readonly string[] }) =>
  card === false && people.some((entry) => entry.endsWith(' you'))

const guestOf = (people: readonly string[]) =>
  people.find((entry) => entry.endsWith(' you'))?.slice(0, -' you'.length) ?? ''

/** A server with somebody in its plaza who tells the demos what to do. */
async function plaza(t: Test) {
  const server = await createServer({ host: '127.0.0.1', port: 0 })
  t.teardown(server.close)
  const url = `ws://127.0.0.1:${server.port}`
  const prompter = await connect(url, { WebSocket: NodeSocket })
  t.teardown(prompter.close)
  const room = await prompter.rooms.joinOrCreate('plaza', { name: 'Prompter' })
  const heard = createFeed<string>('chat')
  const leavers = createFeed<string>('who left')
  prompter.events.on('plaza.chat', ([text], from) => heard.push(`${from.name}: ${text}`))
  room.on('left', ({ name }) => leavers.push(name))
  /** Somebody else, who may tell the demo Didi what to do in the room it is let into. */
  async function come(into: (network: Network) => Promise<Room>) {
    const network = await connect(url, { WebSocket: NodeSocket })
    t.teardown(network.close)
    const room = await into(network)
    const kicked = new Promise((resolve) => room.on('kicked', resolve))
    return { room, kicked, asks: pleaseIn(room, network, 'Didi') }
  }
  return {
    url,
    prompter,
    room,
    enter: (name: string, code = '') => come(({ rooms }) => rooms.join(code, { name })),
    make: (name: string, properties: { title?: string }) =>
      come(({ rooms }) => rooms.create('plaza', { name, properties })),
    hears: (line: string) => heard.until((text) => text === line, line),
    left: (name: string) => leavers.until((leaver) => leaver === name, `${name} to leave`),
  }
}

async function quit(t: Test, prompter: Network, demo: Demo, name: string): Promise<void> {
  await please(prompter, name, 'quit')
  t.match(await demo.program.ended, { code: 0, signal: null })
  t.same(demo.complaints(), [])
}
