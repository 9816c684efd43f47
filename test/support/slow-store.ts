import type { Json } from '../../protocol/schema.ts'
import type { Operations, Store } from '../../server/core/store/store.ts'
import { Refusal } from '../../server/core/wire/refusal.ts'
import { createDirectStore } from '../../server/store/direct.ts'
import type { Log } from '../../server/world.ts'

/** What a player is known by, as it should be. */
export interface Known {
  name: string
  guest: boolean
  readonly props: Map<string, Json>
  readonly aliases: string[]
}

/** A channel, as it should be. */
export interface Topic {
  name: string
  owner: string | null
  readonly members: Set<string>
  readonly said: Json[]
}

/** A store that does and answers nothing before it is let, and then everything in its order. */
export interface SlowStore extends Store {
  readonly waiting: number
  /** Does so many of those that wait; one in `fails` fails, and is not done. */
  release(most: number, fails: () => boolean): void
  /** What it holds, told by plain code from what it was asked for. */
  readonly players: ReadonlyMap<string, Known>
  readonly topics: ReadonlyMap<number, Topic>
}

type Names = keyof Operations
type Args<K extends Names> = Parameters<Operations[K]>[0]
/** What an operation that has been done means to the model. */
type Deeds = { readonly [K in Names]?: (args: Args<K>, result: ReturnType<Operations[K]>) => void }

export function createSlowStore(log: Log): SlowStore {
  const store = createDirectStore(log)
  const queue: { run(): void; fail(): void }[] = []
  const players = new Map<string, Known>()
  const topics = new Map<number, Topic>()
  const known = (name: string, guest: boolean): Known => ({
    name,
    guest,
    props: new Map(),
    aliases: [],
  })

  const deeds: Deeds = {
    'guest.create': ({ player, name }) => void players.set(player, known(name, true)),
    'alias.find'({ service, identifier, create }) {
      const alias = `${service}:${identifier}`
      const isThere = [...players.values()].some(({ aliases }) => aliases.includes(alias))
      if (!create || isThere) return
      players.set(create.player, known(create.name, false))
      players.get(create.player)?.aliases.push(alias)
    },
    'alias.link'({ player, service, identifier }) {
      const alias = `${service}:${identifier}`
      const isThere = [...players.values()].some(({ aliases }) => aliases.includes(alias))
      const who = players.get(player)
      if (isThere || !who) return
      who.aliases.push(alias)
      who.guest = false
    },
    'player.rename'({ id, name }) {
      const who = players.get(id)
      if (who) who.name = name
    },
    'player.set_props'({ id, props, most }) {
      const who = players.get(id)
      if (!who) return
      const after = new Map(who.props)
      for (const { key, value } of props) value === null ? after.delete(key) : after.set(key, value)
      if (after.size > most) return
      who.props.clear()
      for (const [key, value] of after) who.props.set(key, value)
    },
    'channel.create'({ name, owner }, made) {
      if (made === 'TOO_MANY') return
      topics.set(made.id, {
        name,
        owner,
        members: new Set(owner === null ? [] : [owner]),
        said: [],
      })
    },
    'channel.join'({ id, player, most }) {
      const topic = topics.get(id)
      if (topic && topic.members.size < most) topic.members.add(player)
    },
    'channel.leave': ({ id, player }) => void topics.get(id)?.members.delete(player),
    'channel.append'({ id, player, message }) {
      const topic = topics.get(id)
      if (topic?.members.has(player)) topic.said.push(message)
    },
    'channel.update'({ id, name, owner }) {
      const topic = topics.get(id)
      if (!topic) return
      if (name !== undefined) topic.name = name
      if (owner !== undefined) topic.owner = owner
    },
    'channel.delete': ({ id }) => void topics.delete(id),
  }

  return {
    players,
    topics,
    get waiting() {
      return queue.length
    },
    release(most, fails) {
      for (const one of queue.splice(0, most)) fails() ? one.fail() : one.run()
    },
    run: (name, args) =>
      new Promise((resolve, reject) => {
        queue.push({
          run: () =>
            store.run(name, args).then((result) => {
              const deed = deeds[name] as ((args: unknown, result: unknown) => void) | undefined
              deed?.(args, result)
              resolve(result)
            }, reject),
          fail: () => reject(new Refusal('STORAGE_FAILED')),
        })
      }),
    close: store.close,
  }
}
