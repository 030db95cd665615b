import type { Occupancy, OccupancySource, StatsSource, WaitOptions } from '@pool/core/interfaces'
import {
  announcePool,
  CallerPlaces,
  invalid,
  optionalSignal,
  PoolError,
  retirePool,
  type TypedArray,
  typedArrayNamed,
  typedArrayOver,
  validInteger,
  validOptions,
  validTimeout
} from '@pool/core/kit/universal'
import type { BlockQueue } from './block-queue.js'
import type { Ground, SharedPoolMode } from './ground.js'
import { drawnBlocks, type HeldBlock, heldBlocks } from './held-blocks.js'
import { answersWord, type Layout, threadWord } from './layout.js'
import { type SharedPoolStats, statsOf } from './pool-figures.js'
import type { SharedWebAssemblyMemory } from './pool-memory.js'
import { atOnce, deathOf, type HeldLock, holdLock, type NodeThread, validThread, type WatchedThread } from './proof-of-death.js'
import * as refusals from './refusals.js'
import type { SeatRows } from './seat-rows.js'
import { keyOfThread } from './seats.js'
import { attachShared } from './shared-ground.js'
import { elementsOf, openPool, type SharedPoolOptions, type SharedPoolSettings } from './shared-pool-options.js'
import { type SharedPoolToken, validToken } from './token.js'
import { attachTransfer } from './transfer/transfer-ground.js'
import { answered, flushWhenIdle, lookAgainMs, sleep } from './waiting.js'

/**
 * Equal blocks in shared memory, for as many threads as there are seats: each has a `SharedPool` of its own over the same memory.
 *
 * ```
 *   memory    │ records │ block 0 │ block 1 │ block 2 │ …
 *   threads     main ──┘     worker ──┘    AudioWorklet ──┘      each with some blocks at hand
 * ```
 *
 * A block belongs to the thread that acquired or received it until that thread releases or sends it; no thread may touch it afterwards.
 * Its contents are not cleared.
 */
export class SharedPool<T extends TypedArray = TypedArray> implements StatsSource, OccupancySource {
  /** The pool's name in stats and errors. */
  readonly name: string
  /** How many blocks there are. */
  readonly blocks: number
  /** The dimensions of a block. */
  readonly shape: readonly number[]
  /** Bytes of a block. */
  readonly blockBytes: number
  /** `'shared'` where all threads see the blocks' memory; `'transfer'` where blocks travel between threads by messages. */
  readonly mode: SharedPoolMode
  /** The seat of this thread, 1..threads. */
  readonly seat: number
  /**
   * Resolves once the death of this thread can be proven, so that {@link SharedPool.watch} finds it: at once in Node and in a worklet; in a worker of a browser
   * when it was granted its Web Lock, for which it must return to its event loop.
   */
  readonly ready: Promise<void>
  readonly #settings: SharedPoolSettings<T>
  readonly #ground: Ground
  readonly #layout: Layout
  readonly #words: Int32Array
  readonly #rows: SeatRows
  readonly #channels: readonly BlockQueue[]
  readonly #indexMask: number
  readonly #firstByte: number
  readonly #views: (T | undefined)[]
  readonly #madeAt = Date.now()
  /** The last token made for each worker. */
  readonly #tokens = new WeakMap<WatchedThread, SharedPoolToken>()
  readonly #lock: HeldLock | undefined
  /** The functions that end the watches over workers. */
  readonly #watches = new Set<() => void>()
  #detached = false

  private constructor(settings: SharedPoolSettings<T>, ground: Ground, lock?: HeldLock) {
    const { layout, rows, channels, seat, words, shared } = ground
    this.name = settings.name
    this.mode = ground.mode
    this.blocks = layout.blocks
    this.shape = settings.shape
    this.blockBytes = layout.blockBytes
    this.seat = seat
    this.#settings = settings
    this.#ground = ground
    this.#layout = layout
    this.#words = words
    this.#rows = rows
    this.#channels = channels
    this.#indexMask = layout.epochStep - 1
    this.#firstByte = shared === undefined ? -1 : shared.byteOffset + layout.dataOffset
    this.#views = ground.views as (T | undefined)[]
    this.#lock = lock
    if (ground.traces !== undefined) ground.traces.places = new CallerPlaces(this)
    this.ready = lock === undefined || lock.held === atOnce ? atOnce : lock.held.then(() => this.#noteLock())
    if (lock !== undefined && this.ready === atOnce) this.#noteLock()
    flushWhenIdle(new WeakRef(this.#rows))
    announcePool(this)
  }

  /**
   * Makes a pool, and takes its first seat for this thread.
   * @throws `ERR_POOL_INVALID_OPTION`; `ERR_POOL_TOO_LARGE` when the memory given is too small; `ERR_POOL_EXHAUSTED` when the system has too little
   * memory; `ERR_POOL_NO_SHARED_MEMORY` on a page that is not cross-origin isolated
   */
  static create<T extends TypedArray>(options: SharedPoolOptions<T>): SharedPool<T> {
    const { settings, ground } = openPool(options)
    return new SharedPool(settings, ground)
  }

  /**
   * Joins the pool that the token is from, and takes a seat for this thread. It does not wait for other threads.
   * @throws `ERR_POOL_INVALID_OPTION` when it is not a token; `ERR_POOL_FOREIGN_MEMORY` when its memory has no pool, or one of another version;
   * `ERR_POOL_NO_SEAT` when as many threads are attached as the pool was made for
   */
  static attach<T extends TypedArray = TypedArray>(token: SharedPoolToken): SharedPool<T> {
    const { name, memory, byteOffset, type, shape, tag, lock, grant } = validToken(token)
    const view = typedArrayNamed(type)
    const check = ({ blockBytes }: Layout) => {
      if (elementsOf(shape) * view.BYTES_PER_ELEMENT !== blockBytes) throw invalid('token', 'as token() returned it', token)
    }
    const ground =
      grant === undefined ? attachShared(name, memory as SharedArrayBuffer, byteOffset, tag, check) : attachTransfer(name, grant, check)
    return new SharedPool({ name, type: view as SharedPoolSettings<T>['type'], shape, lock }, ground, holdLock(token))
  }

  /**
   * Makes a token, with which another thread attaches. Make one for each thread: {@link SharedPool.reap} tells threads apart by it.
   * @param worker - the worker or audio context that will get it, where it exists already: {@link SharedPool.watch} then needs no token
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_CLOSED`
   */
  token(worker?: WatchedThread): SharedPoolToken {
    this.#checkAttached()
    if (worker !== undefined) validThread(worker)
    const { name, type, shape, lock } = this.#settings
    const common = this.#ground.newToken()
    const token = Object.freeze({ name, type: type.name, shape, lock: lock && `${lock} ${common.tag}`, ...common })
    if (worker !== undefined) this.#tokens.set(worker, token)
    return token
  }

  /**
   * Takes a block. It still holds the contents of the last holder.
   * @returns a handle, 0..2³⁰ - 1; -1 when none is free, though other threads may have some at hand. O(1) as long as this thread
   * has one at hand, else O(rows); allocates nothing.
   * @throws `ERR_POOL_CLOSED` after detach
   */
  acquire(): number {
    const handle = this.#rows.take()
    if (handle < 0) this.#checkAttached()
    return handle
  }

  /**
   * Gives a block back. This thread must not touch it afterwards.
   * @param handle - the handle that acquire or receive returned to this thread
   * @throws `ERR_POOL_DOUBLE_RELEASE` when it was released or sent before; `ERR_POOL_STALE_HANDLE` when the block was acquired again since;
   * `ERR_POOL_FOREIGN_BUFFER` when another thread holds it, or the pool did not make it: the pool is then exactly as before. O(1), allocates nothing.
   */
  release(handle: number): void {
    if (!this.#rows.give(handle)) throw this.#refuse(handle)
  }

  /**
   * The block as a typed array: the same object each time, made when first asked for.
   * @throws as release. O(1).
   */
  view(handle: number): T {
    if (!this.#rows.holds(handle)) throw this.#refuse(handle)
    const index = handle & this.#indexMask
    return this.#views[index] ?? this.#makeView(index)
  }

  /**
   * Where the block begins in the memory, in bytes: its address in WebAssembly.
   * @throws as release. O(1), allocates nothing.
   */
  offset(handle: number): number {
    if (!this.#rows.holds(handle)) throw this.#refuse(handle)
    if (this.#firstByte < 0) throw refusals.noAddress(this.name)
    return this.#firstByte + (handle & this.#indexMask) * this.#layout.blockStride
  }

  /**
   * The memory that the pool lies in.
   * @throws `ERR_POOL_NO_SHARED_MEMORY` where blocks travel
   */
  get memory(): SharedArrayBuffer | SharedWebAssemblyMemory {
    const { shared } = this.#ground
    if (shared === undefined) throw refusals.noAddress(this.name)
    return shared.memory
  }

  /** Makes all views, so that {@link SharedPool.view} never allocates. Each costs some 125 bytes of this thread's heap. */
  prewarm(): void {
    for (let index = 0; index < this.blocks; index++) if (this.#ground.has(index)) this.#views[index] ??= this.#makeView(index)
  }

  /**
   * Hands a block over. When this returns true, the block is its receiver's, and this thread must not touch it.
   * @param channel - 0..channels + rings - 1, the rings last
   * @returns false when the channel is full: the block is still this thread's. O(1), allocates nothing.
   * @throws as release; `ERR_POOL_INVALID_OPTION` when there is no such channel
   */
  send(channel: number, handle: number): boolean {
    const queue = this.#channel(channel)
    if (!this.#rows.holds(handle)) throw this.#refuse(handle)
    if (!queue.push(handle & this.#indexMask)) return false
    this.#rows.countSent()
    return true
  }

  /**
   * Takes the next block out of a channel. This thread then holds it, under a handle of its own.
   * @returns a handle; -1 when there is none. O(1), allocates nothing.
   * @throws `ERR_POOL_INVALID_OPTION` when there is no such channel; `ERR_POOL_CLOSED`
   */
  receive(channel: number): number {
    const queue = this.#channel(channel)
    if (this.#detached) throw refusals.detached(this.name)
    const handle = queue.pop()
    if (handle >= 0) this.#rows.countReceived()
    return handle
  }

  /**
   * Fetches blocks to have at hand, so that as many acquires need no other thread.
   * @param blocks - 1 up to the most that a thread may have at hand: blocks / (4 × threads), but 4 at least and 32 at most
   * @returns how many are at hand, fewer where the pool has no more
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_CLOSED`
   */
  reserve(blocks: number): number {
    this.#checkAttached()
    return this.#rows.stock(validInteger('blocks', blocks, 1, 2 * this.#layout.rowBlocks))
  }

  /** Gives the blocks that this thread has at hand to all: when it will not use the pool for a while. Some compare-and-swaps at most. */
  flush(): void {
    this.#ground.flush()
  }

  /**
   * Leaves the pool: gives back every block that this thread holds, and its seat. Can be repeated.
   * @returns how many blocks it held, messages among them of which it was the last reader
   */
  detach(): number {
    if (this.#detached) return 0
    this.#detached = true
    const blocks = this.#ground.leave()
    this.#rows.leave()
    this.#lock?.release()
    for (const end of this.#watches) end()
    retirePool(this)
    return blocks
  }

  /**
   * Gives back all that the dead threads held which had attached with this token. Only for a caller that has proof that they are dead: a
   * thread that lives on would share its blocks with others.
   * @returns how many blocks they held
   * @throws `ERR_POOL_INVALID_OPTION` when it is not a token of this pool; `ERR_POOL_CLOSED`
   */
  reap(token: SharedPoolToken): number {
    this.#checkAttached()
    return this.#ground.reap(this.#ownToken(token).tag)
  }

  /**
   * Gives back all that a thread holds once it is dead: {@link SharedPool.reap} on proof. That is `exit` of a worker of Node; of a
   * worker of a browser, its Web Lock, which is granted once the worker writes no more, two seconds after `terminate()` if it is busy; of a
   * worklet's processor, that its audio context is closed.
   * @param worker - the worker, or the audio context
   * @param token - the token that it attaches with. Not needed for a worker of Node that has not ended yet, whichever tokens it attaches with, nor
   * where the token was made for the worker, by `token(worker)`
   * @returns a promise of how many blocks were given back; it may be ignored, and resolves to 0 if this thread has detached by then
   * @throws `ERR_POOL_INVALID_OPTION` when the death of such an object can't be proven, or only with a token; `ERR_POOL_CLOSED`
   */
  watch(worker: WatchedThread, token?: SharedPoolToken): Promise<number> {
    this.#checkAttached()
    const known = token === undefined ? this.#tokens.get(validThread(worker)) : this.#ownToken(token)
    const key = this.mode === 'shared' && 'once' in validThread(worker) ? keyOfThread((worker as NodeThread).threadId) : undefined
    if (known === undefined && key === undefined) {
      throw invalid('token', 'the one that this worker attaches with, unless it was made by token(worker)', token)
    }
    const { tag } = known ?? { tag: -1 }
    const sight = {
      isLocked: () => this.#ground.isLocked(tag),
      isOver: () => this.#detached,
      onOver: (end: () => void) => this.#onOver(end)
    }
    return deathOf(worker, known, sight).then(() => (this.#detached ? 0 : this.#ground.reap(tag, key)))
  }

  /**
   * Takes a block, and where none is free sleeps until one is. For threads that may block: workers, and the main thread of Node. First come,
   * first served is not promised.
   * @param timeoutMs - the longest sleep in ms, above 0; `Infinity` for none
   * @returns a handle
   * @throws `ERR_POOL_ACQUIRE_TIMEOUT`; `ERR_POOL_MAY_NOT_BLOCK` on a page's main thread or in a worklet; `ERR_POOL_INVALID_OPTION`, `ERR_POOL_CLOSED`
   */
  acquireSync(timeoutMs: number): number {
    const deadline = Date.now() + validTimeout('timeoutMs', timeoutMs, Number.POSITIVE_INFINITY)
    for (;;) {
      const answers = Atomics.load(this.#words, answersWord)
      const handle = this.acquire()
      if (handle >= 0) return handle
      const leftMs = deadline - Date.now()
      if (leftMs <= 0) throw refusals.timedOut(this.name, timeoutMs)
      if (!sleep(this.#words, answers, Math.min(leftMs, lookAgainMs))) throw refusals.mayNotBlock(this.name)
    }
  }

  /**
   * Takes a block, and waits until one is free. First come, first served is not promised. A process or worker of Node stays alive while it
   * waits, since another thread may release.
   * @param options - `timeoutMs`, default `Infinity`; `signal`
   * @returns a promise of a handle
   * @throws (rejects) `ERR_POOL_ACQUIRE_TIMEOUT`, the signal's reason, `ERR_POOL_INVALID_OPTION`, `ERR_POOL_CLOSED`
   */
  async acquireAsync(options: WaitOptions = {}): Promise<number> {
    validOptions('options', options, ['timeoutMs', 'signal'])
    const timeoutMs = validTimeout('timeoutMs', options.timeoutMs, Number.POSITIVE_INFINITY)
    const signal = optionalSignal(options.signal)
    const deadline = Date.now() + timeoutMs
    for (;;) {
      signal?.throwIfAborted()
      const answers = Atomics.load(this.#words, answersWord)
      const handle = this.acquire()
      if (handle >= 0) return handle
      const leftMs = deadline - Date.now()
      if (leftMs <= 0) throw refusals.timedOut(this.name, timeoutMs)
      await answered(this.#words, answers, Math.min(leftMs, lookAgainMs))
    }
  }

  /** The blocks in use now, and which thread has each of them, dead or alive. Where that took it is known in debug mode. O(blocks). */
  held(): readonly HeldBlock[] {
    return heldBlocks(this.#layout, this.#words, this.#ground.traces)
  }

  /** The blocks in use, of all threads, for a page to draw. O(blocks). */
  occupancy(): Occupancy {
    return drawnBlocks(this.#layout, this.#words)
  }

  /** The figures of the pool, all threads together and one by one, read without asking them. O(blocks). */
  stats(): SharedPoolStats {
    return statsOf({ name: this.name, mode: this.mode, closed: this.#detached, madeAt: this.#madeAt }, this.#layout, this.#words)
  }

  #noteLock(): void {
    if (!this.#detached) this.#ground.noteLock()
  }

  #onOver(end: () => void): () => void {
    this.#watches.add(end)
    return () => void this.#watches.delete(end)
  }

  #makeView(index: number): T {
    const { type, shape } = this.#settings
    const { buffer, byteOffset } = this.#ground.placeOf(index)
    const view = typedArrayOver(type, buffer, byteOffset, elementsOf(shape))
    // The next holder gets the same object, and must not find a property of the last.
    Object.preventExtensions(view)
    this.#views[index] = view
    return view
  }

  #refuse(handle: unknown): PoolError {
    if (this.#detached) return refusals.detached(this.name)
    this.#rows.count(threadWord.refused)
    return refusals.refusalOf(this.name, this.#layout, this.#words, handle, this.seat, this.#ground.traces)
  }

  #channel(number: number): BlockQueue {
    const channel = typeof number === 'number' && number >>> 0 === number ? this.#channels[number] : undefined
    if (channel !== undefined) return channel
    if (this.#channels.length === 0) {
      throw new PoolError('ERR_POOL_INVALID_OPTION', `pool '${this.name}' has no channels. Make it with channels or rings: 1 or more.`)
    }
    throw invalid('channel', `an integer in 0..${this.#channels.length - 1}`, number)
  }

  #ownToken(token: SharedPoolToken): SharedPoolToken {
    if (!this.#ground.owns(validToken(token))) throw invalid('token', 'one of this pool', token)
    return token
  }

  #checkAttached(): void {
    if (this.#detached) throw refusals.detached(this.name)
  }
}
