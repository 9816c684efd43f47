export const code = (text: string) => `\`${text}\``

export const table = (
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string =>
  `${[head, head.map(() => '---'), ...rows].map((row) => `| ${row.map((cell) => `${cell}`.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')}\n`

/** The anchors of a document's headings, as hosts of documents make them. */
export const anchorsOf = (text: string): ReadonlySet<string> => {
  const prose = text.replace(/^```.*?^```$/gms, '')
  return new Set(
    [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}
