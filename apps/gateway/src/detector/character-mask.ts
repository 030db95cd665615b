/**
 * Only rules keep characters of one bit apart; the comma has none. They leave room for control characters, bytes beyond
 * ASCII, and letters and digits.
 */
const GROUPS = [
  "'",
  '"',
  '`',
  '()',
  '=',
  '<',
  '>',
  ';',
  '|~^',
  '&',
  '$',
  '{}',
  '[]',
  '/',
  '\\',
  '.',
  '-',
  '#',
  '*',
  ':',
  '%',
  '+',
  '@',
  '?!',
  '_',
  '\n\r',
  ' \t\v\f'
]
const CONTROL = 1 << GROUPS.length
/** A byte that begins the UTF-8 form of characters that imitate ASCII: overlong forms, typographic quotes, full-width and enclosed letters. */
const IMITATOR = 1 << (GROUPS.length + 1)
const HIGH = 1 << (GROUPS.length + 2)
/** Letters and digits. */
export const PLAIN = 1 << (GROUPS.length + 3)
const BACKSLASH = 92
/** The sign: a byte that ends a field. */
const STOP = 1 << 31

/** For each byte, the bit of its group; the bits of all bytes of a text together are its mask. */
export type CharacterTable = Int32Array

export const MASK_OF_BYTE: CharacterTable = new Int32Array(256)
MASK_OF_BYTE.fill(CONTROL, 0, 32).fill(PLAIN, 48, 58).fill(PLAIN, 65, 91).fill(PLAIN, 97, 123).fill(HIGH, 128)
GROUPS.forEach((group, bit) => {
  for (const letter of group) MASK_OF_BYTE[letter.charCodeAt(0)] = 1 << bit
})
for (const lead of [0xc0, 0xc1, 0xc2, 0xca, 0xe0, 0xe2, 0xe3, 0xef]) MASK_OF_BYTE[lead] = HIGH | IMITATOR
MASK_OF_BYTE.fill(HIGH | IMITATOR, 0xf0)

/** The same in a form's text, where a plus is a blank too. */
const MASK_OF_FORM_BYTE = Int32Array.from(MASK_OF_BYTE)
MASK_OF_FORM_BYTE[43] = maskOf('+ ')

/** The tables of texts that no byte ends. */
export const UNENDING: CharacterTable = tableOf('')
export const UNENDING_FORM: CharacterTable = tableOf('', true)

/** A table for texts that end at one of the bytes of `stops`; a backslash among them ends nothing, but nor does the byte behind it. */
export function tableOf(stops: string, isForm = false): CharacterTable {
  const table = Int32Array.from(isForm ? MASK_OF_FORM_BYTE : MASK_OF_BYTE)
  for (const letter of stops) (table[letter.charCodeAt(0)] as number) |= STOP
  return table
}

/** The mask of the characters of `text`. */
export function maskOf(text: string): number {
  let mask = 0
  for (const letter of text) mask |= MASK_OF_BYTE[letter.charCodeAt(0)] ?? HIGH
  return mask
}

/** Characters of a text that may need decoding, and those that shells and databases skip. */
export const MARKS = {
  PLUS: maskOf('+'),
  PERCENT: maskOf('%'),
  AMPERSAND: maskOf('&'),
  BACKSLASH: maskOf('\\'),
  IMITATOR,
  /** Any character that can begin a nested encoding. */
  NESTED: maskOf('%&\\') | IMITATOR,
  /** Any character that can split a word. */
  DISGUISE: maskOf('\'"$^*\\'),
  /** Characters that may stand around base64. */
  BLANK: maskOf(' \n'),
  /** Any character outside base64, also where base64 is encoded in a form or cookie, or has blanks around it. */
  NOT_BASE64: ~(PLAIN | maskOf('+/=-_% \n'))
} as const

/** Reads texts, one after another. */
export class TextReader {
  /** The characters of the last text. */
  mask = 0

  /**
   * Reads `bytes[start, end)`, or up to where the text ends. O(length).
   * @param table - names the bytes that end the text; see {@link tableOf}
   * @returns where it stopped
   */
  read(bytes: Uint8Array, start: number, end: number, table: CharacterTable): number {
    let mask = 0
    let index = start
    for (; index < end; index += 1) {
      const bits = table[bytes[index] as number] as number
      if (bits < 0) {
        if (bytes[index] !== BACKSLASH) break
        mask |= MARKS.BACKSLASH
        index += 1
        if (index === end) break
        mask |= MASK_OF_BYTE[bytes[index] as number] as number
      } else {
        mask |= bits
      }
    }
    this.mask = mask
    return index
  }
}
