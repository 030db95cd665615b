import { brandBlock, brandRun } from './block-brand.js'
import type { BlockPoolSettings } from './block-pool-options.js'
import * as refusals from './block-refusals.js'
import type { Region } from './slab.js'
import { type TypedArray, viewOf } from './typed-array.js'

/** The views of a pool's blocks, made once and handed out again and again, and made anew when the memory moves. */
export class BlockViews<T extends TypedArray> {
  readonly #home: { readonly name: string }
  readonly #settings: BlockPoolSettings<T>
  readonly #start: number
  /** The view of each block, where it was made. */
  list: (T | undefined)[] = []
  /** One byte of the slab: its length is 0 once the memory was detached. */
  probe: Uint8Array
  /** View objects made so far. */
  made = 0

  /** The views of the blocks of `home`, which lie in `region`. */
  constructor(home: { readonly name: string }, settings: BlockPoolSettings<T>, region: Region) {
    this.#home = home
    this.#settings = settings
    this.#start = region.byteOffset
    this.probe = new Uint8Array(settings.slab.buffer, this.#start, 1)
    this.#startAnew()
  }

  /** Where a block begins in the slab's buffer. */
  byteOffset(index: number): number {
    return this.#start + index * this.#settings.blockBytes
  }

  /** Makes the view of a block. */
  make(index: number): T {
    const { type, elements, slab } = this.#settings
    const view = viewOf(type, slab.buffer, this.byteOffset(index), elements)
    brandBlock(view, this.#home, index)
    this.list[index] = view
    this.made++
    return view
  }

  /** Makes one view of several blocks. */
  makeRun(start: number, count: number): T {
    const { type, elements, slab } = this.#settings
    const view = viewOf(type, slab.buffer, this.byteOffset(start), count * elements)
    brandRun(view, this.#home, start, count)
    this.made++
    return view
  }

  /**
   * The memory was detached: follows it to where it is now.
   * @throws `ERR_POOL_DETACHED_BUFFER` when it is nowhere
   */
  follow(): void {
    const { buffer } = this.#settings.slab
    if (buffer.byteLength === 0) throw refusals.detached(this.#home)
    this.probe = new Uint8Array(buffer, this.#start, 1)
    this.#startAnew()
  }

  #startAnew(): void {
    const { blocks, viewsAhead } = this.#settings
    this.list = new Array<T | undefined>(blocks).fill(undefined)
    if (viewsAhead) for (let index = 0; index < blocks; index++) this.make(index)
  }
}
