/**
 * The getters and methods of every typed array, taken from the prototype once. A property of the same name that a user sets on a buffer
 * has no effect on the pool.
 */
const prototype: object = Object.getPrototypeOf(Uint8Array.prototype)

function getter<T>(name: string): (this: ArrayBufferView) => T {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get as (this: ArrayBufferView) => T
}

const byteLength = getter<number>('byteLength')
const byteOffset = getter<number>('byteOffset')
const memory = getter<ArrayBufferLike>('buffer')
const fill = Uint8Array.prototype.fill

/** Bytes of a view; 0 once its memory was transferred away. */
export function byteLengthOf(view: ArrayBufferView): number {
  return byteLength.call(view)
}

/** Where a view begins in its memory, in bytes. */
export function byteOffsetOf(view: ArrayBufferView): number {
  return byteOffset.call(view)
}

/** The memory of a view. */
export function memoryOf<V extends ArrayBufferView>(view: V): V['buffer'] {
  return memory.call(view)
}

/** Fills the bytes `start..end` of a view. */
export function fillBytes(view: Uint8Array, byte: number, start?: number, end?: number): void {
  fill.call(view, byte, start, end)
}
