import type { Test } from 'tap'
import type { Network } from '../../web-client/client.ts'
import { createRandom } from './clock.ts'
import { failing, until } from './promise.ts'
import { UNHURRIED_MS, world } from './world.ts'

type Deed = 'ask' | 'accept' | 'remove' | 'block' | 'unblock'
const DEEDS: readonly Deed[] = ['ask', 'ask', 'accept', 'remove', 'block', 'unblock']
const PLAYERS = 4
const DEVICES = 2

interface Device {
  readonly network: Network
  /** How its player stands to others, as it was told. */
  readonly known: Map<string, string>
}

/**
 * Players who ask, accept, remove, block, unblock and follow each other, and want to be seen or not, on
 * devices that drop and come back, beside a model of how each stands to each; what is not as it says.
 */
export async function walkFriends(t: Test, steps: number, seed: number): Promise<string[]> {
  const { below } = createRandom(seed)
  const here = await world(t, { rates: false, limits: { heartbeat_ms: UNHURRIED_MS } })
  const ids: string[] = []
  const devices: Device[][] = []
  /** How one stands to another, by both their ids. */
  const model = new Map<string, string>()
  const follows = new Set<string>()
  const statuses = new Map<string, string>()
  const problems: string[] = []

  for (let at = 0; at < PLAYERS; at++) {
    const first = await device()
    const { player, guest_key = '' } = await first.network.players.identify({ name: `P${at}` })
    ids.push(player.id)
    const own = [first]
    while (own.length < DEVICES) {
      const another = await device()
      await another.network.players.identify({ guest_key })
      own.push(another)
    }
    devices.push(own)
  }

  for (let step = 0; step < steps; step++) {
    const by = below(PLAYERS)
    const whom = (by + 1 + below(PLAYERS - 1)) % PLAYERS
    const { network } = devices[by]?.[below(DEVICES)] as Device
    if (below(8) === 0) network.cut()
    if (below(3) === 0) {
      await pose(step, network, ids[by] ?? '', ids[whom] ?? '')
      continue
    }
    const deed = DEEDS[below(DEEDS.length)] as Deed
    const expected = done(deed, ids[by] ?? '', ids[whom] ?? '')
    const doing: Promise<unknown> = network.friends[deed](ids[whom] ?? '')
    const got =
      expected === 'ok' ? await doing.then(() => 'ok', codeOf) : (await failing(doing)).code
    if (got !== expected) problems.push(`${step}: ${deed} of ${by} to ${whom}: ${got}, ${expected}`)
  }

  for (const { network } of devices.flat())
    await until(() => network.state === 'open', 'everybody is back')
  for (let turn = 0; turn < 2; turn++)
    for (const { network } of devices.flat()) await network.request('room.list', {})
  for (const [at, own] of devices.entries()) {
    const seen = ids.map((id) => statusTo(ids[at] ?? '', id))
    for (const { network } of own) {
      const shown = ids.map((id) => network.presence.of(id).status)
      if (`${shown}` !== `${seen}`) problems.push(`${at} sees ${shown}, not ${seen}`)
    }
    const expected = ids.flatMap((id) => model.get(`${ids[at]} ${id}`) ?? [])
    for (const { network, known } of own) {
      const { friends } = await network.friends.list()
      const listed = ids.flatMap((id) => friends.find((one) => one.player === id)?.standing ?? [])
      const told = ids.flatMap((id) => known.get(id) ?? [])
      if (`${listed}` !== `${expected}`) problems.push(`${at} lists ${listed}, not ${expected}`)
      if (`${told}` !== `${expected}`) problems.push(`${at} was told ${told}, not ${expected}`)
    }
  }
  for (const { network } of devices.flat()) network.close()
  return problems

  async function device(): Promise<Device> {
    const network = await here.connect({ pingEvery: UNHURRIED_MS })
    const known = new Map<string, string>()
    network.friends.on('changed', ({ player, standing }) => known.set(player, standing))
    network.friends.on('removed', (player) => known.delete(player))
    return { network, known }
  }

  /** Wants to be seen in some way, or follows another, or does no longer. */
  async function pose(step: number, network: Network, by: string, whom: string): Promise<void> {
    const { presence } = network
    const what = below(4)
    if (what === 0) {
      follows.delete(`${by} ${whom}`)
      return presence.unfollow(whom)
    }
    if (what === 1) {
      const status = (['online', 'away', 'invisible'] as const)[below(3)] ?? 'online'
      statuses.set(by, status)
      await presence.update({ status })
      return
    }
    const isSeen = isVisible(whom) && model.get(`${whom} ${by}`) !== 'blocked'
    if (isSeen) follows.add(`${by} ${whom}`)
    const got = await presence.follow(whom).then(() => 'ok', codeOf)
    if (got !== (isSeen ? 'ok' : 'INVALID_TARGET')) problems.push(`${step}: follow: ${got}`)
  }

  function isVisible(player: string): boolean {
    return statuses.get(player) !== 'invisible'
  }

  function statusTo(by: string, whom: string): string {
    const pair = `${by} ${whom}`
    const isWatched = model.get(pair) === 'friend' || follows.has(pair)
    return isWatched && isVisible(whom) ? (statuses.get(whom) ?? 'online') : 'offline'
  }

  /** What the model says of a deed, and has of it then. */
  function done(deed: Deed, by: string, whom: string): string {
    const [own, its] = [`${by} ${whom}`, `${whom} ${by}`]
    const is = (standing: string) => model.get(own) === standing
    const areFriends = () => [own, its].map((one) => model.set(one, 'friend'))
    const part = () => [own, its].map((one) => model.get(one) !== 'blocked' && model.delete(one))
    if (deed === 'ask') {
      if (is('blocked') || model.get(its) === 'blocked') return 'BLOCKED'
      if (is('asking')) areFriends()
      else if (!model.has(own)) model.set(own, 'asked').set(its, 'asking')
    } else if (deed === 'accept') {
      if (!is('asking') && !is('friend')) return 'NOT_ASKED'
      areFriends()
    } else if (deed === 'remove') part()
    else if (deed === 'unblock') is('blocked') && model.delete(own)
    else {
      if (!is('blocked')) follows.delete(its)
      part()
      model.set(own, 'blocked')
    }
    return 'ok'
  }
}

const codeOf = (error: unknown) => String((error as { readonly code?: unknown }).code)
