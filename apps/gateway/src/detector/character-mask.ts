/** Characters that share a bit are told apart by rules alone. The last two groups are no characters of ASCII that one types. */
const GROUPS = [
  "'",
  '"',
  '`',
  '()',
  '=',
  '<',
  '>',
  ';',
  '|',
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
  '?',
  '!',
  '~^',
  '_',
  '\n\r',
  ' \t\v\f'
]
const CONTROL = 1 << GROUPS.length
const HIGH = 1 << (GROUPS.length + 1)
/** Letters and digits. */
const PLAIN = 1 << (GROUPS.length + 2)

/** For each byte, the bit of its group; the bits of all bytes of a text together are its mask. The comma has none. */
export const MASK_OF_BYTE = new Int32Array(256)
MASK_OF_BYTE.fill(CONTROL, 0, 32).fill(PLAIN, 48, 58).fill(PLAIN, 65, 91).fill(PLAIN, 97, 123).fill(HIGH, 128)
GROUPS.forEach((group, bit) => {
  for (const letter of group) MASK_OF_BYTE[letter.charCodeAt(0)] = 1 << bit
})

/** The same in a form's text, where a plus is a blank too. */
export const MASK_OF_FORM_BYTE = Int32Array.from(MASK_OF_BYTE)
MASK_OF_FORM_BYTE[43] = maskOf('+ ')

/** The mask of the characters of `text`. */
export function maskOf(text: string): number {
  let mask = 0
  for (const letter of text) mask |= MASK_OF_BYTE[letter.charCodeAt(0)] ?? HIGH
  return mask
}

/** What of a text may need decoding, and what shells and databases read over. */
export const MARKS = {
  PLUS: maskOf('+'),
  PERCENT: maskOf('%'),
  AMPERSAND: maskOf('&'),
  BACKSLASH: maskOf('\\'),
  HIGH,
  PLAIN,
  /** Any of what nested encodings begin with. */
  NESTED: maskOf('%&\\') | HIGH,
  /** Any of what a word can be taken apart with. */
  DISGUISE: maskOf('\'"$^*\\'),
  /** Whatever base64 does not hold, not even when it is encoded in a form or cookie. */
  NOT_BASE64: ~(PLAIN | maskOf('+/=-_%'))
} as const
