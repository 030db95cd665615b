import { BufferView } from '../kit/memory/buffer-view.js'
import { byteLengthOf, byteOffsetOf, fillBytes, memoryOf } from '../kit/memory/intrinsics.js'
import type { NonSharedBuffer } from '../kit/memory/non-shared-buffer.js'
import type { CallerPlaces } from '../kit/observing/place-of-caller.js'
import type { BufferRecord } from './buffer-record.js'

/** When a pool's memory is zeroed. Memory that leaves the pool for good is zeroed as well, unless the policy is `'never'`. */
export type ClearPolicy = 'release' | 'acquire' | 'never'
/** How a pool finds callers that use memory after they released it. */
export type DebugMode = 'off' | 'poison' | 'revoke'

const poisonByte = 0xdb
const poisonPage = Buffer.alloc(65_536, poisonByte)

/** Wipes the bytes of a buffer between two owners: with zeroes, or with poison that shows where it was written to meanwhile. */
export class Wiping {
  /** Whether each release has something to do here. */
  readonly onRelease: boolean
  /** Whether each acquire has something to do here. */
  readonly onAcquire: boolean
  readonly #clear: ClearPolicy
  readonly #debug: boolean
  readonly #places: CallerPlaces

  /** The wiping of one pool. */
  constructor(clear: ClearPolicy, debug: DebugMode, places: CallerPlaces) {
    this.#places = places
    this.#clear = clear
    this.#debug = debug !== 'off'
    this.onRelease = this.#debug || clear === 'release'
    this.onAcquire = this.#debug || clear === 'acquire'
  }

  /** Whether a release replaces the view, so that nothing that its owner hung on it reaches the next. */
  get renewsOnRelease(): boolean {
    return this.onRelease && this.#clear !== 'never'
  }

  /** Whether an acquire does. */
  get renewsOnAcquire(): boolean {
    return this.#clear === 'acquire' && !this.#debug
  }

  /** Whether new memory must come zeroed. */
  get zeroed(): boolean {
    return this.#clear !== 'never'
  }

  /** A buffer came back and stays in the pool. */
  released(buffer: Buffer, record: BufferRecord): void {
    if (this.#debug) {
      record.traced().releasedAt = this.#places.capture()
      record.poisoned = true
      fillBytes(buffer, poisonByte)
    } else if (this.#clear === 'release') fillBytes(buffer, 0)
  }

  /** A buffer leaves the pool for good. */
  gone(buffer: Buffer): void {
    // One that was transferred away while it lay here has no bytes left, and can't be filled.
    if (this.#clear !== 'never' && byteLengthOf(buffer) > 0) fillBytes(buffer, 0)
  }

  /**
   * A buffer is about to be handed out.
   * @returns the offset of the first byte that was written to while it lay in the pool; -1 for none
   */
  acquired(buffer: Buffer, record: BufferRecord): number {
    if (record.poisoned) {
      const offset = firstUnpoisoned(buffer)
      if (offset >= 0) return offset
      record.poisoned = false
      if (this.#clear !== 'never') fillBytes(buffer, 0)
    } else if (this.#clear === 'acquire') fillBytes(buffer, 0)
    return -1
  }
}

function firstUnpoisoned(buffer: Buffer): number {
  const bytes = byteLengthOf(buffer)
  for (let start = 0; start < bytes; start += poisonPage.length) {
    const page = new BufferView(memoryOf(buffer), byteOffsetOf(buffer) + start, Math.min(poisonPage.length, bytes - start))
    if (page.equals(poisonPage.subarray(0, page.length))) continue
    return start + page.findIndex((byte) => byte !== poisonByte)
  }
  return -1
}

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
