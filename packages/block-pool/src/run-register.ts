/** Which blocks of a pool are part of a run that is out. */
export class RunRegister {
  /** A bit for each block, once there was a run. */
  #bits: Int32Array = new Int32Array(0)
  /** How many blocks they are. */
  members = 0

  /** Bytes of it. */
  get bookkeepingBytes(): number {
    return this.#bits.byteLength
  }

  /** Whether a block is part of a run. */
  has(index: number): boolean {
    return this.members !== 0 && (this.#bits[index >>> 5]! & (1 << (index & 31))) !== 0
  }

  /** A run of a pool of `blocks` goes out. */
  enter(start: number, count: number, blocks: number): void {
    if (this.#bits.length === 0) this.#bits = new Int32Array(Math.ceil(blocks / 32))
    for (let index = start; index < start + count; index++) this.#bits[index >>> 5]! |= 1 << (index & 31)
    this.members += count
  }

  /** It came back. */
  leave(start: number, count: number): void {
    for (let index = start; index < start + count; index++) this.#bits[index >>> 5]! &= ~(1 << (index & 31))
    this.members -= count
  }
}
