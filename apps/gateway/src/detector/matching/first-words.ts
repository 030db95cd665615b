/** Bits of the table: of a thousand words, a word that is not in the list passes once in sixty times, and costs a look. */
const TABLE_BITS = 16
/** How far into a text its first word may begin, behind paths and quotes. */
const LONGEST_LEAD = 160

const LETTER = 1
const LEAD = 2
const JOINT = 4
/** Characters that separate commands, or open one inside another. */
const SEPARATOR = 8
const EQUALS = 61
const SLASH = 47
const CLASS = new Uint8Array(256)
for (const letter of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ') CLASS[letter.charCodeAt(0)] = LETTER
for (const letter of ' \t\r\n\'"`(~./!@,') CLASS[letter.charCodeAt(0)] = LEAD
for (const letter of '0123456789_-.+') (CLASS[letter.charCodeAt(0)] as number) |= JOINT
for (const letter of ';|&\n\r`({<>') (CLASS[letter.charCodeAt(0)] as number) |= SEPARATOR

/** Tells quickly whether a text may begin with one of many words, by the hashes of their first letters. */
export class FirstWords {
  readonly #table = new Uint8Array(1 << TABLE_BITS)

  constructor(words: Iterable<string>) {
    for (const word of words) {
      const bytes = Buffer.from(word)
      this.#table[hashOfLetters(bytes, 0, bytes.length)] = 1
    }
  }

  /** Whether the first word of `bytes[start, end)` may be one of the words; a word before an `=` or a slash does not count. */
  mayBegin(bytes: Uint8Array, start: number, end: number): boolean {
    const limit = Math.min(end, start + LONGEST_LEAD)
    let at = start
    let isAssigned = false
    while (at < limit) {
      while (at < limit && ((CLASS[bytes[at] as number] as number) & LEAD) !== 0) at += 1
      if (this.#table[hashOfLetters(bytes, at, end)] === 1) return true
      while (at < limit && ((CLASS[bytes[at] as number] as number) & (LETTER | JOINT)) !== 0) at += 1
      // A command follows `A=1 `, and its name follows its path.
      if (bytes[at] === EQUALS) isAssigned = true
      else if (bytes[at] !== SLASH && !isAssigned) return false
      at += 1
    }
    return false
  }

  /** Whether one of the words may begin `bytes[start, end)`, or follow a separator of commands in it. */
  mayFollow(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.mayBegin(bytes, start, end)) return true
    for (let index = start; index < end; index += 1) {
      if ((CLASS[bytes[index] as number] as number) >= SEPARATOR && this.mayBegin(bytes, index + 1, end)) return true
    }
    return false
  }
}

/** A hash of the letters that begin at `at`, in any case, and a digit before them; signs and digits end them: `python3.10` is `python`. */
function hashOfLetters(bytes: Uint8Array, at: number, end: number): number {
  let hash = 0
  for (let index = at; index < end && (index === at || CLASS[bytes[index] as number] === LETTER); index += 1) {
    hash = Math.imul(hash ^ ((bytes[index] as number) | 32), 0x01000193) + index - at
  }
  return (hash ^ (hash >>> TABLE_BITS)) & ((1 << TABLE_BITS) - 1)
}
