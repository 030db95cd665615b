/** Blanks that stay of a longer run of them, as many as the condenser leaves. */
const KEPT_BLANKS = 4
const LONG_RUN = new RegExp(`\\s{${KEPT_BLANKS + 1},}`)
const LONG_RUNS = new RegExp(LONG_RUN, 'g')

/**
 * The text without the blanks of long runs. Rules bound the blanks that they pass over, or hostile text would make them count the same ones
 * again and again; so a few more must not hide anything.
 */
export function squeezeBlanks(text: string): string {
  return LONG_RUN.test(text) ? text.replace(LONG_RUNS, (run) => run.slice(0, KEPT_BLANKS)) : text
}

/** Where what stands at `at` in the squeezed form of `text` stands in `text` itself. */
export function placeBeforeSqueezing(text: string, at: number): number {
  let place = at
  for (const { 0: run, index } of text.matchAll(LONG_RUNS)) {
    if (index + KEPT_BLANKS > place) break
    place += run.length - KEPT_BLANKS
  }
  return place
}
