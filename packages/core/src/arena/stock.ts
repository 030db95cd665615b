import { markAsUntransferable } from 'node:worker_threads'
import { BufferView } from '../kit/memory/buffer-view.js'
import { byteLengthOf, byteOffsetOf, memoryOf } from '../kit/memory/intrinsics.js'
import type { NonSharedBuffer } from '../kit/memory/non-shared-buffer.js'
import type { CallerPlaces } from '../kit/observing/place-of-caller.js'
import { outsideRequests } from '../kit/waiting/heartbeat.js'
import type { LeakWatch } from '../watching/leak-watch.js'
import { BufferRecord, BufferState } from './buffer-record.js'
import { ByteBudget } from './byte-budget.js'
import type { Refusal } from './refusals.js'
import { hideLeasedView, recordOf, type SizeClass, setState, stamp, stateOf } from './size-class.js'
import { type ClearPolicy, type DebugMode, revoke, Wiping } from './wiping.js'

/** Idle buffers that were given up to make room for another class. */
export interface Eviction {
  readonly sizeClass: SizeClass
  readonly count: number
}

/** The result of an allocation. */
export interface Allocation {
  /** The buffer, or why there is none. */
  readonly made: NonSharedBuffer | Refusal
  /** The idle buffers that were given up for it, also where it then failed. */
  readonly evicted: readonly Eviction[]
}

/** The bounds of a stock, and what happens to memory between two owners. */
export interface StockSettings {
  readonly maxLiveBytes: number
  readonly maxIdleBytes: number
  readonly clear: ClearPolicy
  readonly debug: DebugMode
}

const none: readonly Eviction[] = []

/** The memory of one pool: allocates it within the bounds, lays it by, lets it go, and keeps the accounts of it. */
export class Stock {
  readonly budget: ByteBudget
  readonly wiping: Wiping
  /** Whether it may allocate; false while memory is critically short and the option `growth` is `'refuse'`. */
  mayGrow = true
  /** Buffers withdrawn, because a late writer may still write to them, or had written after release. */
  quarantined = 0
  /** Idle buffers given up, by trimming or to make room for others. */
  trimmed = 0
  readonly #classes: readonly SizeClass[]
  readonly #leaks: LeakWatch
  readonly #revokes: boolean

  /** A stock without memory yet, which `classes` will share. */
  constructor(settings: StockSettings, classes: readonly SizeClass[], leaks: LeakWatch, places: CallerPlaces) {
    this.budget = new ByteBudget(classes, settings.maxLiveBytes, settings.maxIdleBytes)
    this.wiping = new Wiping(settings.clear, settings.debug, places)
    this.#classes = classes
    this.#leaks = leaks
    this.#revokes = settings.debug === 'revoke'
  }

  /**
   * Makes a buffer, idle but on no free list; gives up idle buffers of other classes where it needs their room.
   * @param minBytes - counts only in the class of those above the largest
   */
  allocate(sizeClass: SizeClass, minBytes: number): Allocation {
    const bytes = sizeClass.bufferSize || minBytes
    if (sizeClass.total >= sizeClass.maxSize) return { made: 'count', evicted: none }
    if (!this.mayGrow) return { made: 'pressure', evicted: none }
    if (this.budget.shortfall(bytes) <= 0) return { made: this.#make(sizeClass, bytes), evicted: none }
    const evicted = this.#evict(bytes, sizeClass)
    return evicted === undefined ? { made: 'bytes', evicted: none } : { made: this.#make(sizeClass, bytes), evicted }
  }

  #make(sizeClass: SizeClass, bytes: number): NonSharedBuffer | Refusal {
    let buffer: NonSharedBuffer
    try {
      buffer = this.wiping.zeroed ? Buffer.alloc(bytes) : Buffer.allocUnsafeSlow(bytes)
    } catch {
      return 'memory'
    }
    const record = new BufferRecord(sizeClass, bytes)
    stamp(buffer, sizeClass, record)
    this.#leaks.made(buffer, record)
    if (!this.#revokes) {
      markAsUntransferable(buffer.buffer)
      // It has all owners in turn: none may find a property of the last.
      Object.preventExtensions(buffer.buffer)
    }
    sizeClass.enter(bytes)
    this.budget.liveBytes += bytes
    return buffer
  }

  /** Makes room by giving up idle buffers of other classes, the largest first; gives up none when that would not be enough. */
  #evict(bytes: number, except: SizeClass): readonly Eviction[] | undefined {
    if (this.budget.shortfall(bytes) > this.budget.idleBytes - except.free.length * except.bufferSize) return undefined
    const evicted: Eviction[] = []
    for (const sizeClass of this.#classes.toReversed()) {
      const count = sizeClass === except ? 0 : this.trim(sizeClass, Math.ceil(this.budget.shortfall(bytes) / sizeClass.bufferSize))
      if (count > 0) evicted.push({ sizeClass, count })
    }
    return evicted
  }

  /** Whether one more buffer of the class may lie idle. */
  mayKeep(sizeClass: SizeClass): boolean {
    return sizeClass.free.length < sizeClass.quota || this.budget.raiseQuota(sizeClass)
  }

  /** Lays a buffer by that was out. */
  keep(sizeClass: SizeClass, buffer: NonSharedBuffer, record: BufferRecord): void {
    this.wiping.released(buffer, record)
    if (this.#revokes) this.#keepRevoked(sizeClass, buffer, record)
    else if (this.wiping.renewsOnRelease) this.#keepRenewed(sizeClass, buffer, record)
    else this.#lay(sizeClass, buffer)
  }

  /** Keeps the memory behind a new view: the old one may carry properties of its owner, and a second release of it is thus recognised. */
  #keepRenewed(sizeClass: SizeClass, buffer: NonSharedBuffer, record: BufferRecord): void {
    if (hideLeasedView(buffer)) {
      this.#lay(sizeClass, buffer)
      return
    }
    const fresh = this.renew(sizeClass, buffer, record)
    this.#lay(sizeClass, fresh)
  }

  /** Puts a new view, in the same state, in the place of a buffer that may carry properties of its former owner. */
  renew(sizeClass: SizeClass, buffer: NonSharedBuffer, record: BufferRecord): NonSharedBuffer {
    const fresh = new BufferView(memoryOf(buffer), byteOffsetOf(buffer), record.bytes)
    stamp(fresh, sizeClass, record)
    setState(fresh, stateOf(buffer))
    setState(buffer, BufferState.Gone)
    this.#leaks.renewed(fresh, record)
    return fresh
  }

  #lay(sizeClass: SizeClass, buffer: NonSharedBuffer): void {
    setState(buffer, BufferState.Free)
    sizeClass.free.push(buffer)
  }

  #keepRevoked(sizeClass: SizeClass, buffer: NonSharedBuffer, record: BufferRecord): void {
    const fresh = revoke(buffer)
    if (fresh === undefined) {
      this.discard(sizeClass, buffer, record)
      return
    }
    setState(buffer, BufferState.Gone)
    const moved = record.successor()
    stamp(fresh, sizeClass, moved)
    this.#leaks.gone(record)
    this.#leaks.made(fresh, moved)
    sizeClass.free.push(fresh)
  }

  /** Lets a buffer go that was out. */
  discard(sizeClass: SizeClass, buffer: NonSharedBuffer, record: BufferRecord): void {
    sizeClass.discard()
    this.budget.liveBytes -= record.bytes
    this.#forget(buffer, record)
  }

  /** Takes a buffer out of the pool for good and leaves its bytes alone: a late writer may still write to them. */
  withdraw(sizeClass: SizeClass, buffer: NonSharedBuffer, record: BufferRecord): void {
    this.quarantined++
    sizeClass.leave()
    this.budget.liveBytes -= record.bytes
    this.#writeOff(buffer, record)
  }

  /** A buffer was collected while out: its budget is free again. */
  lose(record: BufferRecord): void {
    record.freeList.lose()
    this.budget.liveBytes -= record.bytes
  }

  /** Allocates until `count` buffers lie idle, or a bound is reached; returns how many it made. Idle buffers of other classes stay. */
  fill(sizeClass: SizeClass, count: number): number {
    let made = 0
    while (this.mayGrow && sizeClass.free.length < count && this.mayKeep(sizeClass) && this.budget.shortfall(sizeClass.bufferSize) <= 0) {
      if (sizeClass.total >= sizeClass.maxSize) break
      const buffer = this.#make(sizeClass, sizeClass.bufferSize)
      if (typeof buffer === 'string') break
      sizeClass.layBy(buffer)
      made++
    }
    return made
  }

  /**
   * Gives up to `count` idle buffers of a class to the collector, the coldest first; returns how many. They leave the accounts at once; wiping
   * very many of them goes on in stretches of 2 ms.
   */
  drop(sizeClass: SizeClass, count: number): number {
    if (count <= 0 || sizeClass.free.length === 0) return 0
    const dropped = sizeClass.shed(count)
    this.budget.liveBytes -= dropped.length * sizeClass.bufferSize
    letGo(dropped, (buffer) => this.#forget(buffer, recordOf(buffer)))
    return dropped.length
  }

  /** Gives up idle buffers as {@link drop} does, of a pool that lives on. */
  trim(sizeClass: SizeClass, count: number): number {
    const dropped = this.drop(sizeClass, count)
    this.trimmed += dropped
    return dropped
  }

  #forget(buffer: Buffer, record: BufferRecord): void {
    this.wiping.gone(buffer)
    this.#writeOff(buffer, record)
  }

  #writeOff(buffer: Buffer, record: BufferRecord): void {
    this.#leaks.gone(record)
    setState(buffer, BufferState.Gone)
  }
}

/** The longest time for which one stretch holds up the event loop, in ms. */
const stretchMs = 2
/** Bytes between two readings of the clock; each buffer counts as `bytesPerBuffer` more, for its cost besides its bytes. */
const bytesBetweenLooks = 256 * 1024
const bytesPerBuffer = 4096

/**
 * Does `each` with every buffer: with as many as 2 ms allow at once, and with the others in stretches of 2 ms between which the event loop
 * goes on. The stretches don't keep the process alive.
 */
export function letGo(buffers: readonly Buffer[], each: (buffer: Buffer) => void, from = 0): void {
  const until = performance.now() + stretchMs
  let bytes = 0
  for (let index = from; index < buffers.length; index++) {
    const buffer = buffers[index] as Buffer
    bytes += byteLengthOf(buffer) + bytesPerBuffer
    each(buffer)
    if (bytes < bytesBetweenLooks) continue
    bytes = 0
    if (performance.now() < until) continue
    outsideRequests(() => setImmediate(letGo, buffers, each, index + 1)).unref()
    return
  }
}
