export const code = (text: string) => `\`${text}\``

export const table = (
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string =>
  `${[head, head.map(() => '---'), ...rows].map((row) => `| ${row.map((cell) => `${cell}`.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')}\n`
