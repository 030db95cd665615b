import { PoolError } from '@pool/core/interfaces'
import { invalid, validChoice, validInteger, validName, validNumber, validOptions } from '@pool/core/validate'
import { orDefault } from './or-default.js'
import { maxSlabBytes, Slab } from './slab.js'
import type { Backing } from './slab-memory.js'
import { type TypedArray, type TypedArrayConstructor, validType } from './typed-array.js'

/** Which free block goes out next: the lowest address, for compactness, or the one returned last, for a warm cache. */
export type BlockStrategy = 'address' | 'lifo'

/** What a {@link BlockPool} is made of. */
export interface BlockPoolOptions<T extends TypedArray> {
  /** What stats and errors call it. Default `'block-pool-1'` and so on. */
  readonly name?: string
  /** The typed array that each block is a view of, such as `Float32Array`. */
  readonly type: TypedArrayConstructor<T>
  /** Elements of a block: a number, or the lengths of its dimensions. */
  readonly shape: number | readonly number[]
  /** How many blocks, 1..33 554 432. */
  readonly blocks: number
  /** Where the bytes come from: a kind of memory, memory that exists, or a {@link Slab} shared with other pools. Default `'array'`. */
  readonly backing?: Backing | Slab
  /** Which free block goes out next. Default `'address'`. */
  readonly strategy?: BlockStrategy
  /** Fragmentation in percent, 0..100, above which the pool coalesces by itself; 100: never. For the strategy `'lifo'`. Default 20. */
  readonly coalesceAbove?: number
  /**
   * When the views are made: `'ahead'`, all with the pool, so that taking a block never allocates; `'on-demand'`, each when its block
   * first goes out as a view, for those who work by index and offset and need none. Default `'ahead'`.
   */
  readonly views?: 'ahead' | 'on-demand'
}

/** The same, checked. */
export interface BlockPoolSettings<T extends TypedArray> {
  readonly name: string
  readonly type: TypedArrayConstructor<T>
  readonly shape: readonly number[]
  readonly elements: number
  readonly blockBytes: number
  readonly blocks: number
  readonly slab: Slab
  readonly strategy: BlockStrategy
  readonly coalesceAbove: number
  readonly viewsAhead: boolean
}

const optionNames = ['name', 'type', 'shape', 'blocks', 'backing', 'strategy', 'coalesceAbove', 'views']
let unnamed = 0

/** Checks the options, and makes the slab where none was given. */
export function blockPoolSettings<T extends TypedArray>(options: BlockPoolOptions<T>): BlockPoolSettings<T> {
  validOptions('options', options, optionNames)
  const type = validType('type', options.type)
  const shape = validShape(options.shape)
  const elements = shape.reduce((product, length) => product * length, 1)
  const blockBytes = elements * type.BYTES_PER_ELEMENT
  const blocks = validInteger('blocks', options.blocks, 1, 2 ** 25)
  const strategy = validChoice('strategy', orDefault(options.strategy, 'address'), ['address', 'lifo'])
  const coalesceAbove = validNumber('coalesceAbove', orDefault(options.coalesceAbove, 20), 0, 100)
  const viewsAhead = validChoice('views', orDefault(options.views, 'ahead'), ['ahead', 'on-demand']) === 'ahead'
  const name = options.name === undefined ? `block-pool-${++unnamed}` : validName('name', options.name)
  const bytes = blockBytes * blocks
  if (bytes > maxSlabBytes) {
    throw new PoolError(
      'ERR_POOL_TOO_LARGE',
      `${blocks} blocks of ${blockBytes} bytes are ${bytes} bytes; a slab has ${maxSlabBytes} at the most. Ask for fewer, or smaller ones.`
    )
  }
  const slab = options.backing instanceof Slab ? options.backing : new Slab({ bytes, backing: orDefault(options.backing, 'array') })
  return { name, type, shape, elements, blockBytes, blocks, slab, strategy, coalesceAbove, viewsAhead }
}

function validShape(shape: number | readonly number[]): readonly number[] {
  const lengths = typeof shape === 'number' ? [shape] : shape
  if (!Array.isArray(lengths) || lengths.length === 0) throw invalid('shape', 'a number or a list of numbers', shape)
  return Object.freeze(lengths.map((length: unknown) => validInteger('shape', length, 1, maxSlabBytes)))
}
