import type { Occupancy, OccupancySource, PoolStats } from '@pool/core/interfaces'
import { announcePool, OccupancyMap, retirePool, type TypedArray, type TypedArrayConstructor } from '@pool/core/kit/universal'
import { statsOf } from '../pool/pool-figures.js'
import { closed } from '../pool/refusals.js'
import { SlabPool } from '../pool/slab-pool.js'
import type { BytesIn } from '../slab/array-types.js'
import type { Slab } from '../slab/slab.js'
import type { Backing, BufferIn } from '../slab/slab-memory.js'
import { type CompactionReport, type CompactOptions, Compactor } from './compaction.js'
import { Extent } from './extent.js'
import { auditExtents, type ExtentAudit } from './extent-audit.js'
import type { ExtentMap } from './extent-map.js'
import { type ExtentPoolOptions, extentPoolSettings } from './extent-pool-options.js'
import * as refusals from './extent-refusals.js'
import { Row } from './extent-row.js'
import { ExtentSpace } from './extent-space.js'

/** Fragmentation in percent above which a pool is warned of that never compacts by itself. */
const warnAbove = 50

/**
 * Extents of any size out of one slab, in a few steps each, whatever their number: two-level segregated fit with immediate
 * coalescing. The records lie outside the slab, so that no overrun of an extent can harm them.
 *
 * ```
 *   slab   │ extent │ free         │ extent │ extent     │ free │
 *          └ multiple of alignment                        ▲ freed a moment ago, and one with the free extent beside it
 * ```
 *
 * An extent belongs to the code that allocated it until it is freed. It moves in `compact()` and `reallocate()` alone, and in
 * `allocate()` where `compactAbove` allows that, unless it is pinned; its views are to be made anew afterwards, and after the pool grew.
 * Its contents are not cleared.
 * @typeParam K - the kind of its backing, which decides the type of its views
 */
export class ExtentPool<K extends Backing = 'array'> extends SlabPool implements OccupancySource {
  /** The memory that the extents lie in. */
  readonly slab: Slab<K>
  readonly #space: ExtentSpace
  readonly #map: ExtentMap
  readonly #compactor: Compactor
  readonly #roundUp: number
  readonly #shift: number
  /** Bytes that an allocation may ask for; 0 once the pool was destroyed. */
  #most: number
  #allocated = 0
  #grown = 0
  #peakInUse = 0
  #requestedBytes = 0
  #heard = false

  /**
   * Makes the pool, with its slab unless one is given.
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_TOO_LARGE`, and `ERR_POOL_EXHAUSTED` when the system or the slab has too little room
   */
  constructor(options: ExtentPoolOptions<K>) {
    const settings = extentPoolSettings(options)
    const { alignment, maxBytes, compactAbove } = settings
    super(settings.name, compactAbove === 100 ? warnAbove : compactAbove)
    this.slab = settings.slab
    this.#space = new ExtentSpace(settings)
    this.#map = this.#space.map
    this.#most = maxBytes
    this.#roundUp = alignment - 1
    this.#shift = 31 - Math.clz32(alignment)
    this.#compactor = new Compactor(this.#space)
    announcePool(this)
  }

  /** The slab's buffer now. That of a `WebAssembly.Memory` is another one after each growth. */
  get buffer(): BufferIn<K> {
    return this.slab.buffer
  }

  /** Bytes of the pool now. */
  get bytes(): number {
    return this.#space.bytes
  }

  /** Bytes that are free now, in extents of whatever size. */
  get freeBytes(): number {
    return this.#space.freeBytes
  }

  /** The most bytes that one allocation can get now without growth. Looks through one bin of free extents. */
  get largestFreeBytes(): number {
    return this.#space.largestFreeBytes
  }

  /** Extents that are out now. */
  get inUse(): number {
    return this.#map.used
  }

  get closed(): boolean {
    return this.#most === 0
  }

  get bookkeepingBytes(): number {
    return this.#map.bookkeepingBytes
  }

  /**
   * Allocates an extent. It still holds the contents of the last owner. O(1), allocates nothing once the records have grown as large as needed.
   * @param bytes - 1..maxBytes
   * @returns a handle, an integer above 0; `undefined` when no free extent is large enough and the pool can't grow
   * @throws `ERR_POOL_INVALID_OPTION`; `ERR_POOL_TOO_LARGE` above `maxBytes`; `ERR_POOL_CLOSED`; where `compactAbove` is set also as `compact`
   */
  allocate(bytes: number): number | undefined {
    const handle = this.#allocate(bytes)
    if (this.#heard) {
      if (handle !== undefined) this.events.note('allocation', { bytes })
      this.events.tell()
    }
    return handle
  }

  /**
   * Frees an extent, and joins it with the free extents beside it. Its bytes may not be touched afterwards. O(1).
   * @throws `ERR_POOL_STALE_HANDLE` when the handle is not valid now; `ERR_POOL_PINNED`: the pool is then exactly as before
   */
  free(handle: number): void {
    const map = this.#map
    const extent = map.rowOf(handle)
    if (extent === 0) throw this.ledger.refused(refusals.stale(this, handle))
    if (map.rows[(extent << 3) + Row.Pins] !== 0) throw this.ledger.refused(refusals.pinned(this, map.rows[(extent << 3) + Row.Pins]!))
    const bytes = this.#heard ? this.#space.byteLength(extent) : 0
    map.free(extent)
    if (this.#most === 0 && map.used === 0) this.#space.release()
    if (this.#heard) this.events.emit('recycling', { bytes })
  }

  /**
   * Gives an extent another size and keeps its contents as far as that fits: where it is, when it shrinks or the extent after it is free;
   * else elsewhere, unless it is pinned. O(1), and the copy.
   * @returns the handle, the same one if it stayed; if it moved, another one, and the old one is void. `undefined`, and nothing changed,
   * when there is no room, or it is pinned and cannot stay
   * @throws `ERR_POOL_STALE_HANDLE`, `ERR_POOL_INVALID_OPTION`, `ERR_POOL_TOO_LARGE`, `ERR_POOL_CLOSED`, `ERR_POOL_DETACHED_BUFFER`;
   * `ERR_POOL_PINNED` when a pinned one would have to give up bytes
   */
  reallocate(handle: number, bytes: number): number | undefined {
    const map = this.#map
    const extent = this.#rowOf(handle)
    if (typeof bytes !== 'number' || bytes >>> 0 !== bytes || bytes === 0 || bytes > this.#most) throw this.#badSize(bytes)
    const units = (bytes + this.#roundUp) >>> this.#shift
    const pins = map.rows[(extent << 3) + Row.Pins]!
    // The I/O that it is pinned for may be at its last byte.
    if (pins !== 0 && units < map.rows[(extent << 3) + Row.Size]!) throw refusals.pinned(this, pins)
    if (map.resize(extent, units, -bytes & this.#roundUp, this.#roundUp + 1)) return handle
    if (pins !== 0) return undefined
    this.#space.follow()
    const moved = this.#allocate(bytes)
    if (moved !== undefined) {
      const length = this.lengthOf(handle)
      this.#space.copy(this.offsetOf(moved), this.offsetOf(handle), Math.min(bytes, length))
      map.free(extent)
      this.events.note('allocation', { bytes })
      this.events.note('recycling', { bytes: length })
    }
    this.events.tell()
    return moved
  }

  /**
   * Where an extent begins in the slab's buffer now, in bytes: its address in WebAssembly.
   * @throws `ERR_POOL_STALE_HANDLE`
   */
  offsetOf(handle: number): number {
    return this.#space.byteOffset(this.#rowOf(handle))
  }

  /**
   * Bytes of an extent, as they were asked for.
   * @throws `ERR_POOL_STALE_HANDLE`
   */
  lengthOf(handle: number): number {
    return this.#space.byteLength(this.#rowOf(handle))
  }

  /** A fresh view of an extent's bytes where it is now, good until it is freed, the pool compacts or grows. Throws as below. */
  view(handle: number): BytesIn<K>
  /**
   * The same as another typed array.
   * @throws `ERR_POOL_STALE_HANDLE`; `ERR_POOL_INVALID_OPTION` when the elements do not fit the length and the alignment;
   * `ERR_POOL_DETACHED_BUFFER` when the memory was transferred away
   */
  view<T extends TypedArray>(handle: number, type: TypedArrayConstructor<T>): T
  view(handle: number, type: TypedArrayConstructor = Uint8Array): TypedArray {
    return this.#space.view(this.#rowOf(handle), type)
  }

  /**
   * Allocates an extent as an object, which finds its bytes wherever they are.
   * @returns `undefined` as of `allocate`
   * @throws as `allocate`
   */
  extent(bytes: number): Extent<K> | undefined {
    const handle = this.allocate(bytes)
    return handle === undefined ? undefined : new Extent<K>(this, handle)
  }

  /**
   * Keeps an extent where it is until each pin is undone: `compact` passes it by, `reallocate` does not move it, `free` refuses it. For
   * bytes that pending I/O, another thread or WebAssembly works on.
   * @throws `ERR_POOL_STALE_HANDLE`
   */
  pin(handle: number): void {
    this.#map.rows[(this.#rowOf(handle) << 3) + Row.Pins]! += 1
  }

  /**
   * Undoes one pin.
   * @throws `ERR_POOL_NOT_PINNED`, `ERR_POOL_STALE_HANDLE`
   */
  unpin(handle: number): void {
    const at = (this.#rowOf(handle) << 3) + Row.Pins
    if (this.#map.rows[at] === 0) throw refusals.notPinned(this)
    this.#map.rows[at]! -= 1
  }

  /**
   * Slides extents together, so that the free bytes become one extent. Handles stay valid; views of extents that are not pinned are to be
   * made anew. Within a budget it stops in between, and the next call goes on.
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_DETACHED_BUFFER`
   */
  compact(options: CompactOptions = {}): CompactionReport {
    const report = this.#compactor.run(options)
    if (report.moved > 0) this.events.emit('optimization', { action: 'compact', automatic: false, bytes: report.movedBytes })
    return report
  }

  verify(): ExtentAudit {
    return auditExtents(this.#map)
  }

  /** Fragmentation in percent: the share of the free bytes that is not in the largest free extent. Looks through one bin. */
  getFragmentation(): number {
    const { freeBytes } = this
    return freeBytes === 0 ? 0 : 100 - (100 * this.largestFreeBytes) / freeBytes
  }

  /** Efficiency in percent: the share of the bytes in use that was asked for; the rest rounds sizes up to the alignment. O(1). */
  getEfficiency(): number {
    const inUseBytes = this.bytes - this.freeBytes
    return inUseBytes === 0 ? 100 : 100 - (100 * this.#map.slackBytes) / inUseBytes
  }

  stats(): PoolStats {
    const inUseBytes = this.bytes - this.freeBytes
    return statsOf(this, this.ledger, {
      kind: 'extent',
      available: this.closed ? 0 : this.#map.extents - this.#map.used,
      inUse: this.#map.used,
      capacity: this.#space.settings.maxExtents,
      peakInUse: this.#peakInUse,
      acquisitions: this.#allocated,
      misses: this.#grown,
      bytesAllocated: this.bytes,
      bytesReused: this.#requestedBytes,
      liveBytes: this.closed ? inUseBytes : this.bytes,
      inUseBytes,
      maxLiveBytes: this.#space.settings.maxBytes,
      fragmentation: this.getFragmentation(),
      efficiency: this.getEfficiency()
    })
  }

  /** The parts of the slab that are in use, in cells of the pool's alignment, for a page to draw. Linear in the extents and their cells. */
  occupancy(): Occupancy {
    const { rows, units } = this.#map
    const map = new OccupancyMap(units, this.#roundUp + 1)
    for (let row = rows[Row.Next]!; row !== 0; row = rows[(row << 3) + Row.Next]!) {
      const at = row << 3
      if (rows[at + Row.Handle]! > 0) map.mark(rows[at + Row.Offset]!, rows[at + Row.Size]!)
    }
    return map
  }

  /** Ends the pool. Extents that are out may still be used and freed; the slab gets its region back with the last of them. Can be repeated. */
  destroy(): void {
    if (this.closed) return
    this.#most = 0
    if (this.#map.used === 0) this.#space.release()
    retirePool(this)
    this.events.emit('destroy', {})
  }

  /** @internal */
  protected attend(): void {
    this.#heard = this.events.heard
  }

  /** @internal */
  protected misuses(): (() => unknown)[] {
    return [0, -1, 0.5, Number.NaN, 2 ** 31].map((wrong) => () => this.lengthOf(wrong))
  }

  #allocate(bytes: number): number | undefined {
    if (typeof bytes !== 'number' || bytes >>> 0 !== bytes || bytes === 0 || bytes > this.#most) throw this.#badSize(bytes)
    const map = this.#map
    const handle = map.allocate((bytes + this.#roundUp) >>> this.#shift, -bytes & this.#roundUp)
    if (handle === 0) return this.#allocateOtherwise(bytes)
    this.#allocated++
    this.#requestedBytes += bytes
    if (map.used > this.#peakInUse) this.#peakInUse = map.used
    return handle
  }

  #allocateOtherwise(bytes: number): number | undefined {
    if (this.#compactFor(bytes)) return this.#allocate(bytes)
    const before = this.bytes
    if (!this.#space.growFor(bytes)) {
      this.ledger.exhausted(this.#allocated, this.#map.used)
      this.events.note('exhausted', { bytes, inUse: this.#map.used })
      return undefined
    }
    const handle = this.#allocate(bytes)
    if (handle !== undefined) this.#grown++
    this.events.note('optimization', { action: 'expand', automatic: true, bytes: this.bytes - before })
    return handle
  }

  /** Compacts where the pool may and that makes room for `bytes`. */
  #compactFor(bytes: number): boolean {
    const fragmentation = this.getFragmentation()
    const { compactAbove } = this.#space.settings
    if (compactAbove === 100 || fragmentation <= compactAbove || this.freeBytes < bytes) return false
    const { moved, movedBytes } = this.#compactor.run({})
    if (moved === 0) return false
    this.events.note('fragmentation', { fragmentation, threshold: compactAbove })
    this.events.note('optimization', { action: 'compact', automatic: true, bytes: movedBytes })
    return this.largestFreeBytes >= bytes
  }

  #rowOf(handle: number): number {
    const extent = this.#map.rowOf(handle)
    if (extent === 0) throw refusals.stale(this, handle)
    return extent
  }

  #badSize(bytes: unknown): Error {
    if (this.closed) return closed(this)
    const { maxBytes } = this.#space.settings
    if (typeof bytes === 'number' && Number.isInteger(bytes) && bytes > maxBytes) return refusals.tooLarge(this, bytes, maxBytes)
    return refusals.noSize(bytes, maxBytes)
  }
}
