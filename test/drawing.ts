import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflateSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { createServer } from '../server/server.ts'
import { connect, type Member } from '../web-client/client.ts'
import type { Rows } from '../web-client/plaza.ts'
import { needEngine, startGodot, startScreen } from './support/engines.ts'
import { createFeed } from './support/feed.ts'
import { type Program, startProgram } from './support/program.ts'
import { NodeSocket } from './support/world.ts'

const PROJECT = fileURLToPath(new URL('../godot-client/godot4/', import.meta.url))
const PICTURES = fileURLToPath(new URL('../.pictures/', import.meta.url))
const SCREEN = { width: 1280, height: 720 }
const ADA = { name: 'Ada', colour: '#4f8cff', walk: [1310, 200] } as const
const BOB = { name: 'Bob', colour: '#edae49', at: [450, 480] } as const
const CY = { name: 'Cy', colour: '#00798c', at: [1250, 720] } as const
const CUE = 'Yes, let’s go. (They do not move.)'
const PAVING = { light: '#ece8dd', dark: '#262b24' }
/** Software drawing, two at a time, on a slow machine. */
const BOUND_MS = 90_000

const godot = needEngine(t, 'godot4')
const xvfb = needEngine(t, 'xvfb')
if (godot !== undefined && xvfb !== undefined) {
  let project: string
  let display: string

  t.before(async () => {
    project = t.testdir()
    for (const part of ['project.godot', 'addons', 'demo'])
      cpSync(join(PROJECT, part), join(project, part), { recursive: true })
    const importing = startProgram(t, godot, ['--headless', '--import', '--path', project])
    t.match(await endOf(importing), { code: 0, signal: null }, 'the project opens')
    display = await startScreen(t, xvfb, SCREEN)
    mkdirSync(PICTURES, { recursive: true })
  })

  for (const look of ['light', 'dark'] as const)
    t.test(`the Godot 4 demo walks in the plaza, and draws who is there, ${look}`, async (t) => {
      const { url, bob } = await plaza(t)
      const picture = join(PICTURES, `godot4-plaza-${look}.png`)
      rmSync(picture, { force: true })

      const demo = visit({
        ...ADA,
        url,
        picture,
        say: 'Shall we go?',
        cue: CUE,
        dark: look === 'dark',
      })
      t.teardown(() => {
        if (!t.passing()) t.comment([...demo.lines.items, ...demo.complaints.items].join('\n'))
      })
      const ada = await bob.joined.until(({ name }) => name === ADA.name, 'the demo comes in')
      await bob.heard.until((text) => text === 'Ada: Shall we go?', 'the demo speaks')
      await bob.rows.until(hasAt(ada.number, ADA.walk), 'the demo arrives')
      await bob.network.events.emit('plaza.wave')
      await bob.network.events.emit('plaza.chat', [CUE])

      t.match(await endOf(demo), { code: 0, signal: null })
      t.same(demo.complaints.items.concat(demo.lines.items).filter(complains), [])
      t.same(ada.data, { colour: ADA.colour })
      t.ok(bob.places(ada.number) > 2, `it walks: ${bob.places(ada.number)} places on the way`)
      const { width, height, count } = readPng(picture)
      t.same({ width, height }, SCREEN)
      for (const { name, colour } of [ADA, BOB])
        t.ok(count(colour) > 300, `${name} in ${colour}: ${count(colour)} pixels`)
      t.ok(count(PAVING[look]) > 200_000, `the paving: ${count(PAVING[look])} pixels`)
    })

  /** The demo on the screen, as its rehearsal.gd is asked. */
  function visit(asked: object) {
    const env = { ESTRAGON_DEMO: JSON.stringify({ after: 0.35, ...asked }) }
    return startGodot(t, 'godot4', godot ?? '', { project, display, env })
  }
}

/** How a program ended, by itself or after too long. */
async function endOf(program: Program) {
  const bound = setTimeout(() => void program.close(), BOUND_MS) // awaited as `ended`
  const ending = await program.ended
  clearTimeout(bound)
  return ending
}

/** A server with Bob in its plaza, and Cy, who is away. */
async function plaza(t: Test) {
  const server = await createServer({ host: '127.0.0.1', port: 0 })
  t.teardown(server.close)
  const url = `ws://127.0.0.1:${server.port}`
  const enter = async ({ name, colour, at: [x, y] }: typeof BOB | typeof CY) => {
    const network = await connect(url, { WebSocket: NodeSocket, backoff: () => BOUND_MS })
    t.teardown(network.close)
    const room = await network.rooms.joinOrCreate('plaza', { name, data: { colour } })
    network.plaza.move(x, y)
    return { network, room }
  }
  const { network, room } = await enter(BOB)
  const cy = await enter(CY)
  const rows = createFeed<Rows>('rows')
  const heard = createFeed<string>('chat')
  const joined = createFeed<Member>('joins')
  network.plaza.on('rows', rows.push)
  network.events.on('plaza.chat', ([text], from) => heard.push(`${from.name}: ${text}`))
  room.on('joined', joined.push)
  cy.network.cut()
  const places = (number: number) =>
    new Set(rows.items.flatMap((all) => all.filter(([its]) => its === number).map(String))).size
  return { url, bob: { network, rows, heard, joined, places } }
}

const hasAt =
  (number: number, [x, y]: readonly [number, number]) =>
  (rows: Rows) =>
    rows.some(([its, itsX, itsY]) => its === number && itsX === x && itsY === y)

const complains = (line: string) => line.includes('ERROR')

/** A PNG of 8 bits a channel, not interlaced, as Godot saves it; see the PNG specification. */
function readPng(path: string) {
  const file = readFileSync(path)
  const data: Buffer[] = []
  for (let at = 8; at < file.length; at += file.readUInt32BE(at) + 12)
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)))
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)]
  const channels = file[25] === 6 ? 4 : 3
  const pixels = unfilter(inflateSync(Buffer.concat(data)), width * channels, channels)
  return {
    width,
    height,
    /** How many pixels have exactly this colour. */
    count(colour: string): number {
      let found = 0
      for (let at = 0; at < pixels.length; at += channels)
        if (`#${pixels.toString('hex', at, at + 3)}` === colour) found++
      return found
    },
  }
}

/** Undoes the filter that each line of a PNG names in its first byte. */
function unfilter(lines: Buffer, stride: number, channels: number): Buffer {
  const height = lines.length / (stride + 1)
  const pixels = Buffer.alloc(height * stride)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x
      const left = x < channels ? 0 : (pixels[at - channels] ?? 0)
      const up = y === 0 ? 0 : (pixels[at - stride] ?? 0)
      const corner = x < channels || y === 0 ? 0 : (pixels[at - stride - channels] ?? 0)
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)]
      pixels[at] = (lines[at + y + 1] ?? 0) + (guess[lines[y * (stride + 1)] ?? 0] ?? 0)
    }
  return pixels
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value)) as [
    number,
    number,
    number,
  ]
  return a <= b && a <= c ? left : b <= c ? up : corner
}
