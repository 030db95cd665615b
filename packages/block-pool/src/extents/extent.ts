import { PoolError, type TypedArray, type TypedArrayConstructor } from '@pool/core/kit/universal'
import type { BytesIn } from '../slab/array-types.js'
import type { Backing } from '../slab/slab-memory.js'

/** The pool of an {@link Extent}, as far as it needs it. */
export interface ExtentHome {
  /** The pool's name. */
  readonly name: string
  /** The buffer now. */
  readonly buffer: ArrayBufferLike
  /** Where an extent begins in it. */
  offsetOf(handle: number): number
  /** Bytes of an extent. */
  lengthOf(handle: number): number
  /** A view of an extent. */
  view<T extends TypedArray>(handle: number, type: TypedArrayConstructor<T>): T
  /** Keeps an extent where it is. */
  pin(handle: number): void
  /** Ends one `pin`. */
  unpin(handle: number): void
  /** Gives an extent another size. */
  reallocate(handle: number, bytes: number): number | undefined
  /** Frees an extent. */
  free(handle: number): void
}

/**
 * An extent that may be moved while you hold it: `view()` finds it wherever it is now. For programs that would rather hold an object
 * than a number; it costs one small object. It belongs to the code that made it, and has to be released once.
 */
export class Extent<K extends Backing = 'array'> implements Disposable {
  readonly #home: ExtentHome
  #handle: number
  #view: TypedArray | undefined = undefined

  /** @internal */
  constructor(home: ExtentHome, handle: number) {
    this.#home = home
    this.#handle = handle
  }

  /**
   * Its handle, for the pool's own methods.
   * @throws `ERR_POOL_STALE_HANDLE` once it was released
   */
  get handle(): number {
    if (this.#handle !== 0) return this.#handle
    throw new PoolError('ERR_POOL_STALE_HANDLE', `pool '${this.#home.name}': this extent was released. Release it after the last use.`)
  }

  /** Whether it was released. */
  get released(): boolean {
    return this.#handle === 0
  }

  /** Where it begins in the slab's buffer now, in bytes. */
  get byteOffset(): number {
    return this.#home.offsetOf(this.handle)
  }

  /** Its length in bytes. */
  get byteLength(): number {
    return this.#home.lengthOf(this.handle)
  }

  /** Its bytes where they are now: the view of the last call while nothing has moved. Good until the pool compacts or grows, and as long as it is pinned. */
  view(): BytesIn<K>
  /**
   * The same as another typed array.
   * @throws `ERR_POOL_INVALID_OPTION` when its elements do not fit the length and the alignment
   */
  view<T extends TypedArray>(type: TypedArrayConstructor<T>): T
  view(type: TypedArrayConstructor = Uint8Array): TypedArray {
    const { handle } = this
    const view = this.#view
    const home = this.#home
    const byteOffset = home.offsetOf(handle)
    if (
      view?.constructor === type &&
      view.buffer === home.buffer &&
      view.byteOffset === byteOffset &&
      view.byteLength === this.byteLength
    ) {
      return view
    }
    const fresh = home.view(handle, type)
    this.#view = fresh
    return fresh
  }

  /** Keeps it where it is, until each pin is undone: for bytes that native I/O or another thread works on. */
  pin(): void {
    this.#home.pin(this.handle)
  }

  /**
   * Undoes one pin.
   * @throws `ERR_POOL_NOT_PINNED`
   */
  unpin(): void {
    this.#home.unpin(this.handle)
  }

  /**
   * Gives the extent another size, and keeps its contents as far as they fit. The extent may move.
   * @returns false, and nothing changed, when there is no room
   * @throws as `ExtentPool.reallocate`
   */
  resize(bytes: number): boolean {
    const handle = this.#home.reallocate(this.handle, bytes)
    if (handle === undefined) return false
    this.#handle = handle
    return true
  }

  /**
   * Frees it. Its bytes may not be touched afterwards.
   * @throws `ERR_POOL_STALE_HANDLE` when it was released before; `ERR_POOL_PINNED` while it is pinned
   */
  release(): void {
    this.#home.free(this.handle)
    this.#handle = 0
    this.#view = undefined
  }

  /** Releases it unless that was done. Throws while it is pinned, since its bytes may not be reused. */
  [Symbol.dispose](): void {
    if (this.#handle !== 0) this.release()
  }
}
