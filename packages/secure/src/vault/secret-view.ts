import { inspect } from 'node:util'
import type { NonSharedBuffer } from '@pool/core/kit'
import { hideFromInspect } from './hide-from-inspect.js'

type BufferConstructor = new (memory: ArrayBufferLike | number, offset?: number, length?: number) => NonSharedBuffer

/** The constructor behind every Buffer; `Buffer` itself can't be extended. */
const NodeBuffer = (Buffer as unknown as { [Symbol.species]: BufferConstructor })[Symbol.species]

/**
 * A Buffer over memory of a secret. It hides its content where values are logged, inspected or serialized. Every part of it,
 * by `subarray` or `slice`, keeps the whole: the pool counts a secret as lost only when no part of it is in use either.
 */
export class SecretView extends NodeBuffer {
  readonly #whole: SecretView | undefined

  /** @param whole - the view that must live as long as this one */
  constructor(memory: ArrayBufferLike, offset: number, length: number, whole?: SecretView) {
    super(memory, offset, length)
    this.#whole = whole
  }

  /**
   * The constructor that the methods of typed arrays use. Copies, as of `map`, `filter` and `Uint8Array.prototype.slice`, are plain Buffers.
   * A part, as of `Uint8Array.prototype.subarray`, is a view that hides its content too, though it does not keep the whole.
   */
  static get [Symbol.species](): BufferConstructor {
    return makeCopyOrPart as unknown as BufferConstructor
  }

  /** A part of the same memory. */
  override subarray(start?: number, end?: number): NonSharedBuffer {
    const from = indexOf(start, 0, this.length)
    const to = Math.max(from, indexOf(end, this.length, this.length))
    const view: Buffer = new SecretView(this.buffer, this.byteOffset + from, to - from, this.#whole ?? this)
    return view as NonSharedBuffer
  }

  /** A part of the same memory. */
  override slice(start?: number, end?: number): NonSharedBuffer {
    return this.subarray(start, end)
  }

  /** How `console.log` and error messages show it: by its length. */
  [inspect.custom](): string {
    return shown(this)
  }

  /** How `JSON.stringify` shows it: as an empty Buffer. */
  override toJSON(): { type: 'Buffer'; data: number[] } {
    return { type: 'Buffer', data: [] }
  }

  /** The string that a template or `%s` makes of it: its length, never its content. `toString()` gives the content. */
  [Symbol.toPrimitive](): string {
    return shown(this)
  }

  /** As of every `Uint8Array`. `inspect` asks for it before it shows content; so do assertions for their messages. */
  override get [Symbol.toStringTag](): 'Uint8Array' {
    hideFromInspect(SecretView.prototype)
    return 'Uint8Array'
  }
}

/** The species of {@link SecretView}: called with a length for a copy, with memory for a part. */
function makeCopyOrPart(memory: ArrayBufferLike | number, offset = 0, length = 0): Buffer {
  return typeof memory === 'number' ? new NodeBuffer(memory) : new SecretView(memory, offset, length)
}

function shown(view: SecretView): string {
  return `<SecretBuffer of ${view.length} bytes>`
}

/** An index as `subarray` takes it: counted from the end where it is negative, and cut to the length. */
function indexOf(index: number | undefined, whenNone: number, length: number): number {
  const whole = index === undefined ? whenNone : Math.trunc(Number(index)) || 0
  return whole < 0 ? Math.max(0, length + whole) : Math.min(whole, length)
}
