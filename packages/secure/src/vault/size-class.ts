import { LeakWarnings, type LeaseKeeper, type NonSharedBuffer, type PoolError, PooledLease, WaitLine } from '@pool/core/kit'
import type { EntropyReserve } from './entropy-reserve.js'
import { SecretView } from './secret-view.js'
import { Slot, SlotState } from './slot.js'

/** Where an acquire goes that the free list can't serve, or that has more to do than usual. */
export interface SlowPath {
  /** Nothing is free: allocates, or throws. */
  miss(sizeClass: SizeClass, bytes: number): SecretBuffer
  /** Something is free, but was transferred away meanwhile, or each acquire has more to do than usual. `tether` is off the free list. */
  attendAcquire(sizeClass: SizeClass, tether: SlotTether, bytes: number): SecretBuffer
  /** A lease is given up and there is more to do than usual. */
  attendRelease(view: SecretBuffer, expected: SlotState.Out | SlotState.Leased): void
  /** Counts a second release of a lease; returns its error. */
  releasedTwice(): PoolError
  /** Returns the error of a use after the release. */
  usedAfterRelease(): PoolError
}

/** The counters and bounds that the classes of a pool share. */
export class Ledger {
  /** Bytes idle now. */
  idleBytes = 0
  /** The most bytes that may lie idle before a release takes the slow path; -1: each release does. */
  keepBytes = -1
  /** Whether each acquire takes the slow path. */
  attentive = false
  /** In random mode, where the bytes come from. */
  reserve: EntropyReserve | undefined = undefined
}

/** The most words that a loop wipes faster than a call. */
enum Loop {
  Words = 12
}

/**
 * The only way to a slot: the view that is out refers to it, or the free list does. The collector takes it when the view and all its parts
 * are gone, so nothing is left that could release the slot. It outlives the views, of which a slot gets another for each other length,
 * because registering with the collector costs ten times as much as a view.
 */
export class SlotTether {
  readonly sizeClass: SizeClass
  readonly slot: Slot
  /** The one view that may release the slot. */
  view: SecretBuffer | undefined = undefined

  /** The tether of a slot of `sizeClass`. */
  constructor(sizeClass: SizeClass, slot: Slot) {
    this.sizeClass = sizeClass
    this.slot = slot
  }
}

/**
 * A Buffer that a pool handed out. Its private field shows in a nanosecond to which pool it belongs; no other code can see or forge it, and
 * a `subarray` has none. It takes no properties: a property would outlive the secret, and reach the next owner.
 */
export class SecretBuffer extends SecretView {
  #tether: SlotTether

  private constructor(tether: SlotTether) {
    const { slot } = tether
    super(slot.region.memory, slot.region.offset, slot.length)
    this.#tether = tether
    Object.preventExtensions(this)
  }

  /**
   * The secrets of up to one capacity, and the hot path of the pool. It stands inside the class whose fields it reads, because a
   * call out of here would cost as much as the work.
   */
  static readonly SizeClass = class SizeClass implements LeaseKeeper<SecretBuffer> {
    /** The longest secret of the class; `Infinity` for the class of those above the largest, so that no release finds room for one. */
    readonly capacity: number
    /** The code for acquires and releases that leave the hot path. */
    readonly pool: SlowPath
    /** The counters and bounds that the pool's classes share. */
    readonly ledger: Ledger
    /** The idle slots, wiped; the last one in is the first one out. */
    readonly free: SlotTether[] = []
    /** The acquires that wait for a secret of this class. */
    readonly waiters: WaitLine<SecretBuffer, SizeClass> = new WaitLine<SecretBuffer, SizeClass>(this)
    /** The 8 bytes behind each secret, as a number, so that one comparison checks them wherever they lie. */
    readonly #canary: number
    /** Stands in for the tether of a view whose slot has another. */
    readonly #spent: SlotTether = new SlotTether(this, spentSlot)
    /** Slots alive. */
    total = 0
    /** The shortest that the free list was since {@link markLow}. */
    low = 0
    /** Acquires so far. */
    acquisitions = 0
    /** Acquires that allocated. */
    misses = 0
    /** Secrets given back whose memory was not kept. */
    discards = 0
    /** Acquires refused or queued. */
    exhaustions = 0
    /** Secrets collected while out. */
    leaked = 0
    /** Bytes allocated so far. */
    bytesAllocated = 0
    /** The most that were out at once. */
    peakInUse = 0

    /** An empty class; `canary` is the same for all of the pool, as of {@link randomCanary}. */
    constructor(pool: SlowPath, ledger: Ledger, capacity: number, canary: number) {
      this.pool = pool
      this.ledger = ledger
      this.capacity = capacity
      this.#canary = canary
    }

    /** Hands out a secret's memory of exactly `bytes`, freshly filled. */
    take(bytes: number): SecretBuffer {
      const free = this.free
      const tether = free.pop()
      if (tether === undefined) return this.pool.miss(this, bytes)
      const ledger = this.ledger
      ledger.idleBytes -= this.capacity
      if (free.length < this.low) this.low = free.length
      const slot = tether.slot
      if (ledger.attentive || slot.bytes.length === 0) return this.pool.attendAcquire(this, tether, bytes)
      if (slot.length !== bytes) this.renew(tether, bytes)
      return this.handOut(tether)
    }

    /** Replaces the view by one for a secret of `bytes`. The one before can release nothing any more. */
    renew(tether: SlotTether, bytes: number): void {
      if (tether.view !== undefined) tether.view.#tether = this.#spent
      tether.slot.shape(bytes)
      tether.view = new SecretBuffer(tether)
    }

    /** Fills a slot and its canary, counts it as out, and returns its view. */
    handOut(tether: SlotTether): SecretBuffer {
      const slot = tether.slot
      this.wash(slot)
      slot.data.setFloat64(slot.length, this.#canary)
      slot.state = SlotState.Out
      this.acquisitions++
      return tether.view as SecretBuffer
    }

    /** Overwrites the secret: with zeroes, canary and all, or with random bytes. */
    wash(slot: Slot): void {
      const reserve = this.ledger.reserve
      if (reserve !== undefined) {
        reserve.fill(slot.bytes, slot.length)
        return
      }
      const count = slot.wordCount
      if (count > Loop.Words) {
        if (slot.fillsAll) slot.bytes.fill(0)
        else slot.bytes.fill(0, 0, count * 8)
      } else {
        const data = slot.data
        for (let index = 0; index < count; index++) data.setFloat64(index * 8, 0)
      }
    }

    /** Whether nothing wrote behind the secret. False too when the memory was transferred away. */
    isIntact(slot: Slot): boolean {
      return slot.bytes.length > 0 && slot.data.getFloat64(slot.length) === this.#canary
    }

    /** Takes a secret of any class of the same pool back; false when there is more to do than usual, or it may not be taken back. */
    putSibling(view: unknown): boolean {
      if (typeof view !== 'object' || view === null || !(#tether in view)) return false
      const { sizeClass, slot } = view.#tether
      return sizeClass.pool === this.pool && slot.state === SlotState.Out && sizeClass.put(view.#tether)
    }

    /** Wipes a secret that is out and lays it on the free list, unless that is full or something wrote behind it. */
    put(tether: SlotTether): boolean {
      const ledger = this.ledger
      if (ledger.idleBytes + this.capacity > ledger.keepBytes || !this.isIntact(tether.slot)) return false
      this.wash(tether.slot)
      this.lay(tether)
      return true
    }

    /** Lays a wiped secret on the free list. */
    lay(tether: SlotTether): void {
      tether.slot.state = SlotState.Free
      this.ledger.idleBytes += this.capacity
      this.free.push(tether)
    }

    /** Hands out a secret's memory of exactly `bytes` with a lease. */
    lease(bytes: number): PooledLease<NonSharedBuffer, SecretBuffer> {
      return this.leaseOf(this.take(bytes))
    }

    /** The first lease of a secret that is out. */
    leaseOf(view: SecretBuffer): PooledLease<NonSharedBuffer, SecretBuffer> {
      view.#tether.slot.state = SlotState.Leased
      return new PooledLease<NonSharedBuffer, SecretBuffer>(this, view, view)
    }

    takeBack(view: SecretBuffer): void {
      const slot = view.#tether.slot
      if (slot.holds > 1) {
        slot.holds--
        return
      }
      slot.holds = 0
      if (slot.quarantined || slot.state !== SlotState.Leased || !this.put(view.#tether)) this.pool.attendRelease(view, SlotState.Leased)
    }

    share(view: SecretBuffer): void {
      const slot = view.#tether.slot
      slot.holds = Math.max(slot.holds, 1) + 1
    }

    quarantine(view: SecretBuffer): void {
      view.#tether.slot.quarantined = true
    }

    releasedTwice(): PoolError {
      return this.pool.releasedTwice()
    }

    usedAfterRelease(): PoolError {
      return this.pool.usedAfterRelease()
    }

    /** An overrun or a transfer that the end of a scope finds, where nothing may be thrown, becomes a warning of the process. */
    failedQuietly(error: unknown): void {
      process.emitWarning(error as PoolError)
    }

    /** Counts a slot that was made for an acquire. */
    enter(bytes: number): void {
      this.total++
      this.misses++
      this.bytesAllocated += bytes
    }

    /** Counts a slot that is gone. */
    leave(): void {
      this.markLow()
      this.total--
    }

    /** Counts an acquire that was refused or queued. */
    exhaust(): void {
      this.exhaustions++
    }

    /** Counts a secret that was given back and whose memory is not kept. */
    discard(): void {
      this.discards++
    }

    /** Counts a secret that was collected while out. */
    lose(): void {
      this.leaked++
    }

    /** Takes idle slots off the free list. */
    shed(dropped: readonly SlotTether[]): void {
      const gone = new Set(dropped)
      const kept = this.free.filter((one) => !gone.has(one))
      this.markLow()
      this.free.splice(0, this.free.length, ...kept)
      this.low = kept.length
      this.ledger.idleBytes -= dropped.length * this.capacity
    }

    /** Slots out with users. */
    get inUse(): number {
      return this.total - this.free.length
    }

    /** Takes the peak in, and starts a new low. */
    markLow(): void {
      this.peakInUse = Math.max(this.peakInUse, this.total - this.low)
      this.low = this.free.length
    }
  }

  static tetherOf(view: SecretBuffer): SlotTether {
    return view.#tether
  }

  static sizeClassOf(value: unknown): SizeClass | undefined {
    return typeof value === 'object' && value !== null && #tether in value ? value.#tether.sizeClass : undefined
  }
}

/** The slot of every view that was replaced: a second release is refused as such, even if its memory is out again by then. */
const spentSlot = new Slot(
  { memory: new ArrayBuffer(8), offset: 0, bytes: 8, noAccess: false },
  { name: '', pool: new WeakRef({ lost: () => {} }), warnings: new LeakWarnings() },
  0
)
spentSlot.state = SlotState.Gone

/** The secrets of up to one capacity, and the hot path. */
export const SizeClass = SecretBuffer.SizeClass
/** The secrets of up to one capacity, and the hot path. */
export type SizeClass = InstanceType<typeof SecretBuffer.SizeClass>
/** The tether of a view. */
export const tetherOf: (view: SecretBuffer) => SlotTether = SecretBuffer.tetherOf
/** The class that a value belongs to; `undefined` for a value that no pool of secrets made. */
export const sizeClassOf: (value: unknown) => SizeClass | undefined = SecretBuffer.sizeClassOf
