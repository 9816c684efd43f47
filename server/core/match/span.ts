import { type QueueRules, windowOf } from './rules.ts'
import type { Entry } from './search.ts'

/**
 * Those of `others` who might be among so many more beside `first`, in their order. By the first number
 * to be close, no match is wider than the widest window of any of them: whoever is in no stretch of that
 * width with `first` and enough others need not be tried. Where many are close to `first`, half of them
 * below and half above, and so not to each other, that leaves nobody to try.
 */
export function withinSpan(
  first: Entry,
  others: readonly Entry[],
  lacking: number,
  { rules, now }: { readonly rules: QueueRules; readonly now: number },
): readonly Entry[] {
  const [near] = Object.values(rules.near ?? {})
  if (!near || lacking === 0) return others
  const all = [first, ...others].sort((one, other) => mean(one) - mean(other))
  const since = Math.min(...all.map(({ search }) => search.since))
  const span = windowOf(near, now - since)
  const place = all.indexOf(first)
  const kept = new Set<Entry>()
  let [end, size, added] = [0, -first.size, 0]
  for (let begin = 0; begin <= place; begin++) {
    const from = all[begin] as Entry
    for (; end < all.length && mean(all[end] as Entry) - mean(from) <= span; end++)
      size += (all[end] as Entry).size
    if (end > place && size >= lacking) {
      for (added = Math.max(added, begin); added < end; added++) kept.add(all[added] as Entry)
    }
    size -= from.size
  }
  return others.filter((one) => kept.has(one))
}

const mean = ({ means }: Entry): number => means[0] ?? 0
