import { invalid, nameOrDefault, validChoice, validInteger, validNumber, validOptions } from '@pool/core/kit/universal'
import type { BlockStrategy } from '../blocks/block-pool-options.js'
import { Slab } from '../slab/slab.js'
import type { Backing } from '../slab/slab-memory.js'

/** How the pool serves a request whose bucket has no free block; see {@link SamplePoolOptions.strategy}. */
export type SampleStrategy = 'exact' | 'spill' | 'adaptive'

/** Where the samples of a pool lie. */
export type SampleBacking<K extends Backing = Backing> = (K & ('array' | 'shared')) | Slab<K>

/** The options of a {@link SamplePool}. */
export interface SamplePoolOptions<K extends Backing = Backing> {
  /** The pool's name in stats and errors. Default `'sample-pool-1'` and so on. */
  readonly name?: string
  /** Samples of each bucket's blocks, ascending. Default 256, 512, 1024, 2048, 4096 */
  readonly buckets?: readonly number[]
  /** Blocks that each bucket begins with, never falls below, and grows and shrinks by, 1..65 536. Default 32 */
  readonly blocks?: number
  /** The most blocks of each bucket, a multiple of `blocks`. Default 8 × `blocks` */
  readonly maxBlocks?: number
  /** Where the samples lie: `'array'`, `'shared'`, or a {@link Slab}, as of a `WebAssembly.Memory`. Default `'array'` */
  readonly backing?: SampleBacking<K>
  /**
   * How the pool serves a request whose bucket has no free block. `'exact'`: it expands the bucket, for streams of one size. `'spill'`: it
   * takes from a larger bucket, and expands only when those have no free block either, for sizes that vary. `'adaptive'`: one or the other by
   * the last 256 requests; it also expands ahead of a steady stream, and contracts buckets that need fewer blocks. Default `'adaptive'`
   */
  readonly strategy?: SampleStrategy
  /** Which free buffer of a size goes out next, as {@link BlockStrategy} says. Default `'address'` */
  readonly order?: BlockStrategy
  /** Fragmentation in percent, 0..100, above which the buffers that were made together coalesce by themselves; 100: never. Default 5 */
  readonly coalesceAbove?: number
}

/** The options of a sample pool, checked. */
export type SamplePoolSettings = Required<SamplePoolOptions>

/** Checks the options. */
export function samplePoolSettings(options: SamplePoolOptions): SamplePoolSettings {
  validOptions('options', options, ['name', 'buckets', 'blocks', 'maxBlocks', 'backing', 'strategy', 'order', 'coalesceAbove'])
  const { buckets = [256, 512, 1024, 2048, 4096], blocks = 32, backing = 'array', strategy = 'adaptive' } = options
  const { maxBlocks = 8 * blocks, order = 'address', coalesceAbove = 5 } = options
  if (!Array.isArray(buckets) || buckets.length === 0) throw invalid('buckets', 'a list of numbers', buckets)
  const sizes = buckets.map((samples: unknown) => validInteger('buckets', samples, 1, 2 ** 24))
  if (sizes.some((samples, at) => at > 0 && samples <= sizes[at - 1]!)) throw invalid('buckets', 'ascending, each size once', buckets)
  validInteger('blocks', blocks, 1, 65_536)
  validInteger('maxBlocks', maxBlocks, blocks, 2 ** 25)
  if (maxBlocks % blocks !== 0) throw invalid('maxBlocks', `a multiple of blocks, ${blocks}`, maxBlocks)
  if (!(backing instanceof Slab)) validChoice('backing', backing, ['array', 'shared'])
  validChoice('strategy', strategy, ['exact', 'spill', 'adaptive'])
  validChoice('order', order, ['address', 'lifo'])
  validNumber('coalesceAbove', coalesceAbove, 0, 100)
  const name = nameOrDefault(options.name, 'sample-pool')
  return { name, buckets: Object.freeze(sizes), blocks, maxBlocks, backing, strategy, order, coalesceAbove }
}
