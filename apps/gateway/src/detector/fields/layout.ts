import { type EscapeReader, NO_ESCAPE } from '../decode/escapes.js'
import { readJsonEscape } from '../decode/js-escapes.js'
import { readPercent } from '../decode/url.js'

/** How a text lies in its bytes: where it ends, and how its characters are escaped. */
export interface Layout {
  /** The number of the layout. */
  readonly index: number
  /** Bytes that end the text. */
  readonly ends: string
  /** The byte that begins an escape, or none, and the reader of escapes. */
  readonly escape: string
  readonly readEscape: EscapeReader
  /** Whether a plus is a blank. */
  readonly plusIsBlank: boolean
}

/** All of the same shape, since every field is read by one of them. */
const plain = { escape: '', readEscape: (): number => NO_ESCAPE, plusIsBlank: false } as const
const form = { escape: '%', readEscape: readPercent, plusIsBlank: true } as const
const json = { escape: '\\', readEscape: readJsonEscape, plusIsBlank: false } as const

/** Every layout. */
export const LAYOUT = {
  plain: { index: 0, ends: '', ...plain },
  form: { index: 1, ends: '', ...form },
  formName: { index: 2, ends: '&=', ...form },
  formValue: { index: 3, ends: '&', ...form },
  cookieName: { index: 4, ends: ';=', ...form },
  cookieValue: { index: 5, ends: ';', ...plain },
  path: { index: 6, ends: '?', ...plain },
  json: { index: 7, ends: '', ...json },
  quotedJson: { index: 8, ends: '"', ...json },
  apostrophedJson: { index: 9, ends: "'\n", ...json },
  markup: { index: 10, ends: '<', ...plain },
  quoted: { index: 11, ends: '"', ...plain },
  apostrophed: { index: 12, ends: "'", ...plain }
} as const satisfies Readonly<Record<string, Layout>>

/** The meanings of a byte besides itself. */
export const SPECIAL = { end: 1, escape: 2 } as const

/** For each layout and byte, the byte's meaning besides itself. */
const SPECIALS: readonly Uint8Array[] = Object.values(LAYOUT).map((layout: Layout) => {
  const special = new Uint8Array(256)
  for (const letter of layout.ends) special[letter.charCodeAt(0)] = SPECIAL.end
  for (const letter of layout.escape) special[letter.charCodeAt(0)] = SPECIAL.escape
  return special
})

/** The meanings of bytes in `layout`. */
export function specialsOf(layout: Layout): Uint8Array {
  return SPECIALS[layout.index] as Uint8Array
}

/** Where a text of `layout` ends that goes on at `at`, or `end`. A byte behind a backslash ends nothing. */
export function endOfText(layout: Layout, bytes: Uint8Array, at: number, end: number): number {
  const special = specialsOf(layout)
  const skipsNext = layout.escape === '\\'
  let index = at
  for (; index < end; index += 1) {
    const kind = special[bytes[index] as number]
    if (kind === SPECIAL.end) return index
    if (kind === SPECIAL.escape && skipsNext) index += 1
  }
  return Math.min(index, end)
}
