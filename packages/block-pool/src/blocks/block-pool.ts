import type { Occupancy, OccupancySource, PoolStats } from '@pool/core/interfaces'
import { announcePool, OccupancyMap, retirePool, type TypedArray, validInteger } from '@pool/core/kit/universal'
import { statsOf } from '../pool/pool-figures.js'
import { closed } from '../pool/refusals.js'
import { SlabPool } from '../pool/slab-pool.js'
import type { OverAnyMemory } from '../slab/array-types.js'
import type { Region, Slab } from '../slab/slab.js'
import type { Backing } from '../slab/slab-memory.js'
import { blockIndexIn, RunRegister, runIn } from './block-brand.js'
import { type BlockPoolOptions, blockPoolSettings, type PrivateBlockPoolOptions } from './block-pool-options.js'
import * as refusals from './block-refusals.js'
import { BlockViews } from './block-views.js'
import { ClosedList } from './closed-list.js'
import { type CoalesceReport, Coalescings } from './coalescings.js'
import { FreeBitmap } from './free-bitmap.js'
import type { FreeList, FreeRuns } from './free-list.js'
import { FreeStack } from './free-stack.js'

/** The state of a block: made and never handed out, out with its owner, or free after it was out. */
export type BlockState = 'allocated' | 'in-use' | 'recycled'

/**
 * Equal blocks of numbers in one slab, taken and returned in a few nanoseconds, as typed arrays.
 *
 * ```
 *   slab    │ block 0 │ block 1 │ block 2 │ block 3 │ …        nothing between them, nothing in them but your numbers
 *   views     Float32Array each, made once, handed out again and again
 *   free      1 bit per block, and 1/32 for each level above it
 * ```
 *
 * A block belongs to the code that took it until it is returned. It may not be touched afterwards, and its contents are not cleared.
 */
export class BlockPool<T extends TypedArray = TypedArray> extends SlabPool implements OccupancySource {
  /** How many blocks there are. */
  readonly blocks: number
  /** The dimensions of a block. */
  readonly shape: readonly number[]
  /** Bytes of a block. */
  readonly blockBytes: number
  /** The memory that the blocks lie in. */
  readonly slab: Slab<Backing>
  readonly #region: Region
  readonly #views: BlockViews<T>
  readonly #runs: RunRegister = new RunRegister()
  readonly #coalescings: Coalescings = new Coalescings()
  readonly #isPart: boolean
  #free: FreeList
  #peakInUse = 0
  #taken = 0
  /** One above the highest block that a run took: no block from here, and from `peakInUse`, on was ever out. */
  #runsEnd = 0
  #closed = false
  /** Whether an event has a listener. */
  #heard = false

  /**
   * Makes the pool in memory that is an `ArrayBuffer`, with its slab unless one is given.
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_TOO_LARGE`, and `ERR_POOL_EXHAUSTED` when the system or the slab has too little room
   */
  constructor(options: PrivateBlockPoolOptions<T>)
  /** Makes the pool in memory of any kind, with its slab unless one is given. */
  constructor(options: BlockPoolOptions<T>)
  /** @internal Makes a part of another pool, which is announced in its place. */
  constructor(options: BlockPoolOptions<T>, whole: SlabPool)
  constructor(options: BlockPoolOptions<T> | PrivateBlockPoolOptions<T>, whole?: SlabPool) {
    const settings = blockPoolSettings(options)
    const { blocks, blockBytes, slab, strategy, coalesceAbove } = settings
    super(settings.name, coalesceAbove, whole)
    this.shape = settings.shape
    this.blocks = blocks
    this.blockBytes = blockBytes
    this.slab = slab
    this.#region = slab.reserve(blocks * blockBytes)
    this.#views = new BlockViews(this, settings, this.#region)
    const onLimit = (mended: number, free: number) => this.#coalesced(true, mended, free)
    this.#free = strategy === 'address' ? new FreeBitmap(blocks) : new FreeStack(blocks, coalesceAbove / 100, onLimit)
    this.#isPart = whole !== undefined
    if (!this.#isPart) announcePool(this)
  }

  /** Blocks that can be taken now. */
  get available(): number {
    return this.#closed ? 0 : this.#free.count
  }

  /** Blocks that are out now. */
  get inUse(): number {
    return this.blocks - this.#free.count
  }

  /** Blocks that were out at least once. */
  get everTaken(): number {
    return Math.max(this.#peakInUse, this.#runsEnd)
  }

  get closed(): boolean {
    return this.#closed
  }

  get bookkeepingBytes(): number {
    return this.#free.bookkeepingBytes + this.#runs.bookkeepingBytes
  }

  /** View objects made so far: it stands still unless the memory moves or runs are taken. */
  get viewsMade(): number {
    return this.#views.made
  }

  /** The last coalescing, by itself or by call; `undefined` before the first. */
  get lastCoalescing(): CoalesceReport | undefined {
    return this.#coalescings.last
  }

  /**
   * Takes a block. It still holds the contents of the last owner.
   * @returns its view; `undefined` when none is free. O(1), allocates nothing.
   * @throws `ERR_POOL_CLOSED`, `ERR_POOL_DETACHED_BUFFER`
   */
  getBlock(): T | undefined {
    const views = this.#views
    if (views.probe.length === 0) views.follow()
    const index = this.#take()
    if (index < 0) return this.#refuse(1)
    const view = views.list[index] ?? views.make(index)
    if (this.#heard) this.#tell('allocation', 1)
    return view
  }

  /**
   * Takes a block by its index, for programs that work by offset and need no view.
   * @returns the index; -1 when none is free. O(1), allocates nothing.
   * @throws `ERR_POOL_CLOSED`
   */
  getIndex(): number {
    const index = this.#take()
    if (index < 0) return this.#refuse(1) ?? -1
    if (this.#heard) this.#tell('allocation', 1)
    return index
  }

  /**
   * Gives a block back, or the run that `getBlocks` returned. It may not be touched afterwards.
   * @param block - the very view that was handed out, or the index
   * @throws `ERR_POOL_DOUBLE_RELEASE`, `ERR_POOL_FOREIGN_BUFFER` (another pool's, a subarray, no view), `ERR_POOL_INVALID_INDEX` (out
   * of range, a fraction, NaN), `ERR_POOL_PART_OF_RUN`: the pool is then exactly as before. O(1); a run costs its blocks.
   */
  returnBlock(block: OverAnyMemory<T> | number): void {
    const index = typeof block === 'number' ? block : blockIndexIn(this, block)
    if (index >>> 0 !== index || index >= this.blocks) return void this.#returnUnusual(block)
    if (this.#runs.members !== 0 && this.#runs.has(index)) throw this.ledger.refused(refusals.partOfRun(this, index))
    if (!this.#free.put(index)) throw this.ledger.refused(refusals.notOut(this, index))
    if (this.#heard) this.#tell('recycling', 1)
  }

  /**
   * Takes `count` neighbouring blocks as one view, lowest address first. Makes a view, and looks through the bitmap, 32 blocks at a
   * time; a `'lifo'` pool also through its stack.
   * @param count - 1..blocks
   * @returns `undefined` when there are fewer than `count` free neighbours
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_CLOSED`, `ERR_POOL_DETACHED_BUFFER`
   */
  getBlocks(count: number): T | undefined {
    validInteger('count', count, 1, this.blocks)
    if (count === 1) return this.getBlock()
    const views = this.#views
    if (views.probe.length === 0) views.follow()
    const start = this.#free.takeRun(count)
    if (start < 0) return this.#refuse(count)
    const run = { start, count, over: false }
    this.#runs.enter(run, this.blocks)
    this.#taken += count
    this.#runsEnd = Math.max(this.#runsEnd, start + count)
    if (this.inUse > this.#peakInUse) this.#peakInUse = this.inUse
    const view = views.makeRun(run)
    if (this.#heard) this.#tell('allocation', count)
    return view
  }

  /**
   * The index of a block's view, or of a run's first block. O(1). Holds for views from before the memory moved too.
   * @throws `ERR_POOL_FOREIGN_BUFFER`
   */
  indexOf(view: OverAnyMemory<T>): number {
    const index = blockIndexIn(this, view)
    return index >= 0 ? index : refusals.validRun(this, view).start
  }

  /**
   * The view of a block or a run that is out, as it is now: the same one, unless a `WebAssembly.Memory` grew, which detaches it. O(1).
   * @throws `ERR_POOL_FOREIGN_BUFFER`; `ERR_POOL_DOUBLE_RELEASE` when it was returned; `ERR_POOL_DETACHED_BUFFER`
   */
  refresh(view: OverAnyMemory<T>): T {
    const index = blockIndexIn(this, view)
    if (index >= 0) return this.blockAt(index)
    const run = refusals.validRun(this, view)
    if (run.over) throw refusals.runReturned(this, run)
    return view.buffer === this.slab.wholeBuffer() ? (view as TypedArray as T) : this.#views.makeRun(run)
  }

  /**
   * The view of a block that is out, as it is now.
   * @throws `ERR_POOL_INVALID_INDEX`; `ERR_POOL_DOUBLE_RELEASE` when the block is free; `ERR_POOL_DETACHED_BUFFER`
   */
  blockAt(index: number): T {
    refusals.validIndex(this, index)
    if (this.#free.has(index)) throw refusals.notOut(this, index)
    const views = this.#views
    if (views.probe.length === 0) views.follow()
    return views.list[index] ?? views.make(index)
  }

  /**
   * The state of a block. O(1).
   * @throws `ERR_POOL_INVALID_INDEX`; `ERR_POOL_FOREIGN_BUFFER` for a view that the pool did not make
   */
  stateOf(block: OverAnyMemory<T> | number): BlockState {
    const index = typeof block === 'number' ? block : this.indexOf(block)
    refusals.validIndex(this, index)
    if (!this.#free.has(index)) return 'in-use'
    return index < this.everTaken ? 'recycled' : 'allocated'
  }

  /**
   * Where a block begins in `slab.buffer`, in bytes: its address in WebAssembly. O(1).
   * @throws `ERR_POOL_INVALID_INDEX`
   */
  offsetOf(index: number): number {
    refusals.validIndex(this, index)
    return this.#views.byteOffset(index)
  }

  /**
   * Fragmentation in percent: pairs of free neighbours that would go out apart, by free blocks. O(1).
   *
   * ```
   *   blocks   │ free │ used │ free │ free │ free │      4 free, 2 pairs of free neighbours: 2-3 and 3-4
   *   go out   2, 3, 0, 4                                3-4 is torn apart: 1 of 4, 25 %
   *   after    0, 2, 3, 4                                coalesce() brought them together: 0 %
   * ```
   *
   * In the order of addresses neighbours always go out together: it is 0. {@link verify} returns how long the runs are.
   */
  getFragmentation(): number {
    return this.#free.torn === 0 ? 0 : (100 * this.#free.torn) / this.#free.count
  }

  /** Efficiency in percent: the share of all blocks that are in use, or free and in their place; above, 4 of 5, 80 %. O(1). */
  getEfficiency(): number {
    return (100 * (this.blocks - this.#free.torn)) / this.blocks
  }

  /**
   * Checks all records against each other, and counts the free blocks, their runs, and the longest run that `getBlocks` could take. Linear.
   * @throws `ERR_POOL_CORRUPT`
   */
  verify(): FreeRuns {
    return this.#free.audit()
  }

  /** Brings the free blocks into the order of addresses, so that neighbours go out as one run, and reports the result. */
  coalesce(): CoalesceReport {
    this.#coalesced(false, this.#free.coalesce(), this.available)
    if (this.#heard) this.events.tell()
    return this.#coalescings.last as CoalesceReport
  }

  stats(): PoolStats {
    const { blocks, blockBytes } = this
    return statsOf(this, this.ledger, {
      kind: 'block',
      bufferSize: blockBytes,
      available: this.available,
      inUse: this.inUse,
      capacity: blocks,
      peakInUse: this.#peakInUse,
      acquisitions: this.#taken,
      bytesAllocated: blocks * blockBytes,
      bytesReused: this.#taken * blockBytes,
      liveBytes: (this.available + this.inUse) * blockBytes,
      inUseBytes: this.inUse * blockBytes,
      maxLiveBytes: blocks * blockBytes,
      fragmentation: this.getFragmentation(),
      efficiency: this.getEfficiency()
    })
  }

  /** The blocks in use, for a page to draw. Linear. */
  occupancy(): Occupancy {
    const map = new OccupancyMap(this.blocks, this.blockBytes)
    this.#free.bitmap.forEach((free, word) => {
      if (free === 0) map.mark(word << 5, 32)
      // The bits of the last word beyond the last block stand for no blocks.
      else for (let used = ~free; used !== 0; used &= used - 1) map.mark((word << 5) + 31 - Math.clz32(used & -used), 1)
    })
    return map
  }

  /** Ends the pool. Blocks that are out may still be used and returned; the slab gets its region back with the last one. Can be repeated. */
  destroy(): void {
    if (this.#closed) return
    this.#closed = true
    this.#views.close()
    this.#free = new ClosedList(this.#free, this.blocks, () => this.slab.release(this.#region))
    if (this.#isPart) return
    retirePool(this)
    this.events.emit('destroy', {})
  }

  /** @internal */
  protected attend(): void {
    this.#heard = this.events.heard
  }

  /** @internal */
  protected misuses(): (() => unknown)[] {
    return [-1, this.blocks, 0.5, Number.NaN, new Float32Array(1)].map((wrong) => () => this.stateOf(wrong as number))
  }

  #take(): number {
    const index = this.#free.take()
    if (index < 0) return index
    this.#taken++
    const inUse = this.blocks - this.#free.count
    if (inUse > this.#peakInUse) this.#peakInUse = inUse
    return index
  }

  #refuse(count: number): undefined {
    if (this.#closed) throw closed(this)
    this.ledger.exhausted(this.#taken, this.inUse)
    this.events.emit('exhausted', { bytes: count * this.blockBytes, inUse: this.inUse })
    return undefined
  }

  #returnUnusual(block: unknown): void {
    if (typeof block === 'number') throw this.ledger.refused(refusals.noIndex(this, block))
    const run = runIn(this, block)
    if (run === undefined) throw this.ledger.refused(refusals.foreign(this, block))
    if (run.over) throw this.ledger.refused(refusals.runReturned(this, run))
    run.over = true
    this.#runs.leave(run)
    for (let index = run.start + run.count - 1; index >= run.start; index--) this.#free.put(index)
    if (this.#heard) this.#tell('recycling', run.count)
  }

  /** Emits the event of an operation, once the pool's records are whole. */
  #tell(event: 'allocation' | 'recycling', count: number): void {
    this.events.emit(event, { bytes: count * this.blockBytes })
  }

  #coalesced(automatic: boolean, mendedPairs: number, free: number): void {
    this.#coalescings.note(automatic, mendedPairs, free)
    if (!this.events.heard) return
    const threshold = this.fragmentationLimit
    if (automatic) this.events.note('fragmentation', { fragmentation: (100 * mendedPairs) / free, threshold })
    this.events.note('optimization', { action: 'coalesce', automatic, bytes: mendedPairs * this.blockBytes })
  }
}
