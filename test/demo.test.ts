import t, { type Test } from 'tap'
import { createServer } from '../server/server.ts'
import { connect, type Network } from '../web-client/client.ts'
import {
  copyProject,
  type Demo,
  type Generation,
  isAt,
  listed,
  please,
  startDemo,
  times,
} from './support/demo.ts'
import { needEngine } from './support/engines.ts'
import { createFeed } from './support/feed.ts'
import { NodeSocket } from './support/world.ts'

const ENGINES: Readonly<Record<Generation, string>> = { godot4: 'Godot 4', godot3: 'Godot 3' }
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
      t.same(again.people, ['Prompter', 'Gogo you'])
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

      t.same(view.people, ['Prompter', 'Didi you'])
      await quit(t, prompter, again, 'Didi')
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
  return {
    url,
    prompter,
    hears: (line: string) => heard.until((text) => text === line, line),
    left: (name: string) => leavers.until((leaver) => leaver === name, `${name} to leave`),
  }
}

async function quit(t: Test, prompter: Network, demo: Demo, name: string): Promise<void> {
  await please(prompter, name, 'quit')
  t.match(await demo.program.ended, { code: 0, signal: null })
  t.same(demo.complaints(), [])
}
