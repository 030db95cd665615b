import { invalid, PoolError, validInteger, validOptions, validPowerOfTwo } from '@pool/core/kit/universal'
import { type Backing, type BackingKind, type BufferIn, isShared, openMemory, type SlabMemory } from './slab-memory.js'
import { absorbWindow, openWindow, type SlabWindow } from './slab-window.js'

/** The largest slab, in bytes: the most that 32-bit WebAssembly can address. */
export const maxSlabBytes: number = 2 ** 32 - 65_536

/** The options of a {@link Slab}. */
export interface SlabOptions<K extends Backing = Backing> {
  /** Bytes to begin with, 1..4 294 901 760. */
  readonly bytes: number
  /** The most bytes that it may grow to. Default: `bytes`, so that it never grows. Buffers that are handed in never do. */
  readonly maxBytes?: number
  /** Where the bytes come from. Default `'array'`. */
  readonly backing?: K
  /**
   * Where the slab begins in memory that is handed in, in bytes, a multiple of 64. Default: at 0 of a buffer; in a
   * `WebAssembly.Memory` after its present end, in pages grown for the slab, since the pages before may be the module's.
   */
  readonly from?: number
}

/** A part of a slab that belongs to one pool. */
export interface Region {
  /** Where it begins, in bytes from the start of the slab's buffer. */
  readonly byteOffset: number
  /** Its length in bytes. */
  readonly byteLength: number
}

/**
 * Contiguous memory that several pools can share, each in a region of its own.
 *
 * ```
 *   buffer  │ not the slab's │ region of pool A │ free │ region of pool B │ free │ may grow ┈┈┈│
 *           0                from                                                └ maxBytes
 * ```
 *
 * The pool that reserved a region owns its bytes until it releases the region.
 * @typeParam K - the kind of its backing, which decides the type of `buffer`
 */
export class Slab<K extends Backing = 'array'> {
  readonly #memory: SlabMemory
  /** Regions that no pool has, ascending, never two side by side. */
  #free: Region[]
  /** Regions that pools have. */
  readonly #reserved: Set<Region> = new Set()
  #end: number

  /** @throws `ERR_POOL_INVALID_OPTION`; `ERR_POOL_TOO_LARGE` when a buffer is too short; `ERR_POOL_EXHAUSTED` when the system or the memory has no more */
  constructor(options: SlabOptions<K>) {
    validOptions('options', options, ['bytes', 'maxBytes', 'backing', 'from'])
    const bytes = validInteger('bytes', options.bytes, 1, maxSlabBytes)
    const { maxBytes = bytes, backing = 'array', from } = options
    validInteger('maxBytes', maxBytes, bytes, maxSlabBytes)
    if (from !== undefined && (!Number.isInteger(from) || from < 0 || from % 64 !== 0)) throw invalid('from', 'a multiple of 64', from)
    if (from !== undefined && typeof backing !== 'object') throw invalid('from', 'left out for memory that the slab makes', from)
    this.#memory = openMemory(backing, bytes, maxBytes, from)
    this.#end = this.#memory.start + bytes
    this.#free = [{ byteOffset: this.#memory.start, byteLength: bytes }]
  }

  /** The kind of the memory. */
  get kind(): BackingKind {
    return this.#memory.kind
  }

  /** The buffer now. That of a `WebAssembly.Memory` is another one after each growth. */
  get buffer(): BufferIn<K> {
    return this.#memory.buffer as BufferIn<K>
  }

  /**
   * The buffer now, with all of the slab in it.
   * @throws `ERR_POOL_DETACHED_BUFFER` when it was transferred away, or is a resizable one that was made smaller
   */
  wholeBuffer(): BufferIn<K> {
    const { buffer } = this
    if (buffer.byteLength >= this.#end) return buffer
    throw new PoolError(
      'ERR_POOL_DETACHED_BUFFER',
      `the slab ends at ${this.#end} of a buffer that has ${buffer.byteLength} bytes now: it was transferred away, or made smaller. Send a window instead.`
    )
  }

  /** Whether other threads can see the memory, so that windows of it are not copies. */
  get shared(): boolean {
    return isShared(this.#memory.buffer)
  }

  /** Bytes of the slab now. */
  get byteLength(): number {
    return this.#end - this.#memory.start
  }

  /** The most bytes that it can grow to. */
  get maxBytes(): number {
    return this.#memory.maxBytes
  }

  /** Bytes that no pool has reserved, now. */
  get freeBytes(): number {
    return this.#free.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  /**
   * Reserves a region, lowest address first, and grows when there is none and the memory can.
   * @param bytes - 1..maxBytes
   * @param alignment - of its beginning, from the start of the buffer; a power of two up to 65 536. Default 64
   * @throws `ERR_POOL_EXHAUSTED` when there is no such room; `ERR_POOL_INVALID_OPTION`; `ERR_POOL_DETACHED_BUFFER`
   */
  reserve(bytes: number, alignment = 64): Region {
    validInteger('bytes', bytes, 1, maxSlabBytes)
    validPowerOfTwo('alignment', alignment, 65_536)
    this.wholeBuffer()
    const region = this.#carve(bytes, alignment) ?? (this.#growFor(bytes, alignment) ? this.#carve(bytes, alignment) : undefined)
    if (region !== undefined) return region
    throw new PoolError(
      'ERR_POOL_EXHAUSTED',
      `a slab of ${this.byteLength} bytes, ${this.freeBytes} of them free, has no region of ${bytes}. Make it larger, or raise maxBytes.`
    )
  }

  /**
   * Lengthens a region where it is.
   * @param byteLength - its length afterwards
   * @returns the longer region, which takes the place of the one given; `undefined`, and nothing changed, when the bytes after it are
   * taken and the memory can't grow
   * @throws `ERR_POOL_DOUBLE_RELEASE` when the region is not reserved now; `ERR_POOL_INVALID_OPTION` for a length below its own
   */
  extend(region: Region, byteLength: number): Region | undefined {
    this.#checkReserved(region)
    validInteger('byteLength', byteLength, region.byteLength, maxSlabBytes)
    const end = region.byteOffset + region.byteLength
    const more = byteLength - region.byteLength
    const behind = this.#free.find(({ byteOffset }) => byteOffset === end)
    const there = behind?.byteLength ?? 0
    if (there < more) {
      if (end + there !== this.#end || !this.#growTo(end + more)) return undefined
    }
    this.#take(end, more)
    this.#reserved.delete(region)
    return this.#handOut(region.byteOffset, byteLength)
  }

  /**
   * Gives a region back. Its bytes may not be touched afterwards.
   * @throws `ERR_POOL_DOUBLE_RELEASE` when it is not reserved now: it was released before, or extended since, or is another slab's
   */
  release(region: Region): void {
    this.#checkReserved(region)
    this.#reserved.delete(region)
    this.#join(region)
  }

  /**
   * Some bytes in a form that `postMessage` carries to another thread: the memory itself where it is shared, else a copy. `zeroCopy` reports
   * which.
   * @throws `ERR_POOL_INVALID_OPTION` when they do not lie in the slab; `ERR_POOL_DETACHED_BUFFER`
   */
  window(byteOffset: number, byteLength: number): SlabWindow {
    validInteger('byteOffset', byteOffset, this.#memory.start, this.#end)
    validInteger('byteLength', byteLength, 0, this.#end - byteOffset)
    return openWindow(this.wholeBuffer(), byteOffset, byteLength)
  }

  /**
   * Takes back the bytes that another thread wrote to a window: copies a copy into place, and does nothing where the memory is shared.
   * @returns the bytes copied
   * @throws `ERR_POOL_INVALID_OPTION` for a value that is not a window of such memory; `ERR_POOL_TOO_LARGE` when it does not fit there;
   * `ERR_POOL_DETACHED_BUFFER` when the slab's memory or the window's was transferred away
   */
  absorb(byteOffset: number, window: SlabWindow): number {
    validInteger('byteOffset', byteOffset, this.#memory.start, this.#end)
    return absorbWindow(this.wholeBuffer(), byteOffset, this.#end, window)
  }

  #handOut(byteOffset: number, byteLength: number): Region {
    const region = Object.freeze({ byteOffset, byteLength })
    this.#reserved.add(region)
    return region
  }

  #checkReserved(region: Region): void {
    if (this.#reserved.has(region)) return
    throw new PoolError('ERR_POOL_DOUBLE_RELEASE', 'the region is not reserved in this slab now. Release the region that came last, once.')
  }

  /** Lays a region among the free ones. */
  #join(region: Region): void {
    let { byteOffset, byteLength } = region
    const others: Region[] = []
    for (const free of this.#free) {
      if (free.byteOffset + free.byteLength === byteOffset) {
        byteOffset = free.byteOffset
        byteLength += free.byteLength
      } else if (byteOffset + byteLength === free.byteOffset) byteLength += free.byteLength
      else others.push(free)
    }
    this.#free = [...others, { byteOffset, byteLength }].sort((a, b) => a.byteOffset - b.byteOffset)
  }

  #carve(bytes: number, alignment: number): Region | undefined {
    for (const { byteOffset, byteLength } of this.#free) {
      const start = Math.ceil(byteOffset / alignment) * alignment
      if (start + bytes <= byteOffset + byteLength) {
        this.#take(start, bytes)
        return this.#handOut(start, bytes)
      }
    }
    return undefined
  }

  #take(start: number, bytes: number): void {
    this.#free = this.#free.flatMap((free) => {
      const end = free.byteOffset + free.byteLength
      if (start < free.byteOffset || start >= end) return [free]
      const rest = [
        { byteOffset: free.byteOffset, byteLength: start - free.byteOffset },
        { byteOffset: start + bytes, byteLength: end - start - bytes }
      ]
      return rest.filter(({ byteLength }) => byteLength > 0)
    })
  }

  #growFor(bytes: number, alignment: number): boolean {
    const last = this.#free.at(-1)
    const tail = last !== undefined && last.byteOffset + last.byteLength === this.#end ? last.byteOffset : this.#end
    return this.#growTo(Math.ceil(tail / alignment) * alignment + bytes)
  }

  #growTo(end: number): boolean {
    if (end - this.#memory.start > this.#memory.maxBytes || !this.#memory.growTo(end)) return false
    const grown = { byteOffset: this.#end, byteLength: end - this.#end }
    this.#end = end
    this.#join(grown)
    return true
  }
}
