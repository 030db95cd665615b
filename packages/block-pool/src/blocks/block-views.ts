import { type TypedArray, type TypedArrayConstructor, typedArrayOver } from '@pool/core/kit/universal'
import type { Region } from '../slab/slab.js'
import { type BlockRun, brandBlock, brandRun } from './block-brand.js'
import type { BlockPoolSettings } from './block-pool-options.js'

/** The views of a pool's blocks, made once and handed out again and again, and made anew when the memory moves. */
export class BlockViews<T extends TypedArray> {
  readonly #home: { readonly name: string }
  readonly #settings: BlockPoolSettings<T>
  readonly #start: number
  #ahead: boolean
  /** The view of each block, where it was made. */
  list: (T | undefined)[] = []
  /** The last byte of the blocks: its length is 0 once the memory was detached, or made smaller. */
  probe: Uint8Array
  /** View objects made so far. */
  made = 0

  /** The views of the blocks of `home`, which lie in `region`. */
  constructor(home: { readonly name: string }, settings: BlockPoolSettings<T>, region: Region) {
    this.#home = home
    this.#settings = settings
    this.#start = region.byteOffset
    this.#ahead = settings.views === 'ahead'
    this.probe = this.#startAnew()
  }

  /** Where a block begins in the slab's buffer. */
  byteOffset(index: number): number {
    return this.#start + index * this.#settings.blockBytes
  }

  /** Makes the view of a block. */
  make(index: number): T {
    const { type, elements, slab } = this.#settings
    const view = roomyView(type, slab.buffer, this.byteOffset(index), elements)
    brandBlock(view, this.#home, index)
    // The next owner gets the same object, and must not find a property of the last. Not by Object.preventExtensions, which throws from Node 24 on
    // where the memory is a resizable ArrayBuffer: such a view stays open.
    Reflect.preventExtensions(view)
    this.list[index] = view
    this.made++
    return view
  }

  /** Makes one view of several blocks. */
  makeRun(run: BlockRun): T {
    const { type, elements, slab } = this.#settings
    const view = typedArrayOver(type, slab.buffer, this.byteOffset(run.start), run.count * elements)
    brandRun(view, this.#home, run)
    this.made++
    return view
  }

  /**
   * The memory was detached: follows it to where it is now.
   * @throws `ERR_POOL_DETACHED_BUFFER` when it is nowhere
   */
  follow(): void {
    this.probe = this.#startAnew()
  }

  /** No block will go out any more: drops the views, and makes none ahead. */
  close(): void {
    this.#ahead = false
    this.list = []
  }

  /** Begins with the memory as it is now, and returns the probe of it. */
  #startAnew(): Uint8Array {
    const { blocks, slab } = this.#settings
    const probe = new Uint8Array(slab.wholeBuffer(), this.byteOffset(blocks) - 1, 1)
    this.list = new Array<T | undefined>(blocks).fill(undefined)
    if (this.#ahead) for (let index = 0; index < blocks; index++) this.make(index)
    return probe
  }
}

const roomyTypes = new Map<TypedArrayConstructor, Uint8ArrayConstructor>()

/**
 * A view of existing memory with room for a brand in the object itself. To all other code it is a plain one.
 *
 * ```
 *   plain   │ view │ ──► │ brand │        V8 gives typed arrays no room for fields of their own: they lie elsewhere on the heap
 *   roomy   │ view │ brand │              but gives it to those of a class that has fields
 * ```
 *
 * With many blocks, that is one wait for memory instead of two on each return.
 */
export function roomyView<T extends TypedArray>(
  type: TypedArrayConstructor<T>,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number
): T {
  let roomy = roomyTypes.get(type)
  if (roomy === undefined) {
    roomy = roomyTypeOf(type as TypedArrayConstructor as Uint8ArrayConstructor)
    roomyTypes.set(type, roomy)
  }
  return Object.setPrototypeOf(new roomy(buffer, byteOffset, length), type.prototype)
}

function roomyTypeOf(type: Uint8ArrayConstructor): Uint8ArrayConstructor {
  return class extends type {
    /** Never read: the engine makes no room for a class without fields. */
    readonly #room = 0
  } as Uint8ArrayConstructor
}
