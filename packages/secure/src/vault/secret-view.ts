import { inspect } from 'node:util'

type BufferConstructor = new (memory: ArrayBufferLike, offset: number, length: number) => Buffer

/** The constructor behind every Buffer; `Buffer` itself can't be extended. */
const NodeBuffer = (Buffer as unknown as { [Symbol.species]: BufferConstructor })[Symbol.species]

/**
 * A Buffer over memory of a secret. It shows nothing of its content where values are shown or serialized in passing, and every part
 * of it, by `subarray` or `slice`, keeps the whole: a secret is taken for lost only when no part of it is in use either.
 */
export class SecretView extends NodeBuffer {
  readonly #whole: SecretView | undefined

  /** @param whole - what must live as long as this view */
  constructor(memory: ArrayBufferLike, offset: number, length: number, whole?: SecretView) {
    super(memory, offset, length)
    this.#whole = whole
  }

  /** A part of the same memory. */
  override subarray(start?: number, end?: number): Buffer<ArrayBuffer> {
    const part = super.subarray(start, end)
    const view: Buffer = new SecretView(part.buffer, part.byteOffset, part.length, this.#whole ?? this)
    return view as Buffer<ArrayBuffer>
  }

  /** A part of the same memory. */
  override slice(start?: number, end?: number): Buffer<ArrayBuffer> {
    return this.subarray(start, end)
  }

  /** How `console.log` and error messages show it: by its length. */
  [inspect.custom](): string {
    return `<SecretBuffer of ${this.length} bytes>`
  }

  /** How `JSON.stringify` shows it: by its length. */
  override toJSON(): { type: 'Buffer'; data: number[] } {
    return { type: 'Buffer', data: [] }
  }
}
