/** A table with aligned columns: the first to the left, figures to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

/** `4.3`, `43`, `1 043`: three figures that mean something, thousands apart. */
export function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ' ')
}

/** A bar as people read it, and whether the figure keeps it. */
export function verdict(value: number, bar: { readonly most?: number; readonly least?: number } | undefined): string {
  if (bar === undefined) return ''
  const kept = value <= (bar.most ?? Number.POSITIVE_INFINITY) && value >= (bar.least ?? Number.NEGATIVE_INFINITY)
  return `${bar.most === undefined ? `≥ ${bar.least}` : `≤ ${bar.most}`} ${kept ? 'kept' : 'MISSED'}`
}
