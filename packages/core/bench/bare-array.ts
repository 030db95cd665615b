/** A free list with no check at all: the floor of any pool. */
export class BareArray {
  readonly #free: Buffer[]

  constructor(bytes: number, count: number) {
    this.#free = Array.from({ length: count }, () => Buffer.allocUnsafeSlow(bytes))
  }

  acquire(): Buffer {
    return this.#free.pop() as Buffer
  }

  release(buffer: Buffer): void {
    this.#free.push(buffer)
  }
}
