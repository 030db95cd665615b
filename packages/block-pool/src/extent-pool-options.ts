import { PoolError } from '@pool/core/interfaces'
import { validInteger, validName, validOptions, validPowerOfTwo } from '@pool/core/validate'
import { orDefault } from './or-default.js'
import { maxSlabBytes, Slab } from './slab.js'
import type { Backing } from './slab-memory.js'

/** What an {@link ExtentPool} is made of. */
export interface ExtentPoolOptions {
  /** What stats and errors call it. Default `'extent-pool-1'` and so on. */
  readonly name?: string
  /** Bytes to begin with, 1..4 294 901 760, rounded down to a multiple of the alignment. */
  readonly bytes: number
  /**
   * The most bytes that it may grow to, when nothing free is large enough and the backing can grow: an `'array'` or `'shared'` slab,
   * a `WebAssembly.Memory`. Default: `bytes`, so that it never grows.
   */
  readonly maxBytes?: number
  /** Where the bytes come from: a kind of memory, memory that exists, or a {@link Slab} shared with other pools. Default `'array'`. */
  readonly backing?: Backing | Slab
  /** Each extent begins at a multiple of it, counted from the start of the slab's buffer, and its size is rounded up to one. A power of two, 1..65 536. Default 16 */
  readonly alignment?: number
  /** The most extents at once, free ones among them, 1..1 048 574. Their records take 32 bytes each, made when needed. Default 262 142 */
  readonly maxExtents?: number
}

/** The same, checked. */
export interface ExtentPoolSettings {
  readonly name: string
  readonly slab: Slab
  readonly bytes: number
  readonly maxBytes: number
  readonly alignment: number
  readonly maxExtents: number
}

let unnamed = 0

/** Checks the options, and makes the slab where none was given. */
export function extentPoolSettings(options: ExtentPoolOptions): ExtentPoolSettings {
  validOptions('options', options, ['name', 'bytes', 'maxBytes', 'backing', 'alignment', 'maxExtents'])
  const alignment = validPowerOfTwo('alignment', orDefault(options.alignment, 16), 65_536)
  const asked = validInteger('bytes', options.bytes, alignment, maxSlabBytes)
  const most = validInteger('maxBytes', orDefault(options.maxBytes, asked), asked, maxSlabBytes)
  const maxExtents = validInteger('maxExtents', orDefault(options.maxExtents, 2 ** 18 - 2), 1, 2 ** 20 - 2)
  const name = options.name === undefined ? `extent-pool-${++unnamed}` : validName('name', options.name)
  const [bytes, maxBytes] = [asked - (asked % alignment), most - (most % alignment)]
  if (maxBytes / alignment >= 2 ** 30) {
    throw new PoolError('ERR_POOL_TOO_LARGE', `${maxBytes} bytes are 2^30 units of ${alignment} bytes or more. Choose a larger alignment.`)
  }
  const slab =
    options.backing instanceof Slab ? options.backing : new Slab({ bytes, maxBytes, backing: orDefault(options.backing, 'array') })
  return {
    name,
    slab,
    bytes,
    maxBytes: options.backing instanceof Slab ? maxBytes : Math.min(maxBytes, slab.maxBytes),
    alignment,
    maxExtents
  }
}
