import { CODE_ALPHABET, CODE_LENGTH } from '../../../protocol/rooms.ts'
import type { Random } from '../../world.ts'

/** A code that none of the rooms has. */
export function newCode({ below }: Random, taken: ReadonlyMap<string, unknown>): string {
  for (;;) {
    let code = ''
    while (code.length < CODE_LENGTH) code += CODE_ALPHABET[below(CODE_ALPHABET.length)]
    if (!taken.has(code)) return code
  }
}
