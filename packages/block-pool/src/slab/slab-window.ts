import { invalid, PoolError, validInteger } from '@pool/core/kit/universal'
import { isShared } from './slab-memory.js'

/** Bytes of a slab on their way to another thread. Structured cloning carries it as it is. */
export interface SlabWindow {
  /** The slab's own shared memory, or a copy of just these bytes, which may be transferred. */
  readonly buffer: ArrayBufferLike
  /** Where the bytes begin in `buffer`. */
  readonly byteOffset: number
  /** The number of bytes. */
  readonly byteLength: number
  /** Whether both threads see the same memory. If not, the other thread's writes come back by `absorb` alone. */
  readonly zeroCopy: boolean
}

/** A window of `buffer`. */
export function openWindow(buffer: ArrayBufferLike, byteOffset: number, byteLength: number): SlabWindow {
  if (isShared(buffer)) return { buffer, byteOffset, byteLength, zeroCopy: true }
  const copy = new Uint8Array(byteLength)
  copy.set(new Uint8Array(buffer, byteOffset, byteLength))
  return { buffer: copy.buffer, byteOffset: 0, byteLength, zeroCopy: false }
}

/** Copies a window that is a copy back to `byteOffset` of `buffer`, which belongs to the slab up to `end`. */
export function absorbWindow(buffer: ArrayBufferLike, byteOffset: number, end: number, window: SlabWindow): number {
  if (typeof window !== 'object' || window === null || typeof window.zeroCopy !== 'boolean') throw invalid('window', 'a window', window)
  if (window.zeroCopy) {
    if (isShared(buffer)) return 0
    throw invalid('window', 'of this slab, whose memory is not shared', window)
  }
  if (Object.prototype.toString.call(window.buffer) !== '[object ArrayBuffer]')
    throw invalid('window.buffer', 'an ArrayBuffer', window.buffer)
  validInteger('window.byteOffset', window.byteOffset, 0, 2 ** 32)
  validInteger('window.byteLength', window.byteLength, 0, 2 ** 32)
  if (window.buffer.byteLength < window.byteOffset + window.byteLength) {
    throw new PoolError('ERR_POOL_DETACHED_BUFFER', 'the window was transferred away and did not come back. Post it back first.')
  }
  if (byteOffset + window.byteLength > end) {
    throw new PoolError(
      'ERR_POOL_TOO_LARGE',
      `a window of ${window.byteLength} bytes does not fit at ${byteOffset}: the slab ends at ${end}.`
    )
  }
  new Uint8Array(buffer, byteOffset, window.byteLength).set(new Uint8Array(window.buffer, window.byteOffset, window.byteLength))
  return window.byteLength
}
