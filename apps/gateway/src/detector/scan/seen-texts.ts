const SLOTS = 512

/**
 * Texts of a body on which rules ran and found nothing. The same text in the same context need not be looked at again: messages repeat
 * their names and values, and hostile ones hardly anything else. Texts are compared, not only their hashes.
 */
export class SeenTexts {
  /** The place of each text, plus one, so that 0 stands for no text. */
  readonly #start = new Int32Array(SLOTS)
  readonly #length = new Int32Array(SLOTS)
  readonly #context = new Int32Array(SLOTS)
  #isEmpty = true

  /** Forgets all. */
  clear(): void {
    if (!this.#isEmpty) this.#start.fill(0)
    this.#isEmpty = true
  }

  /**
   * Whether `bytes[start, end)` is known in `context`; if not, it is from now on. O(end - start).
   * @returns its slot where it was not known, or -1
   */
  add(bytes: Uint8Array, start: number, end: number, context: number): number {
    const length = end - start
    let hash = context + length
    for (let index = start; index < end; index += 1) hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193)
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    const known = (this.#start[slot] as number) - 1
    if (known >= 0 && this.#length[slot] === length && this.#context[slot] === context && isSame(bytes, known, start, length)) return -1
    this.#start[slot] = start + 1
    this.#length[slot] = length
    this.#context[slot] = context
    this.#isEmpty = false
    return slot
  }

  /** Forgets the text of `slot`: something was found in it. */
  drop(slot: number): void {
    this.#start[slot] = 0
  }
}

function isSame(bytes: Uint8Array, one: number, other: number, length: number): boolean {
  for (let index = 0; index < length; index += 1) if (bytes[one + index] !== bytes[other + index]) return false
  return true
}
