import { StampedObject } from '@pool/core/kit/universal'

/**
 * Private fields stamped on the view of one block: its pool and its index. No other code can see or forge them, a `subarray` has
 * none, they outlive the memory's detachment, and reading one is a fraction of what a Map, or even `byteOffset`, costs.
 */
class BlockBrand extends StampedObject {
  readonly #home: object
  readonly #index: number

  constructor(view: object, home: object, index: number) {
    super(view)
    this.#home = home
    this.#index = index
  }

  static indexIn(home: object, view: unknown): number {
    return typeof view === 'object' && view !== null && #index in view && view.#home === home ? view.#index : -1
  }

  static homeOf(view: unknown): object | undefined {
    return typeof view === 'object' && view !== null && #home in view ? view.#home : undefined
  }
}

/** A run of blocks that was handed out as one view. */
export interface BlockRun {
  /** Its first block. */
  readonly start: number
  /** The number of its blocks. */
  readonly count: number
  /** Whether it was returned. One that is over never comes alive again, whichever of its views is shown. */
  over: boolean
}

/** The same for the view of a run of blocks. Each run has views of its own: several only when the memory moved. */
class RunBrand extends StampedObject {
  readonly #home: object
  readonly #run: BlockRun

  constructor(view: object, home: object, run: BlockRun) {
    super(view)
    this.#home = home
    this.#run = run
  }

  static runIn(home: object, view: unknown): BlockRun | undefined {
    return typeof view === 'object' && view !== null && #run in view && view.#home === home ? view.#run : undefined
  }
}

/** Marks `view` as the block `index` of `home`. */
export function brandBlock(view: object, home: object, index: number): void {
  new BlockBrand(view, home, index)
}

/** Marks `view` as a run of blocks of `home`. */
export function brandRun(view: object, home: object, run: BlockRun): void {
  new RunBrand(view, home, run)
}

/** The block of `home` that `view` is; -1 for anything else. */
export const blockIndexIn: (home: object, view: unknown) => number = BlockBrand.indexIn
/** The pool whose block `view` is. */
export const homeOfBlock: (view: unknown) => object | undefined = BlockBrand.homeOf
/** The run of `home` that `view` is. */
export const runIn: (home: object, view: unknown) => BlockRun | undefined = RunBrand.runIn

/** The blocks of a pool that are part of a run that is out. */
export class RunRegister {
  /** A bit for each block, once there was a run. */
  #bits: Int32Array = new Int32Array(0)
  /** The number of these blocks. */
  members = 0

  /** Bytes of it. */
  get bookkeepingBytes(): number {
    return this.#bits.byteLength
  }

  /** Whether a block is part of a run. */
  has(index: number): boolean {
    return this.members !== 0 && (this.#bits[index >>> 5]! & (1 << (index & 31))) !== 0
  }

  /** A run of a pool of `blocks` goes out. */
  enter({ start, count }: BlockRun, blocks: number): void {
    if (this.#bits.length === 0) this.#bits = new Int32Array(Math.ceil(blocks / 32))
    for (let index = start; index < start + count; index++) this.#bits[index >>> 5]! |= 1 << (index & 31)
    this.members += count
  }

  /** A run came back. */
  leave({ start, count }: BlockRun): void {
    for (let index = start; index < start + count; index++) this.#bits[index >>> 5]! &= ~(1 << (index & 31))
    this.members -= count
  }
}
