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

/** The same, with nothing but an allocation where it is empty: the least that a pool does beyond the floor. */
export class FallbackArray {
  readonly #bytes: number
  readonly #free: Buffer[]

  constructor(bytes: number, count: number) {
    this.#bytes = bytes
    this.#free = Array.from({ length: count }, () => Buffer.allocUnsafeSlow(bytes))
  }

  acquire(): Buffer {
    return this.#free.pop() ?? this.#allocate()
  }

  release(buffer: Buffer): void {
    this.#free.push(buffer)
  }

  #allocate(): Buffer {
    return Buffer.allocUnsafeSlow(this.#bytes)
  }
}
