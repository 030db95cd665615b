import { randomBytes } from 'node:crypto'
import type { LeakWarnings } from '@pool/core/kit'
import type { Region } from '../backing/backing.js'

/** Bytes of the canary behind each secret. */
export const canaryBytes = 8

const poisonByte = 0xdb
/**
 * Eight random bytes as a number that equals itself and no other bytes: any but zero, the infinities and NaN, which are one in
 * 2 048 of all.
 */
export function randomCanary(): number {
  const canary = randomBytes(canaryBytes).readDoubleBE()
  return canary !== 0 && Number.isFinite(canary) ? canary : randomCanary()
}

/** The most unused bytes that are zeroed too: that costs less than the two more arguments that `fill` would need, some 10 ns. */
const mostUnusedBytes = 256

/** Where a slot is. An enum, because the build then writes its numbers straight into the hot path. */
export enum SlotState {
  /** Idle in the pool, wiped. */
  Free = 0,
  /** Out with a user, by acquire. */
  Out = 1,
  /** Out with a user, by lease. */
  Leased = 2,
  /** Out of the pool for good, wiped. */
  Gone = 3
}

/** The way from a slot to the pool that made it. */
export interface SlotOwner {
  /** The pool's name. */
  readonly name: string
  /** The pool, unless it was collected; weak, since a slot must not keep alive an object that refers to its own view. */
  readonly pool: WeakRef<SlotLoser>
  /** The pool's warnings, which outlive it. */
  readonly warnings: LeakWarnings
}

/** The part of a pool that hears of lost secrets. */
export interface SlotLoser {
  /** The slot's view was collected while it was out. The secret was overwritten; the slot can't be used again. */
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
  /** The memory of the slot. */
  readonly region: Region
  /** The longest secret that fits, in bytes. */
  readonly capacity: number
  /** All of it, canary included. */
  readonly bytes: Uint8Array
  /** A view of the same bytes for 8 at once, at any offset. */
  readonly data: DataView
  /** The pool that it belongs to. */
  readonly owner: SlotOwner
  /** Length of the secret that it holds or held last, in bytes. */
  length = 0
  /** Words that the secret and its canary touch. */
  wordCount = 0
  /** Whether so little is left behind the canary that zeroing all of the memory is quicker than saying where to stop. */
  fillsAll = false
  state: SlotState = SlotState.Free
  /** Leases of it that are not released; counted only once it is shared. */
  holds = 0
  /** Set once a pending write may still reach it after its release. */
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
    this.data = new DataView(region.memory, region.offset, region.bytes)
  }

  /** Sets the length of the next secret. */
  shape(length: number): void {
    this.length = length
    // Up to 2³⁰ bytes, so no bit is lost.
    this.wordCount = (length + canaryBytes + 7) >>> 3
    this.fillsAll = this.bytes.length - this.wordCount * 8 <= mostUnusedBytes
  }

  /** Whether the memory was transferred away. */
  get isDetached(): boolean {
    return this.bytes.length === 0
  }

  /** Zeroes the secret, and leaves its canary. */
  blank(): void {
    if (this.isReachable) this.bytes.fill(0, 0, this.length)
  }

  /** Zeroes all of it. */
  wipe(): void {
    if (this.isReachable) this.bytes.fill(0)
  }

  /** Fills idle memory with bytes that show a later write (debug mode). */
  poison(): void {
    this.bytes.fill(poisonByte, 0, this.length + canaryBytes)
    this.poisoned = true
  }

  /** The offset of the first byte that was written to since {@link poison}; -1 for none. */
  firstUnpoisoned(): number {
    return this.bytes.subarray(0, this.length + canaryBytes).findIndex((byte) => byte !== poisonByte)
  }

  /** Whether it can be touched. Closed memory was wiped before; memory that was transferred away belongs to its receiver. */
  get isReachable(): boolean {
    return !this.region.noAccess && !this.isDetached
  }
}
