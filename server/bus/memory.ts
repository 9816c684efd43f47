import type { Bus, Node } from '../core/nodes/bus.ts'

/** A bus for the nodes of one process. What goes over it is copied, as over any other. */
export function createMemoryBus(): Bus {
  const receivers = new Map<string, (text: string, from: string) => void>()

  return {
    join(name, receive): Node {
      if (receivers.has(name)) throw new Error(`node: "${name}" is on the bus already`)
      const own = (text: string, from: string) => {
        // One that has left meanwhile gets nothing any more.
        queueMicrotask(() => receivers.get(name) === own && receive(JSON.parse(text), from))
      }
      receivers.set(name, own)
      const isHere = () => receivers.get(name) === own
      return {
        publish(message) {
          if (!isHere()) return
          const text = JSON.stringify(message)
          for (const deliver of receivers.values()) deliver(text, name)
        },
        send(node, message) {
          if (isHere()) receivers.get(node)?.(JSON.stringify(message), name)
        },
        nodes: async () => [...receivers.keys()],
        leave() {
          if (isHere()) receivers.delete(name)
        },
      }
    },
  }
}
