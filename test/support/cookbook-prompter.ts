import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'

/** Tells actors in other processes what to do: a line of JSON each, over TCP. */
export interface Prompter {
  /** Where an actor of this name is to listen, as `PORT NAME`. */
  invite(name: string): string
  /** Waits in a queue until the actor is there. */
  say(name: string, line: unknown): void
}

export async function openPrompter(t: Pick<Test, 'teardown'>): Promise<Prompter> {
  const actors = new Map<string, { socket?: Socket; waiting: string[] }>()
  const actorOf = (name: string) => {
    const known = actors.get(name) ?? { waiting: [] }
    actors.set(name, known)
    return known
  }

  const server = createServer((socket) => {
    socket.on('error', () => {}) // an actor that is ended with its test
    createInterface(socket).once('line', (name) => {
      const actor = actorOf(name)
      actor.socket = socket
      for (const line of actor.waiting.splice(0)) socket.write(line)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  t.teardown(() => {
    for (const { socket } of actors.values()) socket?.destroy()
    server.close()
  })

  return {
    invite(name) {
      actors.delete(name)
      return `${port} ${name}`
    },
    say(name, line) {
      const { socket, waiting } = actorOf(name)
      const text = `${JSON.stringify(line)}\n`
      if (socket) socket.write(text)
      else waiting.push(text)
    },
  }
}
