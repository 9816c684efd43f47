import type { Json } from '../../protocol/schema.ts'
import type { AskNodes, Bus, IntercomAnswer, Node } from '../core/nodes/bus.ts'
import { logFailure } from '../core/wire/incident.ts'
import type { Cancel, World } from '../world.ts'

/** What a node answers to a question of another's, or of its own. Nothing is null. */
export type IntercomHandler = (
  data: Json,
  from: { readonly node: string },
) => Json | undefined | Promise<Json | undefined>
type IntercomHandlers = Readonly<Record<string, IntercomHandler>>

export interface IntercomOptions {
  readonly world: World
  readonly bus: Bus
  /** This node's name. */
  readonly node: string
  readonly handlers: IntercomHandlers
}

export const INTERCOM_MS = 1_000

type Message =
  | { readonly ask: number; readonly name: string; readonly data: Json }
  | { readonly re: number; readonly answer: Omit<IntercomAnswer, 'node'> }

/** A question that some nodes have not answered. */
interface Poll {
  readonly answers: Map<string, IntercomAnswer>
  /** Who is asked; undefined until the bus has said. */
  nodes: readonly string[] | undefined
  finish(): void
}

/** Questions from one server process to all of them. */
export function createIntercom({ world, bus, node: own, handlers }: IntercomOptions) {
  const pending = new Map<number, Poll>()
  let numbered = 0
  let isOpen = true
  const node: Node = bus.join(own, (message, from) => receive(message as Message, from))

  return {
    ask,
    close(): void {
      isOpen = false
      node.leave()
      for (const asked of pending.values()) asked.finish()
    },
  }

  function ask(
    ...[name, data = null, ms = INTERCOM_MS]: Parameters<AskNodes>
  ): ReturnType<AskNodes> {
    if (!isOpen) return Promise.resolve([missing(own)])
    const id = ++numbered
    return new Promise((resolve) => {
      const answers = new Map<string, IntercomAnswer>()
      let cancel: Cancel = () => {}
      const asked: Poll = {
        answers,
        nodes: undefined,
        finish() {
          cancel()
          pending.delete(id)
          const nodes = new Set([...(asked.nodes ?? [own]), ...answers.keys()])
          resolve([...nodes].sort().map((one) => answers.get(one) ?? missing(one)))
        },
      }
      cancel = world.after(ms, asked.finish)
      pending.set(id, asked)
      node.publish({ ask: id, name, data })
      node.nodes().then(
        (nodes) => {
          asked.nodes = nodes
          settle(asked)
        },
        // Without the list, whoever answers in time is in the answer.
        (error: unknown) => world.log.error({ err: error }, 'nodes unknown'),
      )
    })
  }

  function receive(message: Message, from: string): void {
    // A bus that cannot say so: whoever asked is told TIMEOUT.
    const lost = (error: unknown) =>
      logFailure(world.log, error, { what: 'intercom answer lost', where: { from } })
    if ('ask' in message) return void reply(message, from).catch(lost)
    const asked = pending.get(message.re)
    if (!asked) return
    asked.answers.set(from, { node: from, ...message.answer })
    settle(asked)
  }

  function settle(asked: Poll): void {
    if (asked.nodes?.every((one) => asked.answers.has(one))) asked.finish()
  }

  /** A handler that fails says so to whoever asked, and why in this node's log. */
  async function reply(
    { ask: re, name, data }: Extract<Message, { ask: number }>,
    from: string,
  ): Promise<void> {
    const answer = await answerTo(name, data, from).catch((error: unknown) => {
      logFailure(world.log, error, { what: 'intercom failed', where: { name, from } })
      return { value: null, problem: 'FAILED' } as const
    })
    node.send(from, { re, answer })
  }

  async function answerTo(
    name: string,
    data: Json,
    from: string,
  ): Promise<Omit<IntercomAnswer, 'node'>> {
    const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined
    if (!handler) return { value: null, problem: 'UNKNOWN_NAME' }
    const value = (await handler(data, { node: from })) ?? null
    // What is no JSON fails here, where its handler can be named.
    return { value: JSON.parse(JSON.stringify(value)) as Json }
  }
}

const missing = (node: string): IntercomAnswer => ({ node, value: null, problem: 'TIMEOUT' })
