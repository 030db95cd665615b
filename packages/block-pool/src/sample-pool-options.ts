import { invalid, validChoice, validInteger, validName, validOptions } from '@pool/core/validate'
import { orDefault } from './or-default.js'
import { Slab } from './slab.js'

/** How a request is served whose bucket has nothing free; see {@link SamplePoolOptions.strategy}. */
export type SampleStrategy = 'exact' | 'spill' | 'adaptive'

/** What a {@link SamplePool} is made of. */
export interface SamplePoolOptions {
  /** What stats and errors call it. Default `'sample-pool-1'` and so on. */
  readonly name?: string
  /** Samples of each bucket's blocks, ascending. Default 256, 512, 1024, 2048, 4096 */
  readonly buckets?: readonly number[]
  /** Blocks that each bucket begins with, never falls below, and grows and shrinks by, 1..65 536. Default 32 */
  readonly blocks?: number
  /** The most blocks of each bucket, a multiple of `blocks`. Default 8 × `blocks` */
  readonly maxBlocks?: number
  /** Where the samples lie: `'array'`, `'shared'`, or a {@link Slab}, as of a `WebAssembly.Memory`. Default `'array'` */
  readonly backing?: 'array' | 'shared' | Slab
  /**
   * What to do when the bucket that fits has nothing free. `'exact'`: expand it, for streams of one size. `'spill'`: take from a larger
   * bucket, and expand only when those have nothing free either, for sizes that vary. `'adaptive'`: the one or the other by the last 256
   * requests; it also expands ahead of a steady stream, and contracts what it no longer needs. Default `'adaptive'`
   */
  readonly strategy?: SampleStrategy
}

/** The same, checked. */
export interface SamplePoolSettings {
  readonly name: string
  readonly buckets: readonly number[]
  readonly blocks: number
  readonly maxBlocks: number
  readonly backing: 'array' | 'shared' | Slab
  readonly strategy: SampleStrategy
}

let unnamed = 0

/** Checks the options. */
export function samplePoolSettings(options: SamplePoolOptions): SamplePoolSettings {
  validOptions('options', options, ['name', 'buckets', 'blocks', 'maxBlocks', 'backing', 'strategy'])
  const buckets: unknown = orDefault(options.buckets, [256, 512, 1024, 2048, 4096])
  if (!Array.isArray(buckets) || buckets.length === 0) throw invalid('buckets', 'a list of numbers', buckets)
  const sizes = buckets.map((samples: unknown) => validInteger('buckets', samples, 1, 2 ** 24))
  if (sizes.some((samples, at) => at > 0 && samples <= sizes[at - 1]!)) throw invalid('buckets', 'ascending, each size once', buckets)
  const blocks = validInteger('blocks', orDefault(options.blocks, 32), 1, 65_536)
  const maxBlocks = validInteger('maxBlocks', orDefault(options.maxBlocks, 8 * blocks), blocks, 2 ** 25)
  if (maxBlocks % blocks !== 0) throw invalid('maxBlocks', `a multiple of blocks, ${blocks}`, maxBlocks)
  const backing = orDefault(options.backing, 'array')
  if (!(backing instanceof Slab)) validChoice('backing', backing, ['array', 'shared'])
  const strategy = validChoice('strategy', orDefault(options.strategy, 'adaptive'), ['exact', 'spill', 'adaptive'])
  const name = options.name === undefined ? `sample-pool-${++unnamed}` : validName('name', options.name)
  return { name, buckets: Object.freeze(sizes), blocks, maxBlocks, backing, strategy }
}
