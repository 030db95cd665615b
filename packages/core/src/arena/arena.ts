import { isPoolError, type PoolError } from '../kit/errors.js'
import { byteLengthOf } from '../kit/memory/intrinsics.js'
import type { NonSharedBuffer } from '../kit/memory/non-shared-buffer.js'
import { EventHub } from '../kit/observing/event-hub.js'
import { nodeEvents } from '../kit/observing/node-events.js'
import { CallerPlaces } from '../kit/observing/place-of-caller.js'
import { Stall } from '../kit/waiting/stall.js'
import { type Waiter, WaitQueue, type WaitRefusal, type WaitServer } from '../kit/waiting/wait-queue.js'
import { Caretaker } from '../watching/caretaker.js'
import { LeakWatch } from '../watching/leak-watch.js'
import { Adaptation } from './adaptation.js'
import type { ArenaSettings } from './arena-settings.js'
import type { BufferRecord } from './buffer-record.js'
import { BufferState } from './buffer-record.js'
import { FormerClasses } from './former-classes.js'
import type { Refusal } from './refusals.js'
import * as refusals from './refusals.js'
import { recordOf, SizeClass, type SlowPath, setState, sizeClassOf, stateOf } from './size-class.js'
import { SizeClassTable } from './size-class-table.js'
import { SizeSamples } from './size-samples.js'
import { type Eviction, Stock } from './stock.js'

/** Acquires between two looks at a pool that has nothing to look at: as many as stay a small integer. */
const countingPeriod = 2 ** 30

const inUseOf = (sizeClass: SizeClass): number => sizeClass.inUse
const acquisitionsOf = (sizeClass: SizeClass): number => sizeClass.acquisitions

let arenas = 0

function nextOut(): number {
  // 28 bits and the three of the state are a small integer.
  arenas = (arenas + 1) % 2 ** 28
  return arenas * 8 + BufferState.Out
}

/**
 * Everything of one pool that is off the hot path: its size classes, and the work when an acquire finds no free buffer
 * or a release needs more than a push.
 *
 * ```
 *   acquire ─► hot path: take ──────────────────────────────► buffer
 *                 │ nothing free            │ countdown is 0
 *                 ▼                         ▼
 *               miss: allocate or refuse  attendAcquire: verify, clear, sample, emit
 *
 *   release ─► hot path: put ───────────────────────────────► free list
 *                 │ not out, or length ≥ keep
 *                 ▼
 *               attendRelease: refuse, clear, keep or discard, serve the queue
 * ```
 */
export class Arena implements SlowPath, WaitServer<NonSharedBuffer, SizeClass> {
  readonly name: string
  /** The kind of pool, as its figures name it. */
  readonly kind: string
  readonly out: number = nextOut()
  /** The most bytes of one acquire. */
  readonly maxBytes: number
  /** Buffers of each class that are never trimmed. */
  readonly reserve: number
  /** The most buffers of each class. */
  readonly maxSize: number
  /** The size classes, ascending. */
  readonly classes: SizeClass[]
  /** The class of buffers above the largest size; each of its buffers has a size of its own, and none is kept. */
  readonly oversize: SizeClass
  /** Classes that the pool had before it adapted, and their counts. */
  readonly former: FormerClasses = new FormerClasses()
  /** Finds the class of a size. */
  readonly table: SizeClassTable<SizeClass>
  /** The sizes that are asked for, where the pool samples them. */
  readonly samples: SizeSamples | undefined
  /** Bytes of each class, ascending. */
  sizes: readonly number[]
  readonly adaptation: Adaptation
  readonly stock: Stock
  readonly events: EventHub = new EventHub(nodeEvents, () => this.waitingChanged())
  readonly leaks: LeakWatch
  readonly queue: WaitQueue<NonSharedBuffer, SizeClass>
  readonly caretaker: Caretaker
  readonly madeAt: number = performance.now()
  lastExhaustedAt: number | undefined = undefined
  readonly stall: Stall = new Stall()
  closed = false
  refusedReleases = 0

  /** @param pool - the pool that the caller calls; its methods are left out of the places that leaks are reported with */
  constructor(settings: ArenaSettings, pool: object) {
    const { sizes, reserve, maxSize, leakDetection, heldTooLongMs } = settings
    this.name = settings.name
    this.kind = settings.kind
    this.maxBytes = settings.maxBytes
    this.reserve = reserve
    this.maxSize = maxSize
    this.sizes = sizes
    this.classes = sizes.map((size) => this.newClass(size))
    this.oversize = new SizeClass(this, 0, 0, maxSize)
    const places = new CallerPlaces(pool)
    const tracesAll = leakDetection === 'all' || settings.debug !== 'off'
    const lost = (record: BufferRecord) => this.#lost(record)
    this.leaks = new LeakWatch({ name: this.name, events: this.events, places, level: leakDetection, tracesAll, heldTooLongMs, lost })
    this.stock = new Stock(settings, this.classes, this.leaks, places)
    this.queue = new WaitQueue<NonSharedBuffer, SizeClass>(this, settings.maxWaiting)
    this.adaptation = new Adaptation(this, sizes)
    this.caretaker = new Caretaker(this, settings)
    this.table = new SizeClassTable(this.classes, this.oversize)
    this.samples = settings.samplesSizes ? new SizeSamples(this.classes, this.oversize, this.table) : undefined
    this.waitingChanged()
    for (const sizeClass of this.classes) this.warm(sizeClass, reserve)
  }

  /** An empty class of this pool. */
  newClass(bufferSize: number): SizeClass {
    return new SizeClass(this, bufferSize, this.reserve, this.maxSize)
  }

  /** Every class that may have buffers. */
  get allClasses(): readonly SizeClass[] {
    return [...this.classes, ...this.former.lists, this.oversize]
  }

  /** Buffers out with users. */
  get inUse(): number {
    return this.#sum(inUseOf)
  }

  /** Buffers handed out since the pool was made. */
  get acquisitions(): number {
    return this.former.counts.acquisitions + this.#sum(acquisitionsOf)
  }

  /** Over all classes. Each acquire that waits reads two such sums, so it makes no list of them. */
  #sum(figure: (sizeClass: SizeClass) => number): number {
    let sum = figure(this.oversize)
    for (const sizeClass of this.classes) sum += figure(sizeClass)
    for (const sizeClass of this.former.lists) sum += figure(sizeClass)
    return sum
  }

  /** The class that serves `bytes`; throws the refusal of a size that no class serves. */
  classFor(bytes: number): SizeClass {
    const found = this.table.find(bytes)
    if (found !== this.oversize) return found
    if (!Number.isSafeInteger(bytes) || bytes < 1) throw refusals.noSize(this, bytes)
    for (const sizeClass of this.classes) if (sizeClass.bufferSize >= bytes) return sizeClass
    if (bytes > this.maxBytes) throw refusals.tooLarge(this, bytes)
    return this.oversize
  }

  /** Leads acquires and releases off the hot path while each has more to do, and only then. */
  waitingChanged(): void {
    const toReleases = this.stock.wiping.onRelease || this.events.release.heard || this.queue.size > 0 || this.closed
    for (const sizeClass of this.allClasses) {
      sizeClass.setAttentive(toReleases)
      sizeClass.arm(this.#period)
    }
  }

  get #period(): number {
    return this.stock.wiping.onAcquire || this.events.acquire.heard || this.leaks.tracesAll ? 1 : countingPeriod
  }

  /** An acquire that found nothing free: allocates, or throws. */
  miss(sizeClass: SizeClass, bytes: number): NonSharedBuffer {
    // The hot path takes the class above the largest, which never has a free buffer, for every size that is not found in one look.
    if (sizeClass === this.oversize) {
      const found = this.classFor(bytes)
      this.samples?.add(found, bytes)
      if (found !== sizeClass) return found.take(bytes)
    }
    const made = this.#growFor(sizeClass, bytes)
    if (typeof made !== 'string') return made
    throw this.#exhausted(sizeClass, bytes, made)
  }

  /** An acquire that would rather wait than be refused. */
  takeOrWait(
    sizeClass: SizeClass,
    bytes: number,
    timeoutMs: number,
    signal: AbortSignal | undefined
  ): NonSharedBuffer | Promise<NonSharedBuffer> {
    this.samples?.add(sizeClass, bytes)
    if (sizeClass.free.length > 0) {
      try {
        return sizeClass.take(bytes)
      } catch (error) {
        // Debug mode withdrew it and found no other: this waits as if none had been free.
        if (!isPoolError(error, 'ERR_POOL_EXHAUSTED')) throw error
      }
    }
    const heard = this.events.exhausted.heard
    const made = this.#growFor(sizeClass, bytes)
    if (typeof made !== 'string') return made
    // The system has no more memory, and no release in this pool changes that.
    if (made === 'memory') throw this.#exhausted(sizeClass, bytes, made)
    // A listener of the exhaustion may have destroyed the pool, aborted this acquire, or released a buffer that this acquire needs.
    if (this.closed) throw refusals.closed(this)
    signal?.throwIfAborted()
    const waiting = this.queue.wait(sizeClass.waiters, { bytes, timeoutMs, signal, place: this.leaks.placeOfWait() })
    // A buffer that a listener released serves this acquire, unless others wait before it.
    if (heard || made !== 'queue') this.queue.serve()
    return waiting
  }

  takeFor(waiter: Waiter<NonSharedBuffer, SizeClass>): NonSharedBuffer | WaitRefusal {
    const { line, bytes, place } = waiter
    const sizeClass = line.owner
    let buffer: NonSharedBuffer
    if (sizeClass.free.length === 0) {
      const { made, evicted } = this.stock.allocate(sizeClass, bytes)
      if (typeof made === 'string') {
        this.emitEvictions(evicted)
        // No release will come that could serve it.
        if (made === 'memory' && this.inUse === 0) waiter.fail(this.#exhausted(sizeClass, bytes, made), 'aborted')
        return made === 'bytes' ? 'pool' : 'line'
      }
      buffer = this.#handOutNew(sizeClass, made, evicted)
    } else {
      try {
        buffer = sizeClass.take(bytes)
      } catch {
        // Debug mode withdrew it and found no other: the releaser must not see this error; the waiter keeps waiting.
        return 'line'
      }
    }
    this.leaks.served(recordOf(buffer), buffer, place)
    return buffer
  }

  putBack(buffer: NonSharedBuffer): void {
    this.attendRelease(buffer, BufferState.Out)
  }

  #growFor(sizeClass: SizeClass, bytes: number): NonSharedBuffer | Refusal {
    if (this.closed) throw refusals.closed(this)
    let refusal: Refusal = 'queue'
    if (!this.queue.wouldOvertake(sizeClass.waiters)) {
      const { made, evicted } = this.stock.allocate(sizeClass, bytes)
      if (typeof made !== 'string') return this.#handOutNew(sizeClass, made, evicted)
      this.emitEvictions(evicted)
      refusal = made
    }
    sizeClass.exhaust()
    this.lastExhaustedAt = performance.now()
    this.stall.refused(this.lastExhaustedAt, this.acquisitions, this.inUse, this.queue.size)
    const { exhausted } = this.events
    if (exhausted.heard) {
      exhausted.emit({ pool: this.name, bufferSize: sizeClass.bufferSize || bytes, inUse: sizeClass.inUse, waiting: this.queue.size })
    }
    return refusal
  }

  #exhausted(sizeClass: SizeClass, bytes: number, refusal: Refusal): PoolError {
    const { inUse, maxSize, bufferSize } = sizeClass
    const { liveBytes, maxLiveBytes } = this.stock.budget
    const waiting = this.queue.size
    const pooled = bufferSize > 0
    return refusals.exhausted(this.name, { refusal, bytes: bufferSize || bytes, pooled, inUse, maxSize, liveBytes, maxLiveBytes, waiting })
  }

  #handOutNew(sizeClass: SizeClass, buffer: NonSharedBuffer, evicted: readonly Eviction[]): NonSharedBuffer {
    sizeClass.miss()
    setState(buffer, BufferState.Out)
    if (this.leaks.samplesMiss()) this.leaks.acquired(recordOf(buffer), buffer)
    const handedOut = --sizeClass.countdown === 0 ? this.attendAcquire(sizeClass, buffer) : buffer
    // Once all is counted, so that a listener that asks for the figures finds them in agreement.
    this.emitEvictions(evicted)
    this.#emitGrowth(sizeClass, recordOf(buffer).bytes, 1)
    return handedOut
  }

  /** Emits `shrink` for each eviction. */
  emitEvictions(evicted: readonly Eviction[]): void {
    const { shrink } = this.events
    for (const { sizeClass, count } of evicted) {
      if (shrink.heard) shrink.emit({ pool: this.name, bufferSize: sizeClass.bufferSize, count, total: sizeClass.total })
    }
  }

  #emitGrowth(sizeClass: SizeClass, bytes: number, count: number): void {
    const { grow } = this.events
    if (grow.heard) grow.emit({ pool: this.name, bufferSize: bytes, count, total: sizeClass.total })
  }

  /** An acquire, already counted, that has more to do than the hot path; returns the buffer to hand out. */
  attendAcquire(sizeClass: SizeClass, taken: NonSharedBuffer): NonSharedBuffer {
    sizeClass.arm(this.#period)
    const record = recordOf(taken)
    const isDetached = byteLengthOf(taken) !== record.bytes
    const offset = isDetached ? -1 : this.stock.wiping.acquired(taken, record)
    const buffer = this.stock.wiping.renewsOnAcquire && !isDetached ? this.stock.renew(sizeClass, taken, record) : taken
    if (isDetached || offset >= 0) {
      this.stock.withdraw(sizeClass, buffer, record)
      sizeClass.recount()
      // Once it is out of the pool, since a listener may know the buffer, and release it.
      if (!isDetached) this.#emitWriteAfterRelease(record, offset)
      return this.#takeInstead(sizeClass, record.bytes)
    }
    if (this.leaks.tracesAll) this.leaks.acquired(record, buffer)
    const { acquire } = this.events
    if (acquire.heard) acquire.emit({ pool: this.name, bufferSize: record.bytes })
    return buffer
  }

  /** Takes another buffer for an acquire that was let in already; the place of the one that was withdrawn is free. */
  #takeInstead(sizeClass: SizeClass, bytes: number): NonSharedBuffer {
    if (sizeClass.free.length > 0) return sizeClass.take(bytes)
    if (this.closed) throw refusals.closed(this)
    const { made, evicted } = this.stock.allocate(sizeClass, bytes)
    if (typeof made !== 'string') return this.#handOutNew(sizeClass, made, evicted)
    this.emitEvictions(evicted)
    throw this.#exhausted(sizeClass, bytes, made)
  }

  #emitWriteAfterRelease(record: BufferRecord, offset: number): void {
    const { bytes } = record
    const { lastAcquiredAt: acquiredAt, releasedAt } = record.traced()
    const { writeAfterRelease } = this.events
    if (writeAfterRelease.heard) writeAfterRelease.emit({ pool: this.name, bufferSize: bytes, offset, acquiredAt, releasedAt })
    process.emitWarning(`pool '${this.name}': byte ${offset} of a buffer of ${bytes} bytes was written to after its release.`, {
      type: 'PoolWriteAfterReleaseWarning',
      detail: `Acquired:\n${acquiredAt}\nReleased:\n${releasedAt}\nThe buffer was withdrawn.`
    })
  }

  /** A release that has more to do than the hot path, or may not be one. */
  attendRelease(buffer: NonSharedBuffer, expected: BufferState.Out | BufferState.Leased): void {
    const state = stateOf(buffer)
    if ((state & ~BufferState.Watched) !== expected) throw this.refuse(refusals.notOut(this, buffer, state))
    const record = recordOf(buffer)
    const sizeClass = sizeClassOf(buffer) as SizeClass
    const late = (state & BufferState.Watched) !== 0 ? this.leaks.returned(record) : undefined
    const isDetached = byteLengthOf(buffer) !== record.bytes
    if (isDetached || record.quarantined) this.stock.withdraw(sizeClass, buffer, record)
    else if (
      this.closed ||
      sizeClass === this.oversize ||
      sizeClass.retired ||
      this.#isClaimed(sizeClass) ||
      !this.stock.mayKeep(sizeClass)
    ) {
      this.stock.discard(sizeClass, buffer, record)
    } else this.stock.keep(sizeClass, buffer, record)
    // Before a listener is called, since it may acquire: the waiters came first.
    if (this.queue.size > 0) this.queue.serve()
    const { release, returnedLate } = this.events
    if (late !== undefined) returnedLate.emit(late)
    if (release.heard) release.emit({ pool: this.name, bufferSize: record.bytes })
    if (isDetached) throw refusals.detached(this, record.bytes)
  }

  releasedTwice(): PoolError {
    return this.refuse(refusals.leaseReleasedTwice(this))
  }

  usedAfterRelease(): PoolError {
    return refusals.leaseReleased(this)
  }

  /** Counts a refused release, and returns its error. */
  refuse(error: PoolError): PoolError {
    this.refusedReleases++
    return error
  }

  /** Whether its bytes belong to the first in line, which waits for bytes in another class. */
  #isClaimed(sizeClass: SizeClass): boolean {
    const { blockedBy } = this.queue
    return blockedBy !== undefined && blockedBy !== sizeClass.waiters
  }

  /** A buffer was collected while out. */
  #lost(record: BufferRecord): void {
    this.stock.lose(record)
    if (this.queue.size > 0) this.queue.serve()
  }

  /** Allocates until `count` buffers lie idle, or a bound is reached, or others wait for bytes; returns how many lie idle. */
  warm(sizeClass: SizeClass, count: number): number {
    if (this.closed) throw refusals.closed(this)
    const made = this.queue.blockedBy === undefined ? this.stock.fill(sizeClass, count) : 0
    if (made > 0) this.#emitGrowth(sizeClass, sizeClass.bufferSize, made)
    return sizeClass.free.length
  }

  /** Gives up all idle memory and refuses every later acquire; buffers that are out may still be released. */
  destroy(): void {
    if (this.closed) return
    this.closed = true
    this.caretaker.stop()
    this.waitingChanged()
    for (const sizeClass of this.classes) this.stock.drop(sizeClass, sizeClass.free.length)
    this.queue.close(() => refusals.closed(this))
    if (this.events.destroy.heard) this.events.destroy.emit({ pool: this.name })
  }
}
