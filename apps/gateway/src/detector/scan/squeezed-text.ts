/** Blanks that stay of a longer run of them, as many as the condenser leaves. */
const KEPT_BLANKS = 4
const LONG_RUN = new RegExp(`\\s{${KEPT_BLANKS + 1},}`)
const LONG_RUNS = new RegExp(LONG_RUN, 'g')

/**
 * The text without the blanks of long runs. Rules bound the blanks that they pass over, or hostile text would make them count the same ones
 * again and again; so a few more must not hide anything. A line end stays, for it separates commands.
 */
export function squeezeBlanks(text: string): string {
  return LONG_RUN.test(text) ? text.replace(LONG_RUNS, squeezed) : text
}

function squeezed(run: string): string {
  const kept = run.slice(0, KEPT_BLANKS)
  const lineEnd = run.includes('\n') ? '\n' : run.includes('\r') ? '\r' : ''
  return kept.includes(lineEnd) ? kept : kept.slice(0, -1) + lineEnd
}

/** The place in `text` of the byte at `at` in its squeezed form; for a line end that stayed, the place of a blank before it. */
export function placeBeforeSqueezing(text: string, at: number): number {
  let place = at
  for (const { 0: run, index } of text.matchAll(LONG_RUNS)) {
    if (index + KEPT_BLANKS > place) break
    place += run.length - KEPT_BLANKS
  }
  return place
}
