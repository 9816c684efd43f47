import t, { type Test } from 'tap'
import type { Json, Network, Room } from '../web-client/client.ts'
import {
  acceptPackets,
  type ConnectOptions,
  connect,
  ValidationError,
} from '../web-client/client.ts'
import type { Any } from './support/client.ts'
import { seedOf } from './support/clock.ts'
import { direct, type Places } from './support/director.ts'
import { rowOf, seen, stroll } from './support/ground.ts'
import { LASTING, type LastingStage } from './support/lasting.ts'
import { OPEN_ROOMS } from './support/open-rooms.ts'
import { failing } from './support/promise.ts'
import { OF_A_GAME_LOOP, SCENARIOS } from './support/scenarios.ts'
import { ADDS, PACKETS } from './support/stage-packets.ts'
import { STATE_ROOMS } from './support/state-rooms.ts'
import { until } from './support/troupe.ts'
import { NodeSocket } from './support/world.ts'

/** What the web client goes through: the scenarios that the Godot add-ons go through as well. */
const told: Record<string, (t: Test, stage: Stage) => Promise<void>> = {
  async 'a welcome comes, and a session with it'(t, { open }) {
    const network = await open('main')
    t.equal(network.state, 'open')
    t.ok(network.session)
  },

  async 'every reason not to connect is told apart'(t, { places, open }) {
    const cases: [url: string, code: string, close: string][] = [
      [places.refused, 'CONNECT_FAILED', '1006'],
      [places.silent, 'CONNECT_FAILED', '1006'],
      [places.full, 'REFUSED', '4105'],
      [`${places.main}/nowhere`, 'REFUSED', '4100'],
      ['not a url', 'CONNECT_FAILED', 'not a url'],
    ]
    for (const [url, code, close] of cases) {
      const refused = await failing(connect(url, { WebSocket: NodeSocket, connectTimeout: 500 }))
      t.equal(refused.code, code, url)
      t.match(refused.message, close, url)
    }
    const late = await open('strict')
    const closed = new Promise((resolve) => {
      late.on('state', (state, code) => state === 'closed' && resolve(code))
    })
    t.equal(await closed, 4104)
  },

  async 'an address may be written in several ways'(t, { places }) {
    const host = places.main.replace('ws://', '')
    const ways = [`WS://${host}`, host, ` ws://${host} `, `ws://${host}?x=1`, `${host}/`]
    for (const way of places.six ? [...ways, places.six] : ways) {
      const network = await connect(way, { WebSocket: NodeSocket })
      t.equal(network.state, 'open', way)
      network.close()
    }
  },

  async 'a guest comes back as the same guest'(t, { open }) {
    const first = await open('main')
    const { player, guest_key } = await first.players.identify({ name: 'Gogo' })
    t.equal(player.name, 'Gogo')
    const second = await open('main')
    await second.players.identify({ guest_key: guest_key ?? '' })
    t.same(second.players.me, player)
    const third = await open('main')
    await third.players.identify()
    t.not(third.players.me?.id, player.id)
  },

  async 'members are seen to come, drop, return and leave'(t, { open }) {
    const network = await open('main')
    const room = await network.rooms.joinOrCreate('plaza', { name: 'Watcher' })
    const seen: string[] = []
    for (const what of ['joined', 'away', 'back', 'left'] as const)
      room.on(what, ({ name, away }) => {
        if (name === 'Visitor') seen.push(away ? `${what} (away)` : what)
      })
    await please(network, 'visit')
    t.same(seen, ['joined', 'away (away)', 'back', 'left'])
    t.equal(room.members.get(room.you)?.name, 'Watcher')
    await room.leave()
    t.equal(network.rooms.all.size, 0)
  },

  async 'who closes the connection on purpose has left'(t, { open }) {
    const watcher = await open('main')
    const room = await watcher.rooms.joinOrCreate('plaza', { name: 'Watcher' })
    const left = new Promise<unknown>((resolve) => {
      room.on('left', ({ name }, reason) => name === 'Leaver' && resolve(reason))
    })
    const leaver = await open('main')
    await leaver.rooms.join(room.code, { name: 'Leaver' })

    leaver.close()

    t.equal(await left, 'left')
  },

  async 'waves and chat go both ways'(t, { enter }) {
    const network = await enter('main')
    const waves: string[] = []
    const chats: (readonly Json[])[] = []
    network.events.on('plaza.wave', (_args, { name }) => waves.push(name))
    network.events.on('plaza.chat', (args) => chats.push(args))
    await please(network, 'wave')
    await please(network, 'say', 'hello from afar')
    t.same(waves, ['Director'])
    t.same(chats, [['hello from afar']])
    t.same((await network.events.emit('plaza.wave')).args, [])
    await network.events.emit('plaza.chat', ['hello'], { to: 'all' })
    t.same(chats.at(-1), ['hello'])
    t.equal((await failing(network.events.emit('other.thing'))).code, 'NAMESPACE_NOT_DECLARED')
    t.equal((await failing(network.rooms.join('AAAAAA'))).code, 'ROOM_NOT_FOUND')
  },

  async 'what was refused is told to who waits for nothing'(t, { open }) {
    const reported: Any[] = []
    const network = await open('main', { report: (error) => reported.push(error) })
    await network.rooms.joinOrCreate('plaza')

    network.events.emit('other.thing')
    network.events.emit('plaza.wave', [Number.NaN])
    network.rooms.join('BBBBBB')
    t.match(await failing(network.rooms.join('AAAAAA')), { code: 'ROOM_NOT_FOUND' })
    await new Promise((resolve) => setTimeout(resolve, 0))

    const codes = reported.map(({ code }) => code).sort()
    t.same(codes, ['INVALID_MESSAGE_DATA', 'NAMESPACE_NOT_DECLARED', 'ROOM_NOT_FOUND'])
    for (const { stack } of reported) t.match(stack, /scenarios\.test\.ts/)
  },

  async 'positions go both ways'(t, { enter }) {
    const network = await enter('main')
    await rowOf(network)
    await please(network, 'see', stroll(network, 12.5, 7))
    const place = (await please(network, 'stroll', [20.5, 9])) as [number, number]
    const [room] = network.rooms.all.values()
    const director = [...(room?.members.values() ?? [])].find(({ name }) => name === 'Director')
    await seen(network, director?.number ?? 0, place)
    t.pass('each sees the other')
  },

  async 'an emit reaches everyone but its sender'(t, { join }) {
    const { network, company } = await join()
    const own: unknown[] = []
    network.events.on('module.m', (args) => own.push(args))
    await network.events.emit('module.m', ['foo', 'bar', 'bat'])
    const heard = { bob: [['foo', 'bar', 'bat']], cleo: [['foo', 'bar', 'bat']], cleo_frames: 1 }
    t.same(await company('heard'), heard)
    t.same(own, [])
    await company('emit', [['foo', 'bar', 'bat']])
    await network.request('room.list', { limit: 1 })
    t.same(own, [['foo', 'bar', 'bat']])
  },

  async 'the acknowledgement carries what was broadcast'(t, { join }) {
    const { network, company } = await join()
    const args = ['foo', 1.5, null, { deep: [true] }]
    t.same(await network.events.emit('module.m', args), { name: 'module.m', args, delivered: 2 })
    t.match(await company('heard'), { bob: [args], cleo: [args] })
    await company('part', ['bob'])
    await company('part', ['cleo'])
    t.same(await network.events.emit('module.m', args), { name: 'module.m', args, delivered: 0 })
  },

  async 'a query is answered by the one it was put to'(t, { join }) {
    const { network, met, company } = await join()
    t.equal(await network.queries.ask(met.bob.player, 'game.eight'), 8)
    t.equal(await network.queries.ask(`session:${met.bob.session}`, 'game.eight'), 8)
    const forEver = { timeout: Number.POSITIVE_INFINITY }
    t.equal(await network.queries.ask(met.bob.player, 'game.eight', null, forEver), 8)
    const boom = await failing(network.queries.ask(met.bob.player, 'game.boom'))
    t.match([boom.code, boom.message], ['REMOTE_ERROR', 'boom'])
    const unknown = await failing(network.queries.ask(met.bob.player, 'game.unknown'))
    t.equal(unknown.code, 'UNREGISTERED_HANDLER')
    const slow = network.queries.ask(met.bob.player, 'game.slow', null, { timeout: 200 })
    t.equal((await failing(slow)).code, 'TIMEOUT')
    t.equal((await failing(network.queries.ask('nobody', 'game.eight'))).code, 'INVALID_TARGET')
    t.match(await company('heard'), { cleo_frames: 0 })
    network.queries.register('game.double', (number) => number * 2)
    t.same(await company('ask', [network.session ?? '', 'game.double', 21]), { value: 42 })
  },

  async 'a dialog and a confirm come back with the choice'(t, { join }) {
    const { network, company } = await join()
    const session = network.session ?? ''
    const question = { title: 'Trade?', text: 'A boot for a carrot?', choices: ['Yes', 'Never'] }
    t.match(await company('ask', [session, 'dialog', question]), { code: 'UNREGISTERED_HANDLER' })
    const seen: unknown[] = []
    network.queries.register('dialog', async ({ text, choices }, options, { name }) => {
      seen.push([name, text, options])
      return choices[1]
    })
    network.queries.register('confirm', ({ text }) => text === 'Sure?')
    t.same(await company('ask', [session, 'dialog', question, 5_000]), { value: 'Never' })
    t.same(seen, [['Bob', 'A boot for a carrot?', { timeout: 5_000 }]])
    t.same(await company('ask', [session, 'confirm', { text: 'Sure?' }]), { value: true })
    t.same(await company('ask', [session, 'confirm', { text: 'Really?' }]), { value: false })
  },

  async 'the host executes what it is asked'(t, { open, prompt }) {
    const [network, company] = [await open('main'), await prompt()]
    await network.players.identify()
    const made = await company('make')
    const room = await network.rooms.join(made.code)
    t.equal(room.host?.number, made.bob.number)
    t.equal(await network.functions.executeAsHost('game.add', [5, 3]), 8)
    for (const cast of [
      network.functions.executeForPlayers([], 'game.add', [5, 3]),
      network.events.emit('module.m', [], { to: [] }),
      network.packets.ask(['Slap'], { to: [] }),
    ])
      t.match(await cast, { delivered: 0 }, 'nobody was meant')
    t.equal(await network.functions.executeAsHost('game.whose'), network.players.me?.id)
    t.match(await company('heard'), { cleo_frames: 0 })
    const isHost = new Promise<void>((resolve) => {
      room.on('host', () => room.isHost && resolve())
    })
    await company('assign', [room.you, 'host'])
    await company('part', ['bob'])
    await isHost
    const failed = await failing(network.functions.executeAsHost('game.add', [5, 3]))
    t.equal(failed.code, 'UNREGISTERED_HANDLER')
    network.functions.register('game.add', ([a, b]) => a + b + 100)
    t.equal(await network.functions.executeAsHost('game.add', [5, 3]), 108)
    await room.assign(room.you, 'player')
    const nobody = network.functions.executeAsHost('game.add', [5, 3])
    t.equal((await failing(nobody)).code, 'NO_HOST')
  },

  async 'the next in line is host where one leaves or is away for long'(t, { open }) {
    const [ada, bob, cleo] = [
      await open('main'),
      await open('main', { backoff: () => 2_000 }),
      await open('main'),
    ]
    const made = await ada.rooms.create('camp')
    const room = await bob.rooms.join(made.code)
    const seen = await cleo.rooms.join(made.code)
    const told: unknown[] = []
    seen.on('role', ({ number, role }) => void told.push([number, role]))
    const hosts = (epoch: number) =>
      new Promise<void>((resolve) => {
        const off = seen.on('host', (host) => {
          told.push([host?.number, seen.epoch])
          if (seen.epoch !== epoch) return
          off()
          resolve()
        })
      })
    t.same([seen.host?.number, seen.epoch], [1, 1])
    t.same(await ada.functions.executeForOtherHosts('game.mark'), { delivered: 0 })
    const second = hosts(2)
    await made.leave()
    await second
    t.same(told.splice(0), [
      [2, 'host'],
      [2, 2],
    ])
    await bob.request('room.list', { limit: 1 })
    t.same([room.isHost, room.members.get(2)?.role, room.epoch], [true, 'host', 2])
    const third = hosts(3)
    const isBack = new Promise((resolve) => seen.on('back', resolve))
    bob.cut()
    await third
    t.same(told.splice(0), [
      [3, 'host'],
      [3, 3],
    ])
    await isBack
    await bob.request('room.list', { limit: 1 })
    t.same([room.host?.number, room.isHost, room.epoch, seen.host?.number], [3, false, 3, 3])
    t.same(told, [], 'he deposes nobody')
  },

  async 'what is said to server is for the room’s own logic'(t, { open }) {
    const [ada, bob] = [await open('main', { packets: PACKETS }), await open('main')]
    const { code } = await ada.rooms.create('judge', { name: 'Ada' })
    await bob.rooms.join(code, { name: 'Bob' })
    const heard: unknown[] = []
    for (const name of ['judge.plea', 'judge.hush']) bob.events.on(name, (args) => heard.push(args))
    const emit = (network: Network, args: Json[], to: string | string[], name = 'judge.plea') =>
      network.events.emit(name, args, { to })
    t.match(await emit(ada, ['guilty'], 'server'), { args: ['guilty'], delivered: 0 })
    t.match(await emit(bob, ['both'], ['server', 'others', 'self']), { delivered: 2 })
    const hushed = await emit(bob, ['x'], ['server', 'all'], 'judge.hush')
    t.match(hushed, { delivered: 0, swallowed: true })
    const refused = await failing(emit(ada, [], 'server'))
    t.match([refused.code, refused.message], ['PERMISSION_DENIED', 'Objection!'])
    t.same(await ada.packets.ask(['Slap'], { to: 'server' }), { delivered: 0 })
    const { functions, queries } = bob
    t.equal(await functions.executeAsServer('judge.add', [5, 3]), 8)
    const wrong = await failing(functions.executeAsServer('judge.add', ['5', 3]))
    t.equal(wrong.code, 'INVALID_MESSAGE_DATA')
    const unknown = await failing(functions.executeAsServer('judge.unknown'))
    t.equal(unknown.code, 'UNREGISTERED_HANDLER')
    t.match(await functions.executeForPlayers(['server'], 'judge.bless', ['x']), { delivered: 0 })
    t.same(await queries.ask('server', 'judge.who', 'me'), ['me', 'Bob'])
    t.same(await queries.ask('server', 'judge.heard'), [
      ['judge.plea', ['guilty'], 1],
      ['judge.plea', ['both'], 2],
      ['Slap', [], 1],
      ['bless', ['x'], 2],
    ])
    t.same(heard, [['both']])
    const deaf = await open('main')
    await deaf.rooms.create('stage')
    const unheard = deaf.events.emit('game.x', [], { to: 'server' })
    t.equal((await failing(unheard)).code, 'INVALID_TARGET')
  },

  async 'a packet with objects and arrays arrives as it was sent'(t, { open }) {
    const [ada, bob, plain] = [
      await open('main', { packets: PACKETS }),
      await open('main', { packets: PACKETS }),
      await open('main'),
    ]
    t.ok(ada.packets.isBinary && bob.packets.isBinary && !plain.packets.isBinary)
    const room = await ada.rooms.create('stage', { name: 'Ada' })
    await bob.rooms.join(room.code)
    await plain.rooms.join(room.code)
    const heard: unknown[] = []
    bob.packets.on('Player', (data, { name }) => heard.push([data, name]))
    const icon = Uint8Array.from([0, 1, 255])
    const player = { ...PLAYER, icon }
    t.same(await ada.packets.ask(['Player', player]), PLAYER.position)
    t.same(await ada.packets.ask(['Player', player], { to: 'others' }), { delivered: 2 })
    const asJson = ['Player', { ...PLAYER, icon: 'AAH/' }] as const
    t.same(await plain.packets.ask(asJson, { to: 'others' }), { delivered: 2 })
    await bob.request('room.list', { limit: 1 })
    t.same(heard, [
      [player, 'Ada'],
      [player, room.members.get(3)?.name],
    ])
    const outside = () => ada.packets.send(['Player', { ...player, health: -1 }])
    t.throws(outside, { code: 'INVALID_MESSAGE_DATA', message: /^Player\.health: expected/ })
    t.throws(() => ada.packets.send(['Slop']), { code: 'UNKNOWN_PACKET' })
  },

  async 'bundles in bundles arrive in order'(t, { open }) {
    let total = 0
    const add = ({ payload }: { payload: number }) => {
      total += payload
      return total
    }
    const packets = acceptPackets(PACKETS, { Action: { respond: add } })
    const network = await open('main', { packets })
    t.same(await network.packets.ask(ADDS), [20, [43, [69]]])
    t.same(await network.packets.ask(['BundleMe']), [20, [43, [69]]])
    t.equal(total, 69)
  },

  async 'an awaited packet brings what respond returned'(t, { open }) {
    for (const options of [{ packets: PACKETS }, {}]) {
      const { packets } = await open('main', options)
      const value = { text: 'ünï', list: [1, -2.5, null, true], deep: { a: [] } }
      t.same(await packets.ask(['Echo', value]), value)
      t.equal(await packets.ask(['Nothing']), null)
      t.equal(await packets.ask(['Slap']), null)
      t.equal(await packets.ask(['Guarded', { word: 'please' }]), 'PLEASE')
      await t.rejects(packets.ask(['Guarded', { word: 'no' }]), {
        code: 404,
        reason: 'no such word',
      })
    }
  },

  async 'the server awaits what a client responds'(t, { open }) {
    const packets = acceptPackets(PACKETS, {
      Double: {
        validate({ number }) {
          if (number < 0) throw new ValidationError({ code: 418, reason: 'too little' })
        },
        respond: async ({ number }) => number * 2,
      },
    })
    const network = await open('main', { packets })
    t.same(await network.packets.ask(['AskMe', { number: 21 }]), { answer: 42 })
    t.same(await network.packets.ask(['AskMe', { number: -1 }]), { refused: 418 })
    const silent = await open('main', { packets: PACKETS })
    t.same(await silent.packets.ask(['AskMe', { number: 21 }]), { answer: null })
  },

  async 'Refresh and Redirect come to the game'(t, { open }) {
    const seen: string[] = []
    const location = {
      href: 'https://game.example/lobby',
      origin: 'https://game.example',
      reload: () => seen.push('reload'),
      assign: (address: string) => seen.push(address),
    } as Any
    const network = await open('main', { packets: PACKETS, location })
    await network.packets.ask(['Reload', '/elsewhere'])
    t.same(seen, ['reload', 'https://game.example/elsewhere'])
  },

  async 'a room is made, found, listed, locked, updated and its members kicked'(t, { open }) {
    const network = await open('main')
    await network.rooms.joinOrCreate('plaza')
    const properties = { map: 'ice', level: 3 }
    const room = await network.rooms.create('stage', { capacity: 4, properties, name: 'Ada' })
    t.match(room, { kind: 'stage', capacity: 4, you: 1, isHost: true, listed: true, locked: false })
    t.match(room.host, { number: 1, name: 'Ada', role: 'host' })
    const seen: unknown[] = []
    room.on('joined', ({ number }) => seen.push(['joined', number]))
    room.on('left', ({ number }, reason) => seen.push(['left', number, reason]))
    room.on('role', ({ number, role }) => seen.push(['role', number, role]))
    room.on('updated', () => seen.push(['updated', room.locked, room.properties]))

    const typed = `${room.code.slice(0, 3)} - ${room.code.slice(3)} `.toLowerCase()
    const found = await open('main')
    const seat = await found.rooms.join(typed, { name: 'Dan' })
    t.equal(seat.code, room.code)
    const { rooms } = await network.rooms.list({ kind: 'stage', properties })
    t.same(rooms, [
      { code: room.code, kind: 'stage', capacity: 4, members: 2, locked: false, properties },
    ])
    const kicked: unknown[] = []
    seat.on('kicked', (how) => kicked.push(how))
    const closed = new Promise<void>((resolve) => seat.on('closed', resolve))
    await room.assign(seat.you, 'trusted')
    await room.update({ properties: { map: null, level: 4 } })
    await room.lock()
    await room.kick(seat.you, { reason: 'too loud' })
    await closed
    t.same(kicked, [{ by: 1, banned: false, reason: 'too loud' }])
    t.equal(found.rooms.all.size, 0)
    t.same(seen, [
      ['joined', 2],
      ['role', 2, 'trusted'],
      ['updated', false, { level: 4 }],
      ['updated', true, { level: 4 }],
      ['left', 2, 'kicked'],
    ])
    t.equal((await failing(found.rooms.join(room.code))).code, 'ROOM_LOCKED')
    await room.lock(false)
    const again = await found.rooms.joinOrCreate('stage', { properties: { level: 4 } })
    t.match([again.code, again.you], [room.code, 3])
    await room.ban(again.you)
    t.equal((await failing(found.rooms.join(room.code))).code, 'BANNED')
    await room.update({ listed: false })
    t.same((await network.rooms.list({ kind: 'stage', properties: { level: 4 } })).rooms, [])
  },

  async 'a second window takes the seat of the first, which is told'(t, { open }) {
    const [network, first, second] = [await open('main'), await open('main'), await open('main')]
    const room = await network.rooms.create('stage', { name: 'Ada' })
    const { guest_key = '' } = await first.players.identify()
    const seat = await first.rooms.join(room.code, { name: 'Bob' })
    const seen: unknown[] = []
    room.on('back', ({ number, session, away }) => seen.push([number, session, away]))
    const told: unknown[] = []
    seat.on('seat_taken', ({ session }) => told.push(session))
    const closed = new Promise<void>((resolve) => seat.on('closed', resolve))
    await room.lock()

    await second.players.identify({ guest_key })
    const again = await second.rooms.join(room.code, { name: 'Somebody else' })
    await closed
    await network.rooms.list()

    t.equal(again.you, seat.you)
    t.match(again.members.get(2), { name: 'Bob', session: second.session, away: false })
    t.equal(again.members.size, 2)
    t.same(told, [second.session])
    t.equal(first.rooms.all.size, 0)
    t.same(seen, [[2, second.session, false]])
    const back = await first.rooms.join(room.code)
    t.equal(back.you, 2, 'and back again')
  },

  async 'two strangers who search are brought together, and search on where one does not come'(
    t,
    { enter },
  ) {
    const network = await enter('main')
    const told: unknown[] = []
    const { matchmaking } = network
    matchmaking.on('found', ({ queue, players }) => told.push(['found', queue, players.length]))
    matchmaking.on('again', (reason, queue) => told.push(['again', queue, reason]))
    const joined = new Promise<Room>((resolve) => matchmaking.on('started', resolve))
    await please(network, 'stay', 1_000)
    await please(network, 'seek', 1_200)
    const wrong = await failing(matchmaking.find('no such queue'))
    t.equal(wrong.code, 'UNKNOWN_QUEUE')

    await matchmaking.find('pair', { properties: { rating: 1_000 }, name: 'Ada' })
    await until(() => told.length === 2)
    t.same(told, [
      ['found', 'pair', 2],
      ['again', 'pair', 'missed'],
    ])
    t.equal((await failing(matchmaking.find('pair'))).code, 'ALREADY_SEARCHING')
    await matchmaking.leave()
    t.equal((await failing(matchmaking.leave())).code, 'NOT_SEARCHING')

    await matchmaking.find('pair', { properties: { rating: 1_150 }, name: 'Ada' })
    const room = await joined
    await until(() => room.members.size === 2)
    t.same(
      [...room.members.values()].map(({ name }) => name).sort(),
      ['Ada', 'Bob'],
      'who was close enough',
    )
    t.equal(matchmaking.queue, undefined)
  },

  async 'players go together in a party, are called into a room, and play a match as one'(
    t,
    { enter },
  ) {
    const network = await enter('main')
    const { parties, matchmaking, rooms } = network
    await network.players.identify({ name: 'Ada' })
    const told: unknown[] = []
    parties.on('joined', ({ name }) => told.push(['joined', name]))
    parties.on('changed', ({ name, ready }) => told.push(['changed', name, ready]))
    parties.on('said', ({ name, data }) => told.push(['said', name, data]))
    parties.on('over', (reason) => told.push(['over', reason]))
    const { code } = await parties.create()
    const bob = await please(network, 'ally', code)
    await parties.ready()
    await parties.say('off we go')
    await until(() => told.length === 3)
    t.same(told, [
      ['joined', 'Bob'],
      ['changed', 'Ada', true],
      ['said', 'Ada', 'off we go'],
    ])
    t.same(await please(network, 'allied'), ['off we go'])
    t.equal(parties.leads, true)

    const room = await rooms.create('stage', { name: 'Ada' })
    const { called } = await parties.call(room.code)
    t.same(called, [bob])
    await until(() => room.members.size === 2)
    await room.leave()

    const started = new Promise<Room>((resolve) => matchmaking.on('started', resolve))
    await matchmaking.find('pair', { properties: { rating: 5_000 }, party: true })
    const match = await started
    await until(() => match.members.size === 2)
    t.equal(matchmaking.queue, undefined)
    await match.leave()
    await parties.leave()
    await until(() => told.length === 4)
    t.same(told.at(-1), ['over', 'left'])
    t.equal(parties.party, undefined)
  },

  async 'players become friends, and are blocked and let in again'(t, { enter }) {
    const network = await enter('main')
    const { friends, players } = network
    const { player: me } = await players.identify({ name: 'Ada' })
    const told: unknown[] = []
    friends.on('changed', ({ name, standing }) => told.push([name, standing]))
    friends.on('removed', () => told.push(['removed']))
    const bob = String(await please(network, 'befriend', me.id))
    t.equal((await friends.accept(bob)).standing, 'friend')
    const { friends: listed } = await friends.list({ standing: 'friend' })
    t.match(listed, [{ player: bob, name: 'Bob', standing: 'friend' }])
    t.equal((await friends.block(bob)).standing, 'blocked')
    t.match(await please(network, 'befriend', me.id), { code: 'BLOCKED' })
    await friends.unblock(bob)
    t.match(await friends.list(), { friends: [], next: null })
    t.equal((await failing(friends.accept(bob))).code, 'NOT_ASKED')
    t.same(told, [['Bob', 'asking'], ['Bob', 'friend'], ['Bob', 'blocked'], ['removed']])
  },

  async 'a friend is seen to be there, to say how it is, and to hide'(t, { enter }) {
    const network = await enter('main')
    const { friends, players, presence } = network
    const { player: me } = await players.identify({ name: 'Ada' })
    const told: unknown[] = []
    presence.on('changed', ({ status, text, data }) => told.push([status, text, data]))
    const bob = String(await please(network, 'befriend', me.id))
    await friends.accept(bob)
    await please(network, 'pose', { status: 'away', text: 'tea', data: { cup: 1 } })
    await until(() => told.length === 2)
    t.equal(presence.of(bob).text, 'tea')
    await please(network, 'pose', { status: 'invisible', text: '', data: {} })
    await until(() => told.length === 3)
    t.equal(presence.all.size, 0)
    await friends.remove(bob)
    t.equal((await failing(presence.follow(bob))).code, 'INVALID_TARGET')
    await please(network, 'pose', { status: 'online' })
    await presence.follow(bob)
    await presence.unfollow(bob)
    t.same((await presence.update({ text: 'here' })).text, 'here')
    await until(() => told.length === 5 && presence.own.text === 'here')
    t.same(told, [
      ['online', '', {}],
      ['away', 'tea', { cup: 1 }],
      ['offline', '', {}],
      ['online', '', {}],
      ['offline', '', {}],
    ])
  },

  async 'a query survives a cut of its asker and of its target'(t, { join }) {
    const { network, met, company } = await join({ backoff: () => 20 })
    const back = (what: string) =>
      new Promise<void>((resolve) => network.on('state', (state) => state === what && resolve()))
    const asked = network.queries.ask(met.bob.player, 'game.slow')
    await company('cut', ['bob'])
    const open = back('open')
    network.cut()
    await open
    await company('answer')
    t.equal(await asked, 'late')

    let answer: (value: Json) => void = () => {}
    const reached = new Promise<void>((resolve) => {
      network.queries.register('game.slow', () => {
        resolve()
        return new Promise<Json>((give) => {
          answer = give
        })
      })
    })
    const told = company('ask', [network.session ?? '', 'game.slow'])
    await reached
    const again = back('open')
    network.cut()
    answer('answered while away')
    await again
    t.same(await told, { value: 'answered while away' })
  },

  ...OPEN_ROOMS,
  ...STATE_ROOMS,
  ...LASTING,

  async 'garbage harms neither side'(t, { open, enter }) {
    const reported: unknown[] = []
    const network = await open('garbage', { report: (error) => reported.push(error) })
    await network.players.identify()
    t.equal(network.state, 'open')
    t.ok(reported.length > 0, `reported ${reported.length}`)
    const main = await enter('main')
    await please(main, 'wave')
    t.equal(main.state, 'open')
  },

  async 'numbers and text arrive as they were sent'(t, { enter }) {
    const network = await enter('main')
    const text = 'ünï 🙂 "q" \\ud800 \n\t'
    const values: Json[] = [1, -2.5, 0.1, 1e15, true, null, text, { a: [1, { b: '' }] }, []]
    for (const value of values) t.strictSame(await please(network, 'echo', value), value)
    t.equal(await please(network, 'echo', 'lone \ud800'), 'lone \ufffd')
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, new Date(), undefined] as Any[])
      t.equal((await failing(network.events.emit('plaza.x', [value]))).code, 'INVALID_MESSAGE_DATA')
  },

  async 'messages just under, at and over the limit of the server'(t, { enter }) {
    const network = await enter('main')
    const most = 60_000
    const probe = await failing(network.events.emit('plaza.x', ['x'.repeat(most)]))
    t.equal(probe.code, 'TOO_LARGE')
    const fitting = 2 * most - Number(/(\d+) bytes/.exec(probe.message)?.[1])
    await network.events.emit('plaza.x', ['x'.repeat(fitting - 1)])
    await network.events.emit('plaza.x', ['x'.repeat(fitting)])
    const over = await failing(network.events.emit('plaza.x', ['x'.repeat(fitting + 1)]))
    t.equal(over.code, 'TOO_LARGE')
    t.equal(network.state, 'open')
  },

  async 'a restarted server is joined anew'(t, { open, enter }) {
    const network = await open('restarting', { backoff: () => 20 })
    await network.rooms.joinOrCreate('plaza')
    const seen: unknown[] = []
    network.on('lost', (reason) => seen.push(reason))
    const open_ = new Promise<void>((resolve) => {
      network.on('state', (state, code) => {
        seen.push([state, code])
        if (state === 'open') resolve()
      })
    })
    const main = await enter('main')
    await please(main, 'restart')
    await open_
    t.same(seen, [['away', 4000], 'UNKNOWN', ['open', 0]])
    t.equal(network.rooms.all.size, 0)
    t.ok(await network.rooms.joinOrCreate('plaza'))
  },

  async 'nothing is lost or doubled over 200 cuts'(t, { open }) {
    const network = await open('cable', { backoff: () => 1 })
    await network.rooms.joinOrCreate('plaza')
    const numbers: Json[] = []
    const lost: unknown[] = []
    network.on('lost', (reason) => lost.push(reason))
    network.on('reset', (reason) => lost.push(reason))
    network.events.on('plaza.number', ([number]) => numbers.push(number ?? null))
    const answers: Promise<unknown>[] = []
    const over = new Promise<readonly Json[]>((resolve) => {
      network.events.on('plaza.cuts', resolve)
    })
    answers.push(network.events.emit('plaza.please', ['cuts', 200]))
    let sent = 0
    const sending = setInterval(() => {
      answers.push(network.events.emit('plaza.count', [++sent]))
      stroll(network, sent % 2 ? 1 : -1)
    }, 5)
    const [cuts, expected] = await over
    clearInterval(sending)
    await Promise.all(answers)
    t.comment(`${cuts} cuts, ${sent} sent, ${numbers.length} received`)
    t.same(await please(network, 'verdict'), { received: sent, problem: null })
    t.ok(sent >= 200 && Number(expected) >= 200, 'enough went both ways')
    t.same(
      numbers,
      Array.from({ length: Number(expected) }, (_, index) => index + 1),
    )
    t.same(lost, [])
  },

  async 'a message too large to receive becomes an error, not a dead socket'(t, { places }) {
    const { openRaw } = await import('./support/client.ts')
    const client = await openRaw(NodeSocket, places.main)
    t.teardown(client.drop)
    await client.ask('session.hello', { receive_bytes: 4_096 })
    await client.ask('room.join_or_create', { kind: 'plaza' })
    for (let size = 3_700; size < 4_200; size += 20)
      await client.ask('event.emit', { name: 'plaza.please', args: ['large', size] })
    const fitted = () => client.seen.filter(({ type }) => type === 'event')
    const refused = () => client.seen.filter(({ type }) => type === 'error')
    while (fitted().length + refused().length < 25) await client.settled()
    t.ok(fitted().length > 0 && refused().length > 0)
    for (const { data } of refused()) t.match(data, { code: 'TOO_LARGE', request: 'event' })
  },
}

const PLAYER = {
  health: 4_000,
  jumping: false,
  position: [-540, 343, 1_201],
  attributes: { str: 87, agi: 42, int: 22 },
}

interface Stage extends LastingStage {
  readonly places: Places
  enter(where: keyof Places): Promise<Network>
  /** A room of its own, with company. */
  join(options?: ConnectOptions): Promise<Joined>
}

interface Joined {
  readonly network: Network
  /** Who is there, as `meet` says. */
  readonly met: Any
  company(what: string, amount?: Json): Promise<Any>
}

t.test('the web client goes through every scenario', async (t) => {
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const places = await direct(t, seed)
  const open = async (where: keyof Places, options: ConnectOptions = {}) => {
    const network = await connect(places[where], { WebSocket: NodeSocket, ...options })
    t.teardown(network.close)
    return network
  }
  const enter = async (where: keyof Places) => {
    const network = await open(where)
    await network.rooms.joinOrCreate('plaza')
    return network
  }
  const prompt = async () => {
    const network = await enter('main')
    return (what: string, amount: Json = null) => please(network, what, amount)
  }
  const join = async (options: ConnectOptions = {}) => {
    const [network, company] = [await open('main', options), await prompt()]
    const { code } = await network.rooms.create('stage')
    return { network, company, met: await company('meet', [code]) }
  }
  const names = SCENARIOS.filter((name) => !OF_A_GAME_LOOP.includes(name))
  t.same(Object.keys(told).sort(), [...names].sort(), 'none is left out')
  const stage: Stage = { places, open, enter, prompt, join }
  for (const name of names) await t.test(name, (t) => told[name]?.(t, stage))
})

/** Asks the director for something; what its answer says. */
async function please(network: Network, what: string, amount: Json = null): Promise<Json> {
  const you = [...network.rooms.all.values()][0]?.you
  const answered = new Promise<Json>((resolve) => {
    const off = network.events.on('plaza.done', ([done, result, member]) => {
      if (done !== what || member !== you) return
      off()
      resolve(result ?? null)
    })
  })
  await network.events.emit('plaza.please', [what, amount])
  return answered
}
