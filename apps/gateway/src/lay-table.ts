import { getBorderCharacters, table } from 'table'

/** A table of text: columns aligned, the first to the left, the others to the right, a line under the head. */
export function layTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const text = table([[...head], ...rows.map((row) => [...row])], {
    border: { ...getBorderCharacters('void'), joinBody: '─' },
    columnDefault: { alignment: 'right', paddingLeft: 0, paddingRight: 2 },
    columns: { 0: { alignment: 'left' } },
    drawHorizontalLine: (index) => index === 1
  })
  return text.replaceAll(/ +$/gm, '').trimEnd()
}
