import type { Room } from '../../web-client/client.ts'
import type { Actor } from './walk-actor.ts'
import type { Model } from './walk-model.ts'
import { infoOf, type ModelRoom, membersOf } from './walk-rules.ts'

/** Where a client and the model see different things. */
export function differences({ name, network }: Actor, model: Model): string[] {
  const session = model.sessions.get(network.session ?? '')
  if (!session) return [`${name} is in no session of the model’s`]
  const said = JSON.stringify([...session.rooms].map((room) => modelled(room, session.id)).sort())
  const seen = JSON.stringify([...network.rooms.all.values()].map(known).sort())
  const silent = session.awaited.map((one) => `${name} never heard ${JSON.stringify(one)}`)
  return said === seen ? silent : [...silent, `${name} sees ${seen} instead of ${said}`]
}

const modelled = (room: ModelRoom, session: string): string => {
  const { host, epoch, ...info } = infoOf(room)
  return JSON.stringify([
    told(info),
    [host, epoch],
    room.members.get(session)?.number,
    membersOf(room).map(told),
  ])
}

function known(room: Room): string {
  const { code, kind, capacity, listed, locked, properties, host, epoch, you, members } = room
  const info = told({ code, kind, capacity, listed, locked, properties })
  return JSON.stringify([info, [host?.number ?? null, epoch], you, [...members.values()].map(told)])
}

/** Its fields in one order. */
const told = (thing: object) => Object.entries(thing).sort(([a], [b]) => (a < b ? -1 : 1))
