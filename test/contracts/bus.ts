import type { Test } from 'tap'
import type { Json } from '../../protocol/schema.ts'
import type { Bus, Node } from '../../server/core/nodes/bus.ts'
import { until } from '../support/promise.ts'

/** Opens a bus of a test's own; it is closed with the test. */
export type OpenBus = (t: Test) => Promise<Bus>

/** A node, and what it got so far. */
interface Listener extends Node {
  readonly got: readonly (readonly [from: string, message: Json])[]
}

/** What every bus promises, whatever carries it. */
export function busContract(t: Test, name: string, open: OpenBus): void {
  const promise = (title: string, run: (t: Test, bus: Bus) => Promise<void>) =>
    t.test(`${title} (${name})`, async (t) => run(t, await open(t)))

  promise('what is published reaches every node once, its sender included', async (t, bus) => {
    const [one, two, three] = [join(bus, 'one'), join(bus, 'two'), join(bus, 'three')]

    for (const message of [1, { deep: [{ ä: null }] }, 'last']) two.publish(message)
    await until(() => [one, two, three].every(({ got }) => got.length === 3), 'three each')

    for (const { got } of [one, two, three])
      t.strictSame(got, [
        ['two', 1],
        ['two', { deep: [{ ä: null }] }],
        ['two', 'last'],
      ])
  })

  promise('what is sent to one node reaches it only', async (t, bus) => {
    const [one, two] = [join(bus, 'one'), join(bus, 'two')]

    one.send('two', 'you')
    one.send('nobody', 'lost')
    one.publish('all')
    await until(() => one.got.length === 1 && two.got.length === 2, 'one and two')

    t.strictSame(one.got, [['one', 'all']])
    t.strictSame(two.got, [
      ['one', 'you'],
      ['one', 'all'],
    ])
  })

  promise('nothing arrives in the turn in which it was sent', async (t, bus) => {
    const one = join(bus, 'one')

    one.publish('soon')
    const atOnce = one.got.length
    await until(() => one.got.length === 1, 'it')

    t.equal(atOnce, 0)
  })

  promise('what is received is a copy', async (t, bus) => {
    const message = { list: [1] }
    const [one, two] = [join(bus, 'one'), join(bus, 'two')]

    one.publish(message)
    message.list.push(2)
    await until(() => one.got.length === 1 && two.got.length === 1, 'one each')

    t.strictSame([one.got[0]?.[1], two.got[0]?.[1]], [{ list: [1] }, { list: [1] }])
    t.not(one.got[0]?.[1], two.got[0]?.[1])
  })

  promise('a name is taken once, and free again when its node has left', async (t, bus) => {
    const one = join(bus, 'one')
    const two = join(bus, 'two')

    t.throws(() => join(bus, 'two'), { message: /two/ })
    t.strictSame([...(await one.nodes())].sort(), ['one', 'two'])
    two.leave()
    two.leave()
    two.publish('ghost')
    two.send('one', 'ghost')
    t.strictSame(await one.nodes(), ['one'])
    const again = join(bus, 'two')
    two.leave()
    one.publish('hello')
    await until(() => again.got.length === 1 && one.got.length === 1, 'the hello')

    t.strictSame([...(await one.nodes())].sort(), ['one', 'two'])
    t.strictSame(two.got, [])
    t.strictSame(one.got, [['one', 'hello']])
  })
}

function join(bus: Bus, name: string): Listener {
  const got: [string, Json][] = []
  const node = bus.join(name, (message, from) => void got.push([from, message]))
  return { ...node, got }
}
