import type { PoolError } from '@pool/core'
import { EventHub } from '@pool/core/events'
import type { Backing } from '../backing/backing.js'
import { chooseBacking } from '../backing/choose-backing.js'
import { type SecurePoolSettings, smallestClassBytes } from '../secure-pool-options.js'
import { wipeOnSignal } from './end-of-process.js'
import { RandomReserve } from './random-reserve.js'
import type { Refusal } from './refusals.js'
import * as refusals from './refusals.js'
import { Ledger, type SecretBuffer, SizeClass, type SlowPath, sizeClassOf, slotOf } from './size-class.js'
import { canaryBytes, randomCanary, type Slot, type SlotLoser, SlotState } from './slot.js'
import { SlotStore } from './slot-store.js'
import { stackOfCaller } from './stack-of-caller.js'
import { WaitQueue } from './wait-queue.js'

/**
 * Everything of one pool that is off the hot path: its size classes, its bounds, and whatever happens when an acquire finds nothing
 * that fits or a release needs more than a wipe and a push.
 *
 * ```
 *   acquire ─► take: wipe or fill, set canary ────────► secret
 *                 │ nothing free          │ other length, debug, listeners
 *                 ▼                       ▼
 *               miss: allocate, refuse   attendAcquire: verify, reshape, tell
 *
 *   release ─► put: check canary, wipe or fill ───────► free list
 *                 │ not out, overrun, full, watched
 *                 ▼
 *               attendRelease: refuse, wipe, keep or give up, serve who waits
 * ```
 */
export class Vault implements SlowPath, SlotLoser {
  readonly settings: SecurePoolSettings
  readonly name: string
  /** The size classes, ascending: powers of two. */
  readonly classes: readonly SizeClass[]
  /** What is longer; each has memory of its own length, and none is kept. */
  readonly oversize: SizeClass
  /** Both. */
  readonly allClasses: readonly SizeClass[]
  readonly backing: Backing
  readonly events: EventHub = new EventHub()
  readonly queue: WaitQueue
  readonly madeAt: number = performance.now()
  readonly #ledger = new Ledger()
  /** The memory that the pool keeps alive. */
  readonly store: SlotStore
  readonly #reserve: RandomReserve | undefined
  lastExhaustedAt: number | undefined = undefined
  closed = false
  quarantined = 0
  refusedReleases = 0
  leakedBytes = 0

  constructor(settings: SecurePoolSettings) {
    this.settings = settings
    this.name = settings.name
    const canary = randomCanary()
    const capacities: number[] = []
    for (let capacity = smallestClassBytes; capacity <= settings.maxClassBytes; capacity *= 2) capacities.push(capacity)
    this.classes = capacities.map((capacity) => new SizeClass(this, this.#ledger, capacity, canary))
    this.oversize = new SizeClass(this, this.#ledger, Number.POSITIVE_INFINITY, canary)
    this.allClasses = [...this.classes, this.oversize]
    this.queue = new WaitQueue(this, settings.maxWaiting)
    this.backing = chooseBacking(settings, smallestClassBytes + canaryBytes)
    const owner = { name: settings.name, pool: new WeakRef(this) }
    this.store = new SlotStore(settings, this.classes, this.#ledger, this.backing, this.events, owner)
    if (settings.fill === 'random') {
      this.#reserve = RandomReserve.make(this.backing)
      if (this.#reserve === undefined) throw refusals.exhausted(this, 0, 'memory')
      this.#ledger.reserve = this.#reserve.entropy
    }
    this.setAttention()
    for (const signal of settings.wipeOnSignals) wipeOnSignal(signal)
  }

  /** Secrets out with users. */
  get inUse(): number {
    return this.allClasses.reduce((sum, sizeClass) => sum + sizeClass.inUse, 0)
  }

  get idleBytes(): number {
    return this.#ledger.idleBytes
  }

  /** Bytes alive: out and idle. */
  get liveBytes(): number {
    return this.store.liveBytes
  }

  get waiting(): number {
    return this.queue.size
  }

  get maxBytes(): number {
    return this.settings.maxBytes
  }

  get maxSecrets(): number {
    return this.settings.maxSecrets
  }

  get maxLiveBytes(): number {
    return this.settings.maxLiveBytes
  }

  /** The class that serves `bytes`; throws what is wrong with a length that none serves. */
  classFor(bytes: number): SizeClass {
    if (!Number.isSafeInteger(bytes) || bytes < 1 || bytes > this.settings.maxBytes) throw refusals.noLength(this, bytes)
    const index = bytes <= smallestClassBytes ? 0 : 27 - Math.clz32(bytes - 1)
    return this.classes[index] ?? this.oversize
  }

  /** Sees to it that acquires and releases leave the hot path when somebody has to look at each, and only then. */
  setAttention(): void {
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
    throw refusals.exhausted(this, bytes, made)
  }

  /** An acquire that would rather wait than be refused. */
  async takeOrWait(sizeClass: SizeClass, bytes: number, timeoutMs: number, signal: AbortSignal | undefined): Promise<SecretBuffer> {
    if (sizeClass.free.length > 0) return sizeClass.take(bytes)
    const made = this.#growFor(sizeClass, bytes)
    return typeof made === 'string' ? this.queue.wait(sizeClass, bytes, timeoutMs, signal) : made
  }

  takeFor(sizeClass: SizeClass, bytes: number, mayGrow: boolean): SecretBuffer | undefined {
    if (sizeClass.free.length > 0) return sizeClass.take(bytes)
    const made = mayGrow ? this.#grow(sizeClass, bytes) : 'queue'
    return typeof made === 'string' ? undefined : made
  }

  #growFor(sizeClass: SizeClass, bytes: number): SecretBuffer | Refusal {
    if (this.closed) throw refusals.closed(this)
    const made = this.queue.size > 0 ? 'queue' : this.#grow(sizeClass, bytes)
    if (typeof made !== 'string') return made
    sizeClass.exhaustions++
    this.lastExhaustedAt = performance.now()
    const { exhausted } = this.events
    if (exhausted.heard) {
      exhausted.emit({ pool: this.name, bufferSize: bytes, inUse: sizeClass.inUse, waiting: this.queue.size })
    }
    return made
  }

  #grow(sizeClass: SizeClass, bytes: number): SecretBuffer | Refusal {
    const made = this.store.make(sizeClass, bytes)
    if (typeof made === 'string') return made
    this.backing.open(slotOf(made).region)
    return this.#handOut(sizeClass, slotOf(made), made)
  }

  attendAcquire(sizeClass: SizeClass, view: SecretBuffer, bytes: number): SecretBuffer {
    const slot = slotOf(view)
    if (slot.isDetached) {
      // By somebody who kept it after the release.
      this.quarantined++
      this.store.giveUp(sizeClass, slot, 'quarantine')
      return sizeClass.take(bytes)
    }
    this.backing.open(slot.region)
    if (slot.poisoned) {
      const offset = slot.firstUnpoisoned()
      if (offset >= 0) {
        this.#tellWriteAfterRelease(slot, offset)
        this.quarantined++
        this.backing.close(slot.region)
        this.store.giveUp(sizeClass, slot, 'retire')
        return sizeClass.take(bytes)
      }
      slot.poisoned = false
    }
    if (slot.length === bytes && this.settings.debug === 'off') return this.#handOut(sizeClass, slot, view)
    return this.#handOut(sizeClass, slot, sizeClass.renew(view, bytes))
  }

  #handOut(sizeClass: SizeClass, slot: Slot, view: SecretBuffer): SecretBuffer {
    sizeClass.handOut(slot)
    if (this.settings.debug !== 'off') slot.acquiredAt = stackOfCaller()
    const { acquire } = this.events
    if (acquire.heard) acquire.emit({ pool: this.name, bufferSize: slot.length })
    return view
  }

  #tellWriteAfterRelease(slot: Slot, offset: number): void {
    const { acquiredAt, releasedAt } = slot
    const { writeAfterRelease } = this.events
    const told = { pool: this.name, bufferSize: slot.length, offset, acquiredAt, releasedAt }
    if (writeAfterRelease.heard) writeAfterRelease.emit(told)
    const error = refusals.writtenAfterRelease(this, slot.length, offset)
    error.name = 'PoolWriteAfterReleaseWarning'
    Object.assign(error, { detail: `Acquired:\n${acquiredAt}\nReleased:\n${releasedAt}` })
    process.emitWarning(error)
  }

  attendRelease(view: SecretBuffer, expected: SlotState.Out | SlotState.Leased): void {
    const slot = slotOf(view)
    if (slot.state !== expected) throw this.refuse(refusals.notOut(this, view.length, slot.state))
    const sizeClass = sizeClassOf(view) as SizeClass
    const { isDetached } = slot
    const isOverrun = !isDetached && !sizeClass.isIntact(slot)
    const mayKeep = this.#ledger.idleBytes + sizeClass.capacity <= this.settings.maxIdleBytes
    if (isDetached || isOverrun || slot.quarantined) {
      this.quarantined++
      this.store.giveUp(sizeClass, slot, isOverrun && !slot.quarantined ? 'retire' : 'quarantine')
    } else if (mayKeep && !this.closed) this.#keep(sizeClass, slot, view)
    else {
      sizeClass.discards++
      this.store.giveUp(sizeClass, slot, 'vacate')
    }
    const { release } = this.events
    if (release.heard) release.emit({ pool: this.name, bufferSize: slot.length })
    if (this.queue.size > 0) this.queue.serve()
    if (isDetached) throw refusals.detached(this, slot.length)
    if (isOverrun) throw refusals.overrun(this, slot.length)
  }

  #keep(sizeClass: SizeClass, slot: Slot, view: SecretBuffer): void {
    sizeClass.wash(slot)
    if (this.settings.debug !== 'off') {
      slot.releasedAt = stackOfCaller()
      slot.poison()
    }
    slot.state = SlotState.Free
    sizeClass.free.push(view)
    this.#ledger.idleBytes += sizeClass.capacity
    this.backing.close(slot.region)
  }

  /** A secret was collected while out; it is overwritten by now. */
  lost(slot: Slot): void {
    const sizeClass = this.classes.find(({ capacity }) => capacity === slot.capacity) ?? this.oversize
    sizeClass.leaked++
    this.store.subtract(sizeClass, slot)
    this.leakedBytes += slot.capacity
    this.backing.close(slot.region)
    this.backing.retire(slot.region)
    const { leak } = this.events
    if (leak.heard) leak.emit({ pool: this.name, bufferSize: slot.length, acquiredAt: slot.acquiredAt })
    if (this.queue.size > 0) this.queue.serve()
  }

  /** Counts a refused release, and returns its error. */
  refuse(error: PoolError): PoolError {
    this.refusedReleases++
    return error
  }

  releasedTwice(): PoolError {
    return this.refuse(refusals.leaseReleasedTwice(this))
  }

  usedAfterRelease(): PoolError {
    return refusals.leaseReleased(this)
  }

  /** Gives everything up and refuses all that comes; what is out may still be used and released. */
  destroy(): void {
    if (this.closed) return
    this.closed = true
    this.queue.close(() => refusals.closed(this))
    this.setAttention()
    for (const sizeClass of this.classes) this.store.drop(sizeClass, sizeClass.free.length)
    this.#reserve?.end()
    this.backing.trim()
    if (this.events.destroy.heard) this.events.destroy.emit({ pool: this.name })
  }
}
