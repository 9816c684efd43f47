import type { TokenStorage } from '../../web-client/kept.ts'

/** What a tab keeps, with what it holds now; another tab may begin with a copy of that. */
export interface MemoryStorage extends TokenStorage {
  readonly items: ReadonlyMap<string, string>
}

export function memoryStorage(from: ReadonlyMap<string, string> = new Map()): MemoryStorage {
  const items = new Map(from)
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  }
}
