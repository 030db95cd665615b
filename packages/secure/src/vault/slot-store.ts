import type { EventHub } from '@pool/core/kit'
import type { Backing } from '../backing/backing.js'
import type { SecurePoolSettings } from '../secure-pool-options.js'
import { forget, remember } from './end-of-process.js'
import { endWatch, watchSlot } from './leak-watch.js'
import { type Ledger, type SizeClass, SlotTether } from './size-class.js'
import { canaryBytes, Slot, type SlotOwner, SlotState } from './slot.js'

/** How a slot leaves: in order; never to be used again; or while a write to it may be under way. */
export type Departure = 'vacate' | 'retire' | 'quarantine'

/** Idle slots of a class that were given up. */
export interface Eviction {
  readonly sizeClass: SizeClass
  readonly count: number
}

/** The result of an allocation. */
export interface Allocation {
  /** The new slot, or the reason for which there is none. */
  readonly made: SlotTether | 'count' | 'bytes' | 'memory'
  /** The idle memory that was given up for it, to be emitted in either case. */
  readonly evicted: readonly Eviction[]
}

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

  /** A new slot for a secret of `bytes`, on no free list; why not, when a bound is in the way. */
  make(sizeClass: SizeClass, bytes: number): Allocation {
    const capacity = Number.isFinite(sizeClass.capacity) ? sizeClass.capacity : Math.ceil(bytes / 8) * 8
    const refusal = this.#boundInTheWay(capacity)
    if (refusal !== undefined) return { made: refusal, evicted: [] }
    const evicted = this.#makeRoom(capacity)
    const region = this.#backing.allocate(capacity + canaryBytes)
    if (region === undefined) return { made: 'memory', evicted }
    const slot = new Slot(region, this.#owner, capacity)
    const tether = new SlotTether(sizeClass, slot)
    watchSlot(slot, tether)
    remember(slot)
    sizeClass.enter(capacity)
    this.total++
    this.liveBytes += capacity
    return { made: tether, evicted }
  }

  /** The bound that would be passed even if all that lies idle were given up. It is of other classes, or it would have been taken. */
  #boundInTheWay(bytes: number): 'count' | 'bytes' | undefined {
    const { maxLiveBytes, maxSecrets } = this.#settings
    const { idleBytes } = this.#ledger
    if (this.total >= maxSecrets && idleBytes === 0) return 'count'
    return this.liveBytes + bytes - idleBytes > maxLiveBytes ? 'bytes' : undefined
  }

  /** Gives up idle memory, in the largest class first, until there is room. */
  #makeRoom(bytes: number): Eviction[] {
    const { maxLiveBytes, maxSecrets } = this.#settings
    const evicted: Eviction[] = []
    for (const sizeClass of this.#classes.toReversed()) {
      const tooMany = this.total - maxSecrets + 1
      const tooLong = Math.ceil((this.liveBytes + bytes - maxLiveBytes) / sizeClass.capacity)
      const count = this.drop(sizeClass, Math.max(tooMany, tooLong))
      if (count > 0) evicted.push({ sizeClass, count })
    }
    return evicted
  }

  /** Gives up a slot that is on no free list. It is wiped at once, whether its memory is freed, retired or quarantined. */
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
    // Not before: memory to which a write may be under way must stay accessible.
    if (wasOut) this.#backing.close(slot.region)
    // A write that is still under way might go beside it too.
    for (const other of this.#classes) {
      const sharing = other.free.filter((one) => one.slot.region.memory === slot.region.memory)
      if (sharing.length > 0) this.#dropThese(other, sharing)
    }
  }

  /** Takes a slot that is gone out of the figures. */
  subtract(sizeClass: SizeClass, slot: Slot): void {
    sizeClass.leave()
    this.total--
    this.liveBytes -= slot.capacity
  }

  /** Gives up to `count` idle slots of a class up, the coldest first; returns how many. */
  drop(sizeClass: SizeClass, count: number): number {
    const dropped = sizeClass.free.slice(0, Math.max(0, count))
    if (dropped.length > 0) this.#dropThese(sizeClass, dropped)
    this.trimmed += dropped.length
    return dropped.length
  }

  #dropThese(sizeClass: SizeClass, dropped: readonly SlotTether[]): void {
    sizeClass.shed(dropped)
    for (const { slot } of dropped) this.giveUp(sizeClass, slot, 'vacate')
  }

  /** Gives up idle slots, as many as `count` says of each class; returns their bytes. */
  trim(count: (sizeClass: SizeClass) => number): number {
    let bytes = 0
    const dropped: Eviction[] = []
    for (const sizeClass of this.#classes) {
      const slots = this.drop(sizeClass, count(sizeClass))
      sizeClass.markLow()
      bytes += slots * sizeClass.capacity
      if (slots > 0) dropped.push({ sizeClass, count: slots })
    }
    this.#backing.trim()
    this.emitShrink(dropped)
    return bytes
  }

  /** Emits `shrink` for each eviction. Called once all is counted, since a listener may acquire. */
  emitShrink(evicted: readonly Eviction[]): void {
    const { shrink } = this.#events
    for (const { sizeClass, count } of evicted) {
      if (shrink.heard) shrink.emit({ pool: this.#settings.name, bufferSize: sizeClass.capacity, count, total: sizeClass.total })
    }
  }
}
