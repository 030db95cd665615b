/** A Treiber stack of block indices with a tag against ABA, 14 bits of tag and 16 of index: what pools that threads share are usually made of. */
export class TaggedStack {
  readonly #words: Int32Array

  /** Over `buffer`: the head, then a link for each block. */
  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer)
  }

  /** Bytes for so many blocks. */
  static bytes(blocks: number): number {
    return (64 + blocks + 1) * 4
  }

  /** Puts all blocks on the stack. */
  fill(blocks: number): void {
    for (let index = 0; index < blocks; index++) this.release(index)
  }

  /** Takes a block; -1 when none is there. */
  acquire(): number {
    const words = this.#words
    for (;;) {
      const head = Atomics.load(words, 0)
      const top = head & 0xffff
      if (top === 0) return -1
      const next = Atomics.load(words, 64 + top)
      if (Atomics.compareExchange(words, 0, head, nextTag(head) | next) === head) return top - 1
    }
  }

  /** Gives a block back. */
  release(index: number): void {
    const words = this.#words
    for (;;) {
      const head = Atomics.load(words, 0)
      Atomics.store(words, 64 + index + 1, head & 0xffff)
      if (Atomics.compareExchange(words, 0, head, nextTag(head) | (index + 1)) === head) return
    }
  }
}

function nextTag(head: number): number {
  return (head + 0x1_0000) & 0x3fff_0000
}
