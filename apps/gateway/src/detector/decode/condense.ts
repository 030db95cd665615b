import type { DecodedText } from './decoded-text.js'

/** A text that repeats at least this many earlier bytes adds no information. */
const MIN_REPEAT = 24
/** How far back a repetition is looked for, in bytes. */
const MAX_DISTANCE = 2048
/** In longer runs of letters and digits the middle is left out, up to the bytes that are kept at the end. */
const MAX_WORD = 96
const KEPT_OF_WORD = 48
const MAX_BLANKS = 4
const HASH_BITS = 10

const NEWLINE = 10
const STAR = 42
const SLASH = 47

const LETTER = 1
const BLANK = 2
const CLASS = new Uint8Array(256)
for (const letter of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789') CLASS[letter.charCodeAt(0)] = LETTER
for (const letter of ' \t\r\n\v\f+') CLASS[letter.charCodeAt(0)] = BLANK

/**
 * Takes the padding out of a text: repetitions of text shortly before, the middle of endless words, runs of blanks, the
 * inside of comments. People do not type it; attackers add it so that a value is too long to be read as a parameter.
 *
 * ```
 *   aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…aaaa' or 1=1--      the first a of all stays
 *   filler text filler text filler text …; cat /etc/hosts  the first filler text stays
 * ```
 */
export class Condenser {
  /** Where each hash of four bytes was seen last. Old entries do no harm, for each is compared before it counts. */
  readonly #lastSeen = new Int32Array(1 << HASH_BITS)

  /**
   * Copies `source[start, end)` into `text` without its padding. Gives up once more than `limit` bytes remain; O(end - start).
   * @returns whether the rest fits into `limit` bytes; if not, `text` holds nothing of use
   */
  condense(text: DecodedText, source: Uint8Array, start: number, end: number, limit: number): boolean {
    const room = Math.min(limit, text.bytes.length)
    let write = 0
    let run = 0
    let runClass = 0
    let commentEnd = start
    let read = start
    while (read < end) {
      const repeated = this.#repeatLength(source, start, read, end)
      if (repeated > 0) {
        read += repeated
        run = 0
        continue
      }
      const byte = source[read] as number
      let isComment = false
      if (byte === STAR && read > start && source[read - 1] === SLASH) {
        if (commentEnd <= read) commentEnd = endOfComment(source, read, end)
        isComment = commentEnd < end
      }
      const byteClass = CLASS[byte] as number
      run = byteClass !== 0 && byteClass === runClass ? run + 1 : 1
      runClass = byteClass
      if (byteClass === BLANK && run > MAX_BLANKS) {
        // A line end separates commands, and so stays in place of another blank.
        if (byte === NEWLINE) text.bytes[write - 1] = byte
        read += 1
        continue
      }
      if (byteClass === LETTER && run > MAX_WORD) {
        read = Math.max(read, endOfWord(source, read, end) - KEPT_OF_WORD)
        run = 0
      }
      if (write === room) return false
      text.bytes[write] = source[read] as number
      text.offsets[write] = read
      write += 1
      read = isComment ? commentEnd : read + 1
    }
    text.length = write
    return true
  }

  /** How many bytes at `at` repeat earlier ones, which they may overlap; 0 when too few do. */
  #repeatLength(source: Uint8Array, start: number, at: number, end: number): number {
    if (at + MIN_REPEAT > end) return 0
    const word =
      (source[at] as number) | ((source[at + 1] as number) << 8) | ((source[at + 2] as number) << 16) | ((source[at + 3] as number) << 24)
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS)
    const earlier = this.#lastSeen[slot] as number
    this.#lastSeen[slot] = at
    if (earlier < start || earlier >= at || at - earlier > MAX_DISTANCE) return 0
    let length = 0
    while (at + length < end && source[earlier + length] === source[at + length]) length += 1
    return length < MIN_REPEAT ? 0 : length
  }
}

/** Where the next comment closes, at its star, or `end`. Asked for each stretch once, so that all asking together is linear. */
function endOfComment(source: Uint8Array, from: number, end: number): number {
  for (let index = from + 1; index + 1 < end; index += 1) if (source[index] === STAR && source[index + 1] === SLASH) return index
  return end
}

function endOfWord(source: Uint8Array, from: number, end: number): number {
  let index = from
  while (index < end && CLASS[source[index] as number] === LETTER) index += 1
  return index
}
