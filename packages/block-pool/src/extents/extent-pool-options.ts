import { nameOrDefault, PoolError, validInteger, validNumber, validOptions, validPowerOfTwo } from '@pool/core/kit/universal'
import { maxSlabBytes, Slab } from '../slab/slab.js'
import type { Backing } from '../slab/slab-memory.js'

/** The options of an {@link ExtentPool}. */
export interface ExtentPoolOptions<K extends Backing = Backing> {
  /** The pool's name in stats and errors. Default `'extent-pool-1'` and so on. */
  readonly name?: string
  /** Bytes to begin with, 1..4 294 901 760, rounded down to a multiple of the alignment. */
  readonly bytes: number
  /**
   * The most bytes that it may grow to, when nothing free is large enough and the backing can grow: an `'array'` or `'shared'` slab,
   * a `WebAssembly.Memory`. Default: `bytes`, so that it never grows.
   */
  readonly maxBytes?: number
  /** Where the bytes come from: a kind of memory, memory that exists, or a {@link Slab} shared with other pools. Default `'array'`. */
  readonly backing?: K | Slab<K>
  /**
   * Each extent begins at a multiple of this, counted from the start of the slab's buffer, and its size is rounded up to one. A power of two,
   * 1..65 536. Default 16
   */
  readonly alignment?: number
  /** The most extents at once, free ones among them, 1..1 048 574. Their records take 32 bytes each, made when needed. Default 262 142 */
  readonly maxExtents?: number
  /**
   * Fragmentation in percent, 0..100, above which an allocation that finds no room compacts the pool before it grows or gives up; 100:
   * never, since views of extents that are not pinned have to be made anew after it. Default 100
   */
  readonly compactAbove?: number
}

/** The options of an extent pool, checked. */
export interface ExtentPoolSettings<K extends Backing = Backing> extends Required<Omit<ExtentPoolOptions, 'backing'>> {
  readonly slab: Slab<K>
}

/** Checks the options, and makes the slab where none was given. */
export function extentPoolSettings<K extends Backing>(options: ExtentPoolOptions<K>): ExtentPoolSettings<K> {
  validOptions('options', options, ['name', 'bytes', 'maxBytes', 'backing', 'alignment', 'maxExtents', 'compactAbove'])
  const { alignment = 16, bytes: asked, maxBytes: most = asked, maxExtents = 2 ** 18 - 2, compactAbove = 100, backing = 'array' } = options
  validPowerOfTwo('alignment', alignment, 65_536)
  validInteger('bytes', asked, alignment, maxSlabBytes)
  validInteger('maxBytes', most, asked, maxSlabBytes)
  validInteger('maxExtents', maxExtents, 1, 2 ** 20 - 2)
  validNumber('compactAbove', compactAbove, 0, 100)
  const [bytes, maxBytes] = [asked - (asked % alignment), most - (most % alignment)]
  if (maxBytes / alignment >= 2 ** 30) {
    throw new PoolError('ERR_POOL_TOO_LARGE', `${maxBytes} bytes are 2^30 units of ${alignment} bytes or more. Choose a larger alignment.`)
  }
  const name = nameOrDefault(options.name, 'extent-pool')
  if (backing instanceof Slab) return { name, slab: backing as Slab<K>, bytes, maxBytes, alignment, maxExtents, compactAbove }
  const slab = new Slab({ bytes, maxBytes, backing: backing as K })
  return { name, slab, bytes, maxBytes: Math.min(maxBytes, slab.maxBytes), alignment, maxExtents, compactAbove }
}
