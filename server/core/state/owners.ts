import type { Member } from '../room/member.ts'
import { NONE, type Slots, slotsIn } from './slots.ts'
import type { Table } from './table.ts'

/** Which rows are whose, found again when some came, went or have another owner. */
export function createOwners(table: Table) {
  let byOwner: Map<number, Slots> | undefined
  return {
    of(member: Member): Slots {
      byOwner ??= ownersIn(table)
      return byOwner.get(member.number) ?? NONE
    },
    renew() {
      const { gone, come, owners } = table
      if (gone.n > 0 || come.n > 0 || (owners && owners.count > 0)) byOwner = undefined
    },
  }
}

function ownersIn({ owners, there }: Table): Map<number, Slots> {
  const numbers = owners?.valuesAt(there.slots, there.n) ?? []
  const byOwner = new Map<number, number[]>()
  for (let index = 0; index < there.n; index++) {
    const own = byOwner.get(numbers[index] as number) ?? []
    byOwner.set(numbers[index] as number, own)
    own.push(there.slots[index] as number)
  }
  return new Map([...byOwner].map(([number, slots]) => [number, slotsIn(slots)]))
}
