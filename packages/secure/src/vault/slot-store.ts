import type { EventHub } from '@pool/core/events'
import type { Backing } from '../backing/backing.js'
import type { SecurePoolSettings } from '../secure-pool-options.js'
import { forget, remember } from './end-of-process.js'
import { endWatch, watchSlot } from './leak-watch.js'
import type { Refusal } from './refusals.js'
import { type Ledger, type SecretBuffer, type SizeClass, slotOf } from './size-class.js'
import { canaryBytes, Slot, type SlotOwner, SlotState } from './slot.js'

/** How a slot leaves: in order; never to be used again; or with somebody who may still write to it. */
export type Departure = 'vacate' | 'retire' | 'quarantine'

/** The memory that a pool keeps alive: how it comes to be, within the pool's bounds, and every way in which it leaves. */
export class SlotStore {
  readonly #settings: SecurePoolSettings
  readonly #classes: readonly SizeClass[]
  readonly #ledger: Ledger
  readonly #backing: Backing
  readonly #events: EventHub
  readonly #owner: SlotOwner
  /** Bytes alive: out and idle. */
  liveBytes = 0
  /** Slots alive. */
  total = 0
  /** Slots given up by trimming. */
  trimmed = 0

  /** An empty store. */
  constructor(
    settings: SecurePoolSettings,
    classes: readonly SizeClass[],
    ledger: Ledger,
    backing: Backing,
    events: EventHub,
    owner: SlotOwner
  ) {
    this.#settings = settings
    this.#classes = classes
    this.#ledger = ledger
    this.#backing = backing
    this.#events = events
    this.#owner = owner
  }

  /** A new slot with a view of `bytes`, not yet filled; why not, when a bound is in the way. */
  make(sizeClass: SizeClass, bytes: number): SecretBuffer | Refusal {
    const capacity = Number.isFinite(sizeClass.capacity) ? sizeClass.capacity : Math.ceil(bytes / 8) * 8
    const refusal = this.#makeRoom(capacity)
    if (refusal !== undefined) return refusal
    const region = this.#backing.allocate(capacity + canaryBytes)
    if (region === undefined) return 'memory'
    const slot = new Slot(region, this.#owner, capacity)
    const tether = watchSlot(slot)
    remember(slot)
    sizeClass.total++
    sizeClass.misses++
    sizeClass.bytesAllocated += capacity
    this.total++
    this.liveBytes += capacity
    const { grow } = this.#events
    if (grow.heard) grow.emit({ pool: this.#settings.name, bufferSize: capacity, count: 1, total: sizeClass.total })
    return sizeClass.viewOf(slot, bytes, tether)
  }

  /** Gives up what lies idle, in the largest class first, until there is room; the bound that is in the way when there is none. */
  #makeRoom(bytes: number): Refusal | undefined {
    const { maxLiveBytes, maxSecrets } = this.#settings
    // What lies idle is of other classes, or it would have been taken.
    const { idleBytes } = this.#ledger
    if (this.total >= maxSecrets && idleBytes === 0) return 'count'
    if (this.liveBytes + bytes - idleBytes > maxLiveBytes) return 'bytes'
    for (const sizeClass of [...this.#classes].reverse()) {
      const tooMany = this.total - maxSecrets + 1
      const tooLong = Math.ceil((this.liveBytes + bytes - maxLiveBytes) / sizeClass.capacity)
      this.drop(sizeClass, Math.max(tooMany, tooLong))
    }
    return undefined
  }

  /** A slot that is on no free list leaves, wiped at once, whatever becomes of its memory. */
  giveUp(sizeClass: SizeClass, slot: Slot, departure: Departure): void {
    const wasOut = slot.state !== SlotState.Free
    slot.wipe()
    slot.state = SlotState.Gone
    forget(slot)
    endWatch(slot)
    this.subtract(sizeClass, slot)
    if (departure !== 'quarantine') {
      if (wasOut) this.#backing.close(slot.region)
      this.#backing[departure](slot.region)
      return
    }
    this.#backing.quarantine(slot.region)
    // Not before: memory that somebody may still write to must stay accessible.
    if (wasOut) this.#backing.close(slot.region)
    // Whoever still writes to it might write beside it too.
    for (const other of this.#classes) {
      const sharing = other.free.filter((view) => slotOf(view).region.memory === slot.region.memory)
      if (sharing.length > 0) this.#dropThese(other, sharing)
    }
  }

  /** Takes a slot that is gone out of the figures. */
  subtract(sizeClass: SizeClass, slot: Slot): void {
    sizeClass.markLow()
    sizeClass.total--
    this.total--
    this.liveBytes -= slot.capacity
  }

  /** Gives up to `count` idle slots of a class up, the coldest first; returns how many. */
  drop(sizeClass: SizeClass, count: number): number {
    const views = sizeClass.free.slice(0, Math.max(0, count))
    if (views.length > 0) this.#dropThese(sizeClass, views)
    return views.length
  }

  #dropThese(sizeClass: SizeClass, views: readonly SecretBuffer[]): void {
    const gone = new Set(views)
    const kept = sizeClass.free.filter((view) => !gone.has(view))
    sizeClass.markLow()
    sizeClass.free.splice(0, sizeClass.free.length, ...kept)
    sizeClass.low = kept.length
    this.#ledger.idleBytes -= views.length * sizeClass.capacity
    for (const view of views) this.giveUp(sizeClass, slotOf(view), 'vacate')
  }

  /** Gives up idle slots, as many as `count` says of each class; returns their bytes. */
  trim(count: (sizeClass: SizeClass) => number): number {
    let bytes = 0
    for (const sizeClass of this.#classes) {
      const dropped = this.drop(sizeClass, count(sizeClass))
      sizeClass.markLow()
      this.trimmed += dropped
      bytes += dropped * sizeClass.capacity
      const { shrink } = this.#events
      if (dropped > 0 && shrink.heard) {
        shrink.emit({ pool: this.#settings.name, bufferSize: sizeClass.capacity, count: dropped, total: sizeClass.total })
      }
    }
    this.#backing.trim()
    return bytes
  }
}
