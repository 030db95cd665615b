import type { PoolHealth, PoolStats, StatsSource } from '@pool/core/interfaces'
import { validInteger } from '@pool/core/validate'
import { type BlockRun, blockIndexIn, runIn } from './block-brand.js'
import { type BlockPoolOptions, blockPoolSettings } from './block-pool-options.js'
import * as refusals from './block-refusals.js'
import { BlockViews } from './block-views.js'
import { ClosedBlocks } from './closed-blocks.js'
import { type CoalesceReport, Coalescings } from './coalescings.js'
import { FreeBitmap } from './free-bitmap.js'
import type { FreeBlocks, FreeRuns } from './free-blocks.js'
import { FreeStack } from './free-stack.js'
import { healthOf, Ledger, statsOf } from './pool-figures.js'
import { RunRegister } from './run-register.js'
import type { Region, Slab } from './slab.js'
import type { TypedArray } from './typed-array.js'

/**
 * Equal blocks of numbers in one slab, taken and returned in a few nanoseconds, as typed arrays.
 *
 * ```
 *   slab    │ block 0 │ block 1 │ block 2 │ block 3 │ …        nothing between them, nothing in them but your numbers
 *   views     Float32Array each, made once, handed out again and again
 *   free      1 bit per block, and 1/32 for each level above it
 * ```
 *
 * A block belongs to whoever took it until it is returned; nobody may touch it afterwards, and its contents are not cleared.
 */
export class BlockPool<T extends TypedArray = TypedArray> implements StatsSource {
  /** What stats and errors call this pool. */
  readonly name: string
  /** How many blocks there are. */
  readonly blocks: number
  /** The dimensions of a block. */
  readonly shape: readonly number[]
  /** Bytes of a block. */
  readonly blockBytes: number
  /** The memory that the blocks lie in. */
  readonly slab: Slab
  readonly #coalesceAbove: number
  readonly #region: Region
  readonly #ledger: Ledger = new Ledger()
  readonly #views: BlockViews<T>
  readonly #runs: RunRegister = new RunRegister()
  readonly #coalescings: Coalescings = new Coalescings()
  #free: FreeBlocks
  #inUse = 0
  #peakInUse = 0
  #taken = 0
  #closed = false

  /**
   * Makes the pool, with its slab unless one is given.
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_TOO_LARGE`, and `ERR_POOL_EXHAUSTED` when the system or the slab has no such room
   */
  constructor(options: BlockPoolOptions<T>) {
    const settings = blockPoolSettings(options)
    const { blocks, blockBytes, slab, strategy, coalesceAbove } = settings
    this.name = settings.name
    this.shape = settings.shape
    this.blocks = blocks
    this.blockBytes = blockBytes
    this.slab = slab
    this.#coalesceAbove = coalesceAbove
    this.#region = slab.reserve(blocks * blockBytes)
    this.#views = new BlockViews(this, settings, this.#region)
    const onLimit = (mended: number, free: number) => this.#coalescings.note(true, mended, free)
    this.#free = strategy === 'address' ? new FreeBitmap(blocks) : new FreeStack(blocks, coalesceAbove / 100, onLimit)
  }

  /** Blocks that can be taken now. */
  get available(): number {
    return this.#free.count
  }

  /** Blocks that are out now. */
  get inUse(): number {
    return this.#inUse
  }

  /** Whether the pool was destroyed. */
  get closed(): boolean {
    return this.#closed
  }

  /** Bytes of the pool's own records, views apart. */
  get bookkeepingBytes(): number {
    return this.#free.bookkeepingBytes + this.#runs.bookkeepingBytes
  }

  /** View objects made so far: it stands still unless the memory moves or runs are taken. */
  get viewsMade(): number {
    return this.#views.made
  }

  /** What the last coalescing did, by itself or by call; `undefined` before the first. */
  get lastCoalescing(): CoalesceReport | undefined {
    return this.#coalescings.last
  }

  /**
   * Takes a block. Its contents are what the last owner left.
   * @returns its view; `undefined` when none is free. O(1), allocates nothing.
   * @throws `ERR_POOL_CLOSED`, `ERR_POOL_DETACHED_BUFFER`
   */
  getBlock(): T | undefined {
    const views = this.#views
    if (views.probe.length === 0) views.follow()
    const index = this.getIndex()
    return index < 0 ? undefined : (views.list[index] ?? views.make(index))
  }

  /**
   * Takes a block by its index, for those who work by offset and need no view.
   * @returns the index; -1 when none is free. O(1), allocates nothing.
   * @throws `ERR_POOL_CLOSED`
   */
  getIndex(): number {
    const index = this.#free.take()
    if (index < 0) return this.#refuse() ?? -1
    this.#taken++
    if (++this.#inUse > this.#peakInUse) this.#peakInUse = this.#inUse
    return index
  }

  /**
   * Gives a block back, or the run that `getBlocks` returned. Nobody may touch it afterwards.
   * @param block - the very view that was handed out, or the index
   * @throws `ERR_POOL_DOUBLE_RELEASE`, `ERR_POOL_FOREIGN_BUFFER` (another pool's, a subarray, no view), `ERR_POOL_INVALID_INDEX` (out
   * of range, a fraction, NaN), `ERR_POOL_PART_OF_RUN`: the pool is then exactly as before. O(1); a run costs its blocks.
   */
  returnBlock(block: T | number): void {
    const index = typeof block === 'number' ? block : blockIndexIn(this, block)
    if (index >>> 0 !== index || index >= this.blocks) return void this.#returnUnusual(block)
    if (this.#runs.members !== 0 && this.#runs.has(index)) throw this.#ledger.refused(refusals.partOfRun(this, index))
    if (!this.#free.put(index)) throw this.#ledger.refused(refusals.notOut(this, index))
    this.#inUse--
  }

  /**
   * Takes `count` neighbouring blocks as one view, lowest address first. Makes a view, and looks through the bitmap, 32 blocks at a
   * time; a `'lifo'` pool also through its stack.
   * @param count - 1..blocks
   * @returns `undefined` when no so many neighbours are free
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_CLOSED`, `ERR_POOL_DETACHED_BUFFER`
   */
  getBlocks(count: number): T | undefined {
    validInteger('count', count, 1, this.blocks)
    if (count === 1) return this.getBlock()
    const views = this.#views
    if (views.probe.length === 0) views.follow()
    const start = this.#free.takeRun(count)
    if (start < 0) return this.#refuse()
    this.#runs.enter(start, count, this.blocks)
    this.#taken += count
    this.#inUse += count
    if (this.#inUse > this.#peakInUse) this.#peakInUse = this.#inUse
    return views.makeRun({ start, count, over: false })
  }

  /**
   * The index of a block's view, or of a run's first block. O(1). Holds for views from before the memory moved too.
   * @throws `ERR_POOL_FOREIGN_BUFFER`
   */
  indexOf(view: T): number {
    const index = blockIndexIn(this, view)
    return index >= 0 ? index : this.#runOf(view).start
  }

  /**
   * The view of a block or a run that is out, as it is now: the same one, unless a `WebAssembly.Memory` grew, which detaches it. O(1).
   * @throws `ERR_POOL_FOREIGN_BUFFER`; `ERR_POOL_DOUBLE_RELEASE` when it was returned; `ERR_POOL_DETACHED_BUFFER`
   */
  refresh(view: T): T {
    const index = blockIndexIn(this, view)
    if (index >= 0) return this.blockAt(index)
    const run = this.#runOf(view)
    if (run.over) throw refusals.runReturned(this, run.start, run.count)
    return view.buffer === this.slab.wholeBuffer() ? view : this.#views.makeRun(run)
  }

  /**
   * The view of a block that is out, as it is now.
   * @throws `ERR_POOL_INVALID_INDEX`; `ERR_POOL_DOUBLE_RELEASE` when the block is free; `ERR_POOL_DETACHED_BUFFER`
   */
  blockAt(index: number): T {
    this.#checkIndex(index)
    if (this.#free.has(index)) throw refusals.notOut(this, index)
    const views = this.#views
    if (views.probe.length === 0) views.follow()
    return views.list[index] ?? views.make(index)
  }

  /**
   * Where a block begins in `slab.buffer`, in bytes: what WebAssembly calls its address. O(1).
   * @throws `ERR_POOL_INVALID_INDEX`
   */
  offsetOf(index: number): number {
    this.#checkIndex(index)
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
   * In the order of addresses neighbours always go out together: it is 0. {@link verify} tells how long the runs are.
   */
  getFragmentation(): number {
    return this.#free.torn === 0 ? 0 : (100 * this.#free.torn) / this.#free.count
  }

  /** Efficiency in percent: the share of all blocks that are in use, or free and in their place; above, 4 of 5, 80 %. O(1). */
  getEfficiency(): number {
    return (100 * (this.blocks - this.#free.torn)) / this.blocks
  }

  /**
   * Holds all records against each other, and counts the free blocks, their runs, and the longest: what `getBlocks` could take. Linear.
   * @throws `ERR_POOL_CORRUPT`
   */
  verify(): FreeRuns {
    return this.#free.audit()
  }

  /** Brings the free blocks into the order of addresses, so that neighbours go out as one run, and says what that did. */
  coalesce(): CoalesceReport {
    this.#coalescings.note(false, this.#free.coalesce(), this.#free.count)
    return this.#coalescings.last as CoalesceReport
  }

  /** A snapshot in the form of `@pool/core`. Some µs. */
  stats(): PoolStats {
    const { blocks, blockBytes } = this
    return statsOf(this, this.#ledger, {
      kind: 'block',
      bufferSize: blockBytes,
      available: this.#free.count,
      inUse: this.#inUse,
      capacity: blocks,
      peakInUse: this.#peakInUse,
      acquisitions: this.#taken,
      bytesAllocated: blocks * blockBytes,
      bytesReused: this.#taken * blockBytes,
      liveBytes: (this.#free.count + this.#inUse) * blockBytes,
      inUseBytes: this.#inUse * blockBytes,
      maxLiveBytes: blocks * blockBytes,
      fragmentation: this.getFragmentation(),
      efficiency: this.getEfficiency()
    })
  }

  /** Whether the pool serves, and what somebody should look at: fragmentation above `coalesceAbove`, more than 90 % in use. */
  healthCheck(): PoolHealth {
    return healthOf(this.stats(), { fragmentation: this.#coalesceAbove, utilization: 90 })
  }

  /**
   * Ends the pool. What is out may still be used and returned; the slab gets its region back with the last of it. Can be repeated.
   */
  destroy(): void {
    if (this.#closed) return
    this.#closed = true
    this.#views.close()
    this.#free = new ClosedBlocks(this.#free, this.blocks, () => this.slab.release(this.#region))
  }

  #refuse(): undefined {
    if (this.#closed) throw refusals.closed(this)
    this.#ledger.exhausted()
    return undefined
  }

  #returnUnusual(block: unknown): void {
    if (typeof block === 'number') throw this.#ledger.refused(refusals.noIndex(this, block))
    const run = runIn(this, block)
    if (run === undefined) throw this.#ledger.refused(refusals.foreign(this, block))
    if (run.over) throw this.#ledger.refused(refusals.runReturned(this, run.start, run.count))
    run.over = true
    this.#runs.leave(run.start, run.count)
    this.#inUse -= run.count
    for (let index = run.start + run.count - 1; index >= run.start; index--) this.#free.put(index)
  }

  #runOf(view: unknown): BlockRun {
    const run = runIn(this, view)
    if (run === undefined) throw refusals.foreign(this, view)
    return run
  }

  #checkIndex(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.blocks) throw refusals.noIndex(this, index)
  }
}
