import { type TypedArray, type TypedArrayConstructor, typedArrayOver, validTypedArray } from '@pool/core/kit/universal'
import type { Region } from '../slab/slab.js'
import { ExtentMap } from './extent-map.js'
import type { ExtentPoolSettings } from './extent-pool-options.js'
import * as refusals from './extent-refusals.js'
import { Row } from './extent-row.js'

/** The memory of an extent pool: its map, and the region of the slab whose units the map counts. */
export class ExtentSpace {
  readonly settings: ExtentPoolSettings
  readonly map: ExtentMap
  #region: Region
  #bytes: Uint8Array

  /** Reserves the region. */
  constructor(settings: ExtentPoolSettings) {
    const { slab, bytes, maxBytes, alignment, maxExtents } = settings
    this.settings = settings
    this.#region = slab.reserve(bytes, Math.max(alignment, 8))
    this.#bytes = new Uint8Array(slab.buffer)
    this.map = new ExtentMap(bytes / alignment, maxBytes / alignment, maxExtents)
  }

  /** Bytes of all extents, used and free. */
  get bytes(): number {
    return this.map.units * this.settings.alignment
  }

  /** Bytes of the free ones. */
  get freeBytes(): number {
    return this.map.freeUnits * this.settings.alignment
  }

  /** Bytes of the largest free one. */
  get largestFreeBytes(): number {
    return this.map.bins.largest(this.map.rows) * this.settings.alignment
  }

  /** Where an extent begins in the slab's buffer. */
  byteOffset(extent: number): number {
    return this.#region.byteOffset + this.map.rows[(extent << 3) + Row.Offset]! * this.settings.alignment
  }

  /** Bytes of an extent that were asked for. */
  byteLength(extent: number): number {
    const { rows } = this.map
    return rows[(extent << 3) + Row.Size]! * this.settings.alignment - rows[(extent << 3) + Row.Slack]!
  }

  /** A fresh view of an extent. */
  view<T extends TypedArray>(extent: number, type: TypedArrayConstructor<T>): T {
    const bytesEach = validTypedArray('type', type).BYTES_PER_ELEMENT
    const byteOffset = this.byteOffset(extent)
    const byteLength = this.byteLength(extent)
    if (byteLength % bytesEach !== 0 || byteOffset % bytesEach !== 0) {
      throw refusals.misfit(this.settings, type.name, bytesEach, byteOffset, byteLength)
    }
    return typedArrayOver(type, this.settings.slab.wholeBuffer(), byteOffset, byteLength / bytesEach)
  }

  /**
   * Copies bytes from one place of the slab's buffer to another; they may overlap.
   * @throws `ERR_POOL_DETACHED_BUFFER`
   */
  copy(to: number, from: number, bytes: number): void {
    this.follow()
    this.#bytes.copyWithin(to, from, from + bytes)
  }

  /** Copies units from one place of the region to another. */
  copyUnits(to: number, from: number, units: number): void {
    const { alignment } = this.settings
    this.copy(this.#region.byteOffset + to * alignment, this.#region.byteOffset + from * alignment, units * alignment)
  }

  /**
   * Finds the memory where it is now.
   * @throws `ERR_POOL_DETACHED_BUFFER` when it was transferred away
   */
  follow(): void {
    const buffer = this.settings.slab.wholeBuffer()
    if (this.#bytes.buffer !== buffer) this.#bytes = new Uint8Array(buffer)
  }

  /** Grows so that an extent of `bytes` fits: to twice the size where that is allowed, else by as much as is needed. */
  growFor(bytes: number): boolean {
    if (this.map.full) return false
    const { alignment, maxBytes } = this.settings
    const needed = this.bytes + (Math.ceil(bytes / alignment) - this.map.freeTail) * alignment
    return needed <= maxBytes && (this.#growTo(Math.min(maxBytes, Math.max(needed, this.bytes * 2))) || this.#growTo(needed))
  }

  /** Gives the region back. */
  release(): void {
    this.settings.slab.release(this.#region)
  }

  #growTo(bytes: number): boolean {
    const { slab, alignment } = this.settings
    const region = slab.extend(this.#region, bytes)
    if (region === undefined) return false
    const more = (bytes - this.bytes) / alignment
    this.#region = region
    this.map.extend(more)
    return true
  }
}
