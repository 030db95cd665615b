import { expect } from 'vitest'

/** Who owns each byte, in the most naive way there is: what the pools are held against. */
export class ByteMap {
  readonly #owners: Int32Array
  readonly #start: number
  #owned = 0

  constructor(start: number, bytes: number) {
    this.#start = start
    this.#owners = new Int32Array(bytes)
  }

  /** Bytes that nobody owns. */
  get free(): number {
    return this.#owners.length - this.#owned
  }

  /** Somebody gets bytes: nobody may own any of them. */
  give(owner: number, byteOffset: number, bytes: number): void {
    const from = byteOffset - this.#start
    if (from < 0 || from + bytes > this.#owners.length) expect.fail(`bytes ${from}..${from + bytes} lie outside`)
    for (let at = from; at < from + bytes; at++) if (this.#owners[at] !== 0) expect.fail(`byte ${at} has an owner already`)
    this.#owners.fill(owner, from, from + bytes)
    this.#owned += bytes
  }

  /** Somebody gives bytes back: all of them must be theirs. */
  take(owner: number, byteOffset: number, bytes: number): void {
    const from = byteOffset - this.#start
    for (let at = from; at < from + bytes; at++) if (this.#owners[at] !== owner) expect.fail(`byte ${at} has another owner`)
    this.#owners.fill(0, from, from + bytes)
    this.#owned -= bytes
  }

  /** The most free bytes in a row. */
  longestFree(): number {
    let longest = 0
    let length = 0
    for (const owner of this.#owners) {
      length = owner === 0 ? length + 1 : 0
      if (length > longest) longest = length
    }
    return longest
  }
}
