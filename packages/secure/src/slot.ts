import type { Region } from './backing.js'
import { SlotState } from './slot-state.js'

/** Bytes of the canary behind each secret. */
export const canaryBytes = 8

/** The way from a slot to the pool that made it. */
export interface SlotOwner {
  /** The pool's name. */
  readonly name: string
  /** The pool, unless it was collected; weak, since a slot must not keep what leads to its own view. */
  readonly pool: WeakRef<SlotLoser>
}

/** Who is told of a slot whose view was collected. */
export interface SlotLoser {
  /** Whatever was in the slot was overwritten; the slot can't be used again. */
  lost(slot: Slot): void
}

/**
 * The memory of one secret at a time.
 *
 * ```
 *   ├──────────── length ────────────┤── 8 ───┤
 *   │ the secret: the view's bytes   │ canary │ unused, zero │
 *   ├───────────────── capacity + 8 ────────────────────────┤
 * ```
 *
 * The pool reaches every slot for as long as it exists, to wipe it at the end of the process; so a slot never leads to the
 * view that is out, or the collector could not find that one lost.
 */
export class Slot {
  /** Where it lies. */
  readonly region: Region
  /** The longest secret that fits, in bytes. */
  readonly capacity: number
  /** All of it, canary included. */
  readonly bytes: Uint8Array
  /** The same in words of 8 bytes: a quick way to wipe short secrets. */
  readonly words: Float64Array
  /** Whose it is. */
  readonly owner: SlotOwner
  /** Length of the secret that it holds or held last, in bytes. */
  length = 0
  /** Words that the secret and its canary touch. */
  wordCount = 0
  state: SlotState = SlotState.Free
  /** Leases of it that are not released; counted only once it is shared. */
  holds = 0
  /** Set once somebody may write to it even after its release. */
  quarantined = false
  /** Whether it lies poisoned in the pool (debug mode). */
  poisoned = false
  /** Where it was acquired (debug mode). */
  acquiredAt: string | undefined = undefined
  /** Where it was released last (debug mode). */
  releasedAt: string | undefined = undefined

  /** A slot of all of `region`, which may be longer than it need be. */
  constructor(region: Region, owner: SlotOwner, capacity: number) {
    this.region = region
    this.owner = owner
    this.capacity = capacity
    this.bytes = new Uint8Array(region.memory, region.offset, region.bytes)
    this.words = new Float64Array(region.memory, region.offset, region.bytes / 8)
  }

  /** Tells how long the next secret is. */
  shape(length: number): void {
    this.length = length
    this.wordCount = Math.ceil((length + canaryBytes) / 8)
  }

  /** Whether somebody transferred the memory away. */
  get isDetached(): boolean {
    return this.bytes.length === 0
  }

  /** Zeroes the secret, and leaves its canary. */
  blank(): void {
    if (this.#isReachable) this.bytes.fill(0, 0, this.length)
  }

  /** Zeroes all of it. */
  wipe(): void {
    if (this.#isReachable) this.bytes.fill(0)
  }

  /** What can't be touched was wiped before it was closed; what was transferred away is somebody else's. */
  get #isReachable(): boolean {
    return !this.region.noAccess && !this.isDetached
  }
}
