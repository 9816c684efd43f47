// A process of its own that attacks a server by one of ATTACKS until its parent is gone.
import { ATTACKS, attackWith } from '../support/attacks.ts'
import { createRandom } from '../support/clock.ts'

const [name, port, seed] = process.argv.slice(2)
const attack = ATTACKS.find((one) => one.name === name)
if (!attack) throw new Error(`attacker: expected one of ${ATTACKS.map(({ name }) => name)}`)
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })
const target = { port: Number(port), from: '127.0.0.2' }
await attackWith(attack, target, createRandom(Number(seed)), () => false)
