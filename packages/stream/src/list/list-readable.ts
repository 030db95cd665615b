import { Readable } from 'node:stream'
import type { NonSharedBuffer } from '@pool/core/kit'

/** The methods of the list that a {@link ListReadable} takes over. */
interface Segments extends Iterable<NonSharedBuffer> {
  consume(bytes: number): unknown
  close(): void
}

/** A stream of copies of a list's bytes. It takes the list over: each chunk is a segment or a part of one, and memory is given back as it is read. */
export class ListReadable extends Readable {
  readonly #list: Segments

  constructor(list: Segments) {
    super()
    this.#list = list
  }

  override _read(size: number): void {
    const [segment] = this.#list
    if (segment === undefined) {
      this.push(null)
      return
    }
    const chunk = Buffer.from(segment.subarray(0, size))
    this.#list.consume(chunk.length)
    this.push(chunk)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#list.close()
    callback(error)
  }
}
