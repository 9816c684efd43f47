import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { SCOPES } from '../protocol/players.ts'
import { createKey } from '../server/features/keys.ts'
import { createHub } from '../server/server.ts'
import { connect, type Network, NetworkError } from '../web-client/client.ts'
import { createClock, createRandom, createTestWorld, seedOf } from './support/clock.ts'
import { memoryWebSocket } from './support/memory.ts'
import { within } from './support/promise.ts'
import { createSlowStore } from './support/slow-store.ts'
import { sized } from './support/soak.ts'
import { immediately, UNHURRIED_MS } from './support/world.ts'

/* Players, their channels, aliases and props, while the store takes its time and connections drop. */

const WALKS = sized(20, 400)
const ROUNDS = 6
const STEPS = 60
const PEOPLE = 5
const CHANNELS = 4

/** What may come of anything here; another code is a mistake. */
const ENDS = new Set([
  ...['STORAGE_FAILED', 'OUTCOME_UNKNOWN', 'DISCONNECTED', 'CLOSED', 'NOT_IN_CHANNEL'],
  ...['CHANNEL_NOT_FOUND', 'NOT_CHANNEL_OWNER', 'NO_PLAYER_FOUND', 'TARGET_LEFT', 'CHANNEL_FULL'],
])

t.test('players are known, and hear what they should, however slow the store', async (t) => {
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const ends = new Map<string, number>()

  for (let walk = 0; walk < WALKS; walk++) {
    const wrongs = await within(walkAbout(seed + walk, ends))
    if (wrongs.length > 0) return t.strictSame(wrongs.slice(0, 8), [], `seed ${seed + walk}`)
  }

  t.comment([...ends].map(([what, many]) => `${what} ${many}`).join(', '))
  for (const what of [
    'send ok',
    'send NOT_IN_CHANNEL',
    'join ok',
    'leave ok',
    'update ok',
    'link ok',
  ])
    t.ok((ends.get(what) ?? 0) > 0, what)
})

interface Person {
  id: string
  key: string
}

/** A device of somebody's, and what it was told. */
interface Device {
  readonly network: Network
  readonly who: Person
  isHere: boolean
  /** Of each channel, the offsets and what was said, since it left that itself. */
  readonly heard: Map<number, [offset: number, message: unknown][]>
}

async function walkAbout(seed: number, ends: Map<string, number>): Promise<string[]> {
  const random = createRandom(seed)
  const clock = createClock()
  const world = createTestWorld(clock, seed)
  const store = createSlowStore(world.log)
  const limits = { heartbeat_ms: UNHURRIED_MS, page: 3, channel_members: PEOPLE - 1 }
  const hub = createHub({ dev: true, world, store, rates: false, limits })
  const Socket = memoryWebSocket(hub)
  const people: Person[] = []
  const devices: Device[] = []
  const pending = new Set<Promise<void>>()
  const said: { channel: number; offset: number; message: string }[] = []
  const refused = new Set<string>()
  const wrongs: string[] = []
  let numbered = 0
  let fails = () => false

  const made = createKey(store, world, 'service', SCOPES)
  store.release(1, fails)
  const { key } = await made

  for (let index = 0; index < PEOPLE; index++) {
    const person = { id: '', key: '' }
    people.push(person)
    await arrive(person)
  }
  fails = () => random.below(40) === 0
  for (let round = 0; round < ROUNDS; round++) {
    for (let step = 0; step < STEPS; step++) {
      act()
      if (random.below(3) === 0) store.release(1 + random.below(4), fails)
      if (random.below(4) === 0) await turn()
    }
    await settle()
    await compare(`round ${round}`)
    if (wrongs.length > 0) break
  }
  for (const { network } of devices) network.close()
  while (store.waiting > 0) {
    store.release(100, () => false)
    await turn()
  }
  hub.close()
  await store.close()
  return wrongs

  /** Another device of somebody's; it identifies until it has. */
  async function arrive(who: Person): Promise<void> {
    const timers = {
      now: clock.now,
      after: (ms: number, callback: () => void) =>
        ms > 0 ? clock.after(ms, callback) : immediately(callback),
    }
    const options = { WebSocket: Socket, timers, backoff: () => 0, report: () => {} }
    const network = await connect('memory:', options)
    const device: Device = { network, who, isHere: true, heard: new Map() }
    devices.push(device)
    network.channels.on('message', ({ channel, offset, message }) => {
      const heard = device.heard.get(channel) ?? []
      const last = heard.at(-1)?.[0]
      if (last !== undefined && offset !== last + 1)
        wrongs.push(`${who.id} heard ${offset} of ${channel} after ${last}`)
      device.heard.set(channel, [...heard, [offset, message]])
    })
    const identify = async (): Promise<void> => {
      const credentials = who.key ? { guest_key: who.key } : {}
      const identified = network.players.identify(credentials).then(
        ({ player, guest_key = who.key }) => Object.assign(who, { id: player.id, key: guest_key }),
        (error: NetworkError) => {
          if (!ENDS.has(error.code)) wrongs.push(`identify: ${error.code} ${error.message}`)
          if (device.isHere) return identify()
        },
      )
      await identified
    }
    const identified = identify()
    track(identified)
    if (who.id) return
    while (!who.id) {
      store.release(10, fails)
      await turn()
    }
    await identified
  }

  function track(promise: Promise<unknown>): void {
    const one: Promise<void> = promise.then(
      () => void pending.delete(one),
      (error) => {
        pending.delete(one)
        wrongs.push(`${error}`)
      },
    )
    pending.add(one)
  }

  /** Asks for something, and notes its end. */
  function ask(what: string, promise: Promise<unknown>, failed?: () => void): void {
    const note = (end: string) => ends.set(`${what} ${end}`, (ends.get(`${what} ${end}`) ?? 0) + 1)
    track(
      promise.then(
        () => note('ok'),
        (error: unknown) => {
          const code = error instanceof NetworkError ? error.code : `${error}`
          note(code)
          if (!ENDS.has(code)) wrongs.push(`${what}: ${error}`)
          if (!UNSURE.has(code)) failed?.()
        },
      ),
    )
  }

  function act(): void {
    const here = devices.filter(({ isHere, network }) => isHere && network.players.me)
    const device = here.length > 0 ? random.pick(here) : undefined
    if (!device) return
    const { network, who } = device
    const { channels, players } = network
    const topics = [...store.topics.keys(), 99_999]
    const channel = random.pick(topics)
    const topic = store.topics.get(channel)
    switch (random.below(20)) {
      case 0:
      case 1:
        if (store.topics.size < CHANNELS) ask('create', channels.create(`c${++numbered}`))
        return
      case 2:
      case 3:
        return ask('join', channels.join(channel))
      case 4:
        // What it hears from here on begins anew.
        return ask(
          'leave',
          channels.leave(channel).then(() => device.heard.delete(channel)),
        )
      case 5:
        return ask('update', channels.update(channel, { name: `n${++numbered}` }))
      case 6:
        if (random.below(4) === 0) ask('delete', channels.delete(channel))
        return
      case 7:
        return ask(
          'update props',
          players.update({
            props: { [random.pick(['a', 'b', 'c'])]: random.pick([null, ++numbered]) },
          }),
        )
      case 8:
        return ask('rename', players.update({ name: `Name ${++numbered}` }))
      case 9:
        return ask('list', channels.list({ mine: true }))
      case 10:
        return network.cut()
      case 11:
        if (devices.filter((one) => one.isHere && one.who === who).length < 2) track(arrive(who))
        return
      case 12:
        if (here.filter((one) => one.who === who).length < 2) return
        device.isHere = false
        network.close()
        return
      case 13:
        return ask(
          'link',
          call(`POST /v1/players/${who.id}/aliases`, {
            service: 's',
            identifier: `i${++numbered}`,
          }),
        )
      case 14:
        if (topic)
          ask('put in', call(`PUT /v1/channels/${channel}/members/${random.pick(people).id}`))
        return
      case 15:
        if (topic)
          ask('take out', call(`DELETE /v1/channels/${channel}/members/${random.pick(people).id}`))
        return
      default: {
        const message = `m${++numbered}`
        const sent = channels.send(channel, message)
        const kept = sent.then((offset) => said.push({ channel, offset, message }))
        return ask('send', kept, () => refused.add(message))
      }
    }
  }

  /** What a service asks over HTTP. */
  async function call(route: string, body?: object) {
    const [method = '', url = ''] = route.split(' ')
    const answer = await hub.api({
      ...{ method, url, address: 'service', authorization: `Bearer ${key}` },
      ...{ contentType: 'application/json', header: () => undefined },
      body: async () => Buffer.from(body ? JSON.stringify(body) : ''),
    })
    const said = JSON.parse(answer.body)
    if (answer.status !== 200) throw new NetworkError(said)
    return said
  }

  /** Until everything asked has been answered, and everybody is connected. */
  async function settle(): Promise<void> {
    let quiet = 0
    while (quiet < 20) {
      const isBusy = pending.size > 0 || store.waiting > 0
      quiet = isBusy ? 0 : quiet + 1
      store.release(100, fails)
      await turn()
    }
  }

  async function compare(when: string): Promise<void> {
    const wrong = (what: string) => wrongs.push(`${when}: ${what}`)
    fails = () => false
    const last = await everybodyHears()
    for (const { network, who, heard } of devices.filter(({ isHere }) => isHere)) {
      const model = store.players.get(who.id)
      const { name, guest, props } = await answer(network.players.get())
      const wanted = {
        name: model?.name,
        guest: model?.guest,
        props: [...(model?.props ?? [])].sort(),
      }
      const found = { name, guest, props: Object.entries(props).sort() }
      if (JSON.stringify(found) !== JSON.stringify(wanted))
        wrong(`${who.id} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`)
      for (const [channel, { members, said: words }] of store.topics) {
        const told = heard.get(channel) ?? []
        const newest = told.at(-1)?.[0]
        const isHeard = last.has(channel) && newest === last.get(channel)
        if (members.has(who.id) !== isHeard)
          wrong(`${who.id} heard ${newest} of ${channel}, not ${last.get(channel)}`)
        for (const [offset, message] of told)
          if (words[offset - 1] !== message) wrong(`${who.id} heard ${message} as ${offset}`)
      }
    }
    for (const { channel, offset, message } of said) {
      const words = store.topics.get(channel)?.said
      if (words && words[offset - 1] !== message) wrong(`${message} is not ${offset} of ${channel}`)
    }
    for (const [id, { members, said: words }] of store.topics) {
      for (const word of words) if (refused.has(`${word}`)) wrong(`${word} was refused`)
      const { players } = await answer(call(`GET /v1/channels/${id}/members?limit=3`))
      const wanted = [...members].sort().slice(0, 3)
      if (players.join() !== wanted.join()) wrong(`${id} has ${players.join()}`)
    }
    for (const { id } of people) {
      const { aliases } = await answer(call(`GET /v1/players/${id}`))
      const names = aliases.map(
        (one: { service: string; identifier: string }) => `${one.service}:${one.identifier}`,
      )
      if (names.join() !== store.players.get(id)?.aliases.join()) wrong(`${id} is ${names.join()}`)
    }
    fails = () => random.below(40) === 0
  }

  /** Somebody speaks in every channel: who listens there hears it. Its offset, by channel. */
  async function everybodyHears(): Promise<Map<number, number>> {
    const last = new Map<number, number>()
    for (const [channel, { members, said: words }] of store.topics) {
      const [player] = members
      if (player === undefined) continue
      await answer(
        call(`POST /v1/channels/${channel}/messages`, { player, message: `last ${++numbered}` }),
      )
      last.set(channel, words.length)
    }
    await settle()
    return last
  }

  /** The answer to one question, with the store at its work. */
  async function answer<T>(promise: Promise<T>): Promise<T> {
    let isDone = false
    const done = promise.finally(() => {
      isDone = true
    })
    while (!isDone) {
      store.release(100, fails)
      await turn()
    }
    return done
  }
}

/** Whether it was done nobody knows. */
const UNSURE = new Set(['OUTCOME_UNKNOWN', 'DISCONNECTED', 'CLOSED'])
