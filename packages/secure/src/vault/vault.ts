import {
  type Beating,
  CallerPlaces,
  EventHub,
  isPoolError,
  joinHeartbeat,
  LeakWarnings,
  leaveHeartbeat,
  nodeEvents,
  type PoolError,
  Stall,
  type Waiter,
  WaitQueue,
  type WaitRefusal,
  type WaitServer
} from '@pool/core/kit'
import type { Backing } from '../backing/backing.js'
import { chooseBacking } from '../backing/choose-backing.js'
import { type SecurePoolSettings, smallestClassBytes } from '../secure-pool-options.js'
import { wipeOnSignal } from './end-of-process.js'
import { EntropyReserve } from './entropy-reserve.js'
import * as refusals from './refusals.js'
import { Ledger, type SecretBuffer, SizeClass, type SlotTether, type SlowPath, tetherOf } from './size-class.js'
import { canaryBytes, randomCanary, type Slot, type SlotLoser, SlotState } from './slot.js'
import { SlotStore } from './slot-store.js'

/**
 * Everything of one pool that is off the hot path: its size classes, its bounds, and all that happens when an acquire finds nothing
 * that fits or a release needs more than a wipe and a push.
 *
 * ```
 *   acquire ─► take: wipe or fill, set canary ────────► secret
 *                 │ nothing free          │ transferred away, debug, listeners
 *                 ▼                       ▼
 *               miss: allocate, refuse   attendAcquire: verify, emit
 *
 *   release ─► put: check canary, wipe or fill ───────► free list
 *                 │ not out, overrun, full, watched
 *                 ▼
 *               attendRelease: refuse, wipe, keep or give up, serve the queue, emit
 * ```
 */
export class Vault implements SlowPath, SlotLoser, Beating, WaitServer<SecretBuffer, SizeClass> {
  readonly settings: SecurePoolSettings
  readonly name: string
  /** The size classes, ascending: powers of two. */
  readonly classes: readonly SizeClass[]
  /** The class of longer secrets; each has memory of its own length, and none is kept. */
  readonly oversize: SizeClass
  /** The size classes, and the class of longer secrets. */
  readonly allClasses: readonly SizeClass[]
  readonly backing: Backing
  readonly events: EventHub = new EventHub(nodeEvents, () => this.waitingChanged())
  readonly queue: WaitQueue<SecretBuffer, SizeClass>
  readonly stall: Stall = new Stall()
  readonly madeAt: number = performance.now()
  readonly #ledger = new Ledger()
  /** The memory that the pool keeps alive. */
  readonly store: SlotStore
  readonly #reserve: EntropyReserve | undefined
  readonly #places: CallerPlaces
  dueAt: number
  lastExhaustedAt: number | undefined = undefined
  closed = false
  quarantined = 0
  refusedReleases = 0
  leakedBytes = 0

  /** @param pool - the pool that the caller calls; its methods are left out of the places that debug mode notes */
  constructor(settings: SecurePoolSettings, pool: object) {
    this.settings = settings
    this.name = settings.name
    this.#places = new CallerPlaces(pool)
    const canary = randomCanary()
    const capacities: number[] = []
    for (let capacity = smallestClassBytes; capacity <= settings.maxClassBytes; capacity *= 2) capacities.push(capacity)
    this.classes = capacities.map((capacity) => new SizeClass(this, this.#ledger, capacity, canary))
    this.oversize = new SizeClass(this, this.#ledger, Number.POSITIVE_INFINITY, canary)
    this.allClasses = [...this.classes, this.oversize]
    this.queue = new WaitQueue<SecretBuffer, SizeClass>(this, settings.maxWaiting)
    this.backing = chooseBacking(settings, smallestClassBytes + canaryBytes)
    const owner = { name: settings.name, pool: new WeakRef(this), warnings: new LeakWarnings() }
    this.store = new SlotStore(settings, this.classes, this.#ledger, this.backing, this.events, owner)
    if (settings.fill === 'random') {
      this.#reserve = EntropyReserve.in(this.backing)
      if (this.#reserve === undefined) throw this.#exhausted(0, 'memory')
      this.#ledger.reserve = this.#reserve
    }
    this.waitingChanged()
    for (const signal of settings.wipeOnSignals) wipeOnSignal(signal)
    this.dueAt = this.madeAt + settings.shrinkInterval
    if (settings.shrinkInterval > 0) joinHeartbeat(this)
  }

  /** Secrets out with users. */
  get inUse(): number {
    return this.allClasses.reduce((sum, sizeClass) => sum + sizeClass.inUse, 0)
  }

  get idleBytes(): number {
    return this.#ledger.idleBytes
  }

  /** The class that serves `bytes`; throws the refusal of a length that no class serves. */
  classFor(bytes: number): SizeClass {
    const { maxBytes } = this.settings
    if (!Number.isSafeInteger(bytes) || bytes < 1 || bytes > maxBytes) throw refusals.noLength(this.name, maxBytes, bytes)
    const index = bytes <= smallestClassBytes ? 0 : 27 - Math.clz32(bytes - 1)
    return this.classes[index] ?? this.oversize
  }

  /** Leads acquires and releases off the hot path while each has more to do, and only then. */
  waitingChanged(): void {
    const { settings, events } = this
    const always = settings.debug !== 'off' || settings.protectIdle
    const toReleases = always || this.closed || events.release.heard || this.queue.size > 0
    this.#ledger.attentive = always || events.acquire.heard
    this.#ledger.keepBytes = toReleases ? -1 : settings.maxIdleBytes
  }

  /** An acquire that found nothing free: allocates, or throws. */
  miss(sizeClass: SizeClass, bytes: number): SecretBuffer {
    const made = this.#growFor(sizeClass, bytes)
    if (typeof made !== 'string') return made
    throw this.#exhausted(bytes, made)
  }

  /** An acquire that would rather wait than be refused. */
  takeOrWait(
    sizeClass: SizeClass,
    bytes: number,
    timeoutMs: number,
    signal: AbortSignal | undefined
  ): SecretBuffer | Promise<SecretBuffer> {
    if (sizeClass.free.length > 0) return sizeClass.take(bytes)
    const { heard } = this.events.exhausted
    const made = this.#growFor(sizeClass, bytes)
    if (typeof made !== 'string') return made
    // The system has no more memory, and no release in this pool changes that.
    if (made === 'memory') throw this.#exhausted(bytes, made)
    // A listener of the exhaustion may have destroyed the pool, aborted this acquire, or released memory that this acquire needs.
    if (this.closed) throw refusals.closed(this.name)
    signal?.throwIfAborted()
    const waiting = this.queue.wait(sizeClass.waiters, { bytes, timeoutMs, signal, place: this.#placeInDebugMode() })
    // Decides whether others may pass, and takes memory that a listener released.
    if (heard || made !== 'queue') this.queue.serve()
    return waiting
  }

  takeFor(waiter: Waiter<SecretBuffer, SizeClass>): SecretBuffer | WaitRefusal {
    const sizeClass = waiter.line.owner
    try {
      for (;;) {
        const taken = sizeClass.free.length > 0 ? sizeClass.take(waiter.bytes) : this.#grow(sizeClass, waiter.bytes)
        if (typeof taken !== 'string') {
          tetherOf(taken).slot.acquiredAt = waiter.place
          return taken
        }
        if (taken === 'memory') {
          // No release will come that could serve it.
          if (this.inUse === 0) waiter.fail(this.#exhausted(waiter.bytes, taken), 'aborted')
          return 'line'
        }
        // Gives up all other idle memory too, so that no later acquire of its class takes it before the first waiter is served. A listener
        // of that event may release, so there may be enough now.
        if (this.trim() === 0) return 'pool'
      }
    } catch (error) {
      // Debug mode withdrew the last free slot: the waiter keeps waiting. Any other error ends the wait.
      if (!isPoolError(error, 'ERR_POOL_EXHAUSTED')) waiter.fail(error, 'aborted')
      return 'line'
    }
  }

  putBack(taken: SecretBuffer): void {
    this.attendRelease(taken, SlotState.Out)
  }

  #growFor(sizeClass: SizeClass, bytes: number): SecretBuffer | refusals.Refusal {
    if (this.closed) throw refusals.closed(this.name)
    const made = this.queue.wouldOvertake(sizeClass.waiters) ? 'queue' : this.#grow(sizeClass, bytes)
    if (typeof made !== 'string') return made
    sizeClass.exhaust()
    this.lastExhaustedAt = performance.now()
    const acquisitions = this.allClasses.reduce((sum, one) => sum + one.acquisitions, 0)
    this.stall.refused(this.lastExhaustedAt, acquisitions, this.inUse, this.queue.size)
    const { exhausted } = this.events
    if (exhausted.heard) {
      exhausted.emit({ pool: this.name, bufferSize: bytes, inUse: sizeClass.inUse, waiting: this.queue.size })
    }
    return made
  }

  #grow(sizeClass: SizeClass, bytes: number): SecretBuffer | refusals.Refusal {
    const { made, evicted } = this.store.make(sizeClass, bytes)
    if (typeof made === 'string') {
      this.store.emitShrink(evicted)
      return made
    }
    const { slot } = made
    this.backing.open(slot.region)
    sizeClass.renew(made, bytes)
    const view = this.#handOut(made)
    // Once all is counted, so that a listener that asks for the figures finds them in agreement.
    this.store.emitShrink(evicted)
    const { grow } = this.events
    if (grow.heard) grow.emit({ pool: this.name, bufferSize: slot.capacity, count: 1, total: sizeClass.total })
    this.#emitAcquire(slot)
    return view
  }

  #exhausted(bytes: number, refusal: refusals.Refusal): PoolError {
    const { maxSecrets, maxLiveBytes } = this.settings
    const { liveBytes } = this.store
    return refusals.exhausted(this.name, {
      refusal,
      bytes,
      inUse: this.inUse,
      maxSecrets,
      liveBytes,
      maxLiveBytes,
      waiting: this.queue.size
    })
  }

  attendAcquire(sizeClass: SizeClass, tether: SlotTether, bytes: number): SecretBuffer {
    const { slot } = tether
    if (slot.isDetached) {
      this.quarantined++
      this.store.giveUp(sizeClass, slot, 'quarantine')
      return this.#takeInstead(sizeClass, bytes)
    }
    this.backing.open(slot.region)
    if (slot.poisoned) {
      const offset = slot.firstUnpoisoned()
      if (offset >= 0) {
        this.quarantined++
        this.backing.close(slot.region)
        this.store.giveUp(sizeClass, slot, 'retire')
        // Once it is out of the pool, since a listener may acquire.
        this.#emitWriteAfterRelease(slot, offset)
        return this.#takeInstead(sizeClass, bytes)
      }
      slot.poisoned = false
    }
    if (slot.length !== bytes || this.settings.debug !== 'off') sizeClass.renew(tether, bytes)
    const view = this.#handOut(tether)
    this.#emitAcquire(slot)
    return view
  }

  /** Takes another for an acquire that was let in already; the place of the one that was withdrawn is free. */
  #takeInstead(sizeClass: SizeClass, bytes: number): SecretBuffer {
    if (sizeClass.free.length > 0) return sizeClass.take(bytes)
    if (this.closed) throw refusals.closed(this.name)
    const made = this.#grow(sizeClass, bytes)
    if (typeof made === 'string') throw this.#exhausted(bytes, made)
    return made
  }

  #handOut(tether: SlotTether): SecretBuffer {
    const view = tether.sizeClass.handOut(tether)
    tether.slot.acquiredAt = this.#placeInDebugMode()
    return view
  }

  #emitAcquire(slot: Slot): void {
    const { acquire } = this.events
    if (acquire.heard) acquire.emit({ pool: this.name, bufferSize: slot.length })
  }

  #placeInDebugMode(): string | undefined {
    return this.settings.debug === 'off' ? undefined : this.#places.capture()
  }

  #emitWriteAfterRelease(slot: Slot, offset: number): void {
    const { acquiredAt, releasedAt } = slot
    const { writeAfterRelease } = this.events
    if (writeAfterRelease.heard) writeAfterRelease.emit({ pool: this.name, bufferSize: slot.length, offset, acquiredAt, releasedAt })
    const error = refusals.writtenAfterRelease(this.name, slot.length, offset)
    error.name = 'PoolWriteAfterReleaseWarning'
    Object.assign(error, { detail: `Acquired:\n${acquiredAt}\nReleased:\n${releasedAt}` })
    process.emitWarning(error)
  }

  attendRelease(view: SecretBuffer, expected: SlotState.Out | SlotState.Leased): void {
    const tether = tetherOf(view)
    const { slot, sizeClass } = tether
    if (slot.state !== expected) throw this.refuse(refusals.notOut(this.name, slot.length, slot.state))
    const { isDetached, length } = slot
    const isOverrun = !isDetached && !sizeClass.isIntact(slot)
    if (isDetached || isOverrun || slot.quarantined) {
      this.quarantined++
      this.store.giveUp(sizeClass, slot, isOverrun && !slot.quarantined ? 'retire' : 'quarantine')
    } else if (this.closed || this.#isClaimed(sizeClass) || this.idleBytes + sizeClass.capacity > this.settings.maxIdleBytes) {
      sizeClass.discard()
      this.store.giveUp(sizeClass, slot, 'vacate')
    } else this.#keep(tether)
    // Before a listener is called, since it may acquire: the waiters came first.
    if (this.queue.size > 0) this.queue.serve()
    const { release } = this.events
    if (release.heard) release.emit({ pool: this.name, bufferSize: length })
    if (isDetached) throw refusals.detached(this.name, length)
    if (isOverrun) throw refusals.overrun(this.name, length)
  }

  /** Whether its bytes belong to the first waiter, which waits in another class. */
  #isClaimed(sizeClass: SizeClass): boolean {
    const { blockedBy } = this.queue
    return blockedBy !== undefined && blockedBy !== sizeClass.waiters
  }

  #keep(tether: SlotTether): void {
    const { slot, sizeClass } = tether
    sizeClass.wash(slot)
    if (this.settings.debug !== 'off') {
      slot.releasedAt = this.#places.capture()
      slot.poison()
    }
    sizeClass.lay(tether)
    this.backing.close(slot.region)
  }

  /** A secret was collected while out; it is overwritten by now. */
  lost(slot: Slot): void {
    const sizeClass = this.classes.find(({ capacity }) => capacity === slot.capacity) ?? this.oversize
    sizeClass.lose()
    this.store.subtract(sizeClass, slot)
    this.leakedBytes += slot.capacity
    this.backing.close(slot.region)
    this.backing.retire(slot.region)
    if (this.queue.size > 0) this.queue.serve()
    const { leak } = this.events
    if (leak.heard) leak.emit({ pool: this.name, bufferSize: slot.length, acquiredAt: slot.acquiredAt })
  }

  /** Counts a refused release, and returns its error. */
  refuse(error: PoolError): PoolError {
    this.refusedReleases++
    return error
  }

  releasedTwice(): PoolError {
    return this.refuse(refusals.leaseReleasedTwice(this.name))
  }

  usedAfterRelease(): PoolError {
    return refusals.leaseReleased(this.name)
  }

  /** Gives up all that lies idle; returns its bytes. */
  trim(): number {
    return this.store.trim(({ free }) => free.length)
  }

  /** Gives up half of the memory that has lain idle since the last time. */
  beat(now: number): void {
    this.dueAt = now + this.settings.shrinkInterval
    this.store.trim(({ low }) => Math.ceil(low / 2))
  }

  /** Gives up all idle memory and refuses every later acquire; secrets that are out may still be used and released. */
  destroy(): void {
    if (this.closed) return
    this.closed = true
    leaveHeartbeat(this)
    this.waitingChanged()
    for (const sizeClass of this.classes) this.store.drop(sizeClass, sizeClass.free.length)
    this.#reserve?.end()
    this.backing.trim()
    this.queue.close(() => refusals.closed(this.name))
    if (this.events.destroy.heard) this.events.destroy.emit({ pool: this.name })
  }
}
