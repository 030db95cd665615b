import { memoryOf } from '../kit/memory/intrinsics.js'
import type { NonSharedBuffer } from '../kit/memory/non-shared-buffer.js'

/** `ArrayBuffer` as of Node 22. */
interface Transferable {
  transfer?: (newLength?: number) => ArrayBuffer
}

/** Whether this Node can take memory away from code that still refers to it. */
export const canRevoke: boolean = typeof (ArrayBuffer.prototype as Transferable).transfer === 'function'

/**
 * Moves the memory of `buffer` to a new Buffer. Every old reference to it is dead from then on: its length is 0, and writes
 * through it have no effect. `undefined` where that was forbidden, by `markAsUntransferable` on Node 24 and later:
 * the memory is then where it was.
 */
export function revoke(buffer: NonSharedBuffer): NonSharedBuffer | undefined {
  try {
    return Buffer.from((memoryOf(buffer) as Transferable).transfer?.() as ArrayBuffer)
  } catch {
    return undefined
  }
}
