import {
  invalid,
  nameOrDefault,
  PoolError,
  type TypedArray,
  type TypedArrayConstructor,
  validChoice,
  validInteger,
  validNumber,
  validOptions,
  validTypedArray
} from '@pool/core/kit/universal'
import type { PrivateArrayConstructor } from '../slab/array-types.js'
import { maxSlabBytes, Slab } from '../slab/slab.js'
import type { Backing, PrivateBacking } from '../slab/slab-memory.js'

/** Which free block goes out next: the lowest address, for compactness, or the one returned last, for a warm cache. */
export type BlockStrategy = 'address' | 'lifo'

/** The options of a {@link BlockPool}. */
export interface BlockPoolOptions<T extends TypedArray> {
  /** The pool's name in stats and errors. Default `'block-pool-1'` and so on. */
  readonly name?: string
  /** The typed array that each block is a view of, such as `Float32Array`. */
  readonly type: TypedArrayConstructor<T>
  /** Elements of a block: a number, or the lengths of its dimensions. */
  readonly shape: number | readonly number[]
  /** How many blocks, 1..33 554 432. */
  readonly blocks: number
  /** Where the bytes come from: a kind of memory, memory that exists, or a {@link Slab} shared with other pools. Default `'array'`. */
  readonly backing?: Backing | Slab<Backing>
  /** Which free block goes out next. Default `'address'`. */
  readonly strategy?: BlockStrategy
  /**
   * Fragmentation in percent, 0..100, above which the pool coalesces by itself; 100: never. With the strategy `'address'` fragmentation
   * is always 0, so that the pool never has to. Default 20.
   */
  readonly coalesceAbove?: number
  /**
   * When the views are made: `'ahead'`, all with the pool, so that taking a block never allocates; `'on-demand'`, each when its block
   * first goes out as a view, for programs that work by index and offset. Default `'ahead'`.
   */
  readonly views?: 'ahead' | 'on-demand'
}

/** The same for memory that is an `ArrayBuffer` on every platform, so that the blocks' type says so. */
export interface PrivateBlockPoolOptions<T extends TypedArray> extends Omit<BlockPoolOptions<T>, 'type' | 'backing'> {
  /** The typed array that each block is a view of, such as `Float32Array`. */
  readonly type: PrivateArrayConstructor<T>
  /** Where the bytes come from. Default `'array'`. */
  readonly backing?: PrivateBacking | Slab<PrivateBacking>
}

/** The options of either kind, checked. */
export interface BlockPoolSettings<T extends TypedArray> extends Required<Omit<BlockPoolOptions<T>, 'backing'>> {
  readonly shape: readonly number[]
  readonly elements: number
  readonly blockBytes: number
  readonly slab: Slab<Backing>
}

const optionNames = ['name', 'type', 'shape', 'blocks', 'backing', 'strategy', 'coalesceAbove', 'views']

/** Checks the options, and makes the slab where none was given. */
export function blockPoolSettings<T extends TypedArray>(options: BlockPoolOptions<T> | PrivateBlockPoolOptions<T>): BlockPoolSettings<T> {
  validOptions('options', options, optionNames)
  const { backing = 'array', strategy = 'address', coalesceAbove = 20, views = 'ahead' } = options
  const type = validTypedArray('type', options.type as TypedArrayConstructor<T>)
  const shape = validShape(options.shape)
  const elements = shape.reduce((product, length) => product * length, 1)
  const blockBytes = elements * type.BYTES_PER_ELEMENT
  const blocks = validInteger('blocks', options.blocks, 1, 2 ** 25)
  validChoice('strategy', strategy, ['address', 'lifo'])
  validNumber('coalesceAbove', coalesceAbove, 0, 100)
  validChoice('views', views, ['ahead', 'on-demand'])
  const bytes = blockBytes * blocks
  if (bytes > maxSlabBytes) {
    throw new PoolError(
      'ERR_POOL_TOO_LARGE',
      `${blocks} blocks of ${blockBytes} bytes are ${bytes} bytes; a slab has ${maxSlabBytes} at the most. Ask for fewer, or smaller ones.`
    )
  }
  const name = nameOrDefault(options.name, 'block-pool')
  const slab = backing instanceof Slab ? backing : new Slab({ bytes, backing })
  return { name, type, shape, elements, blockBytes, blocks, slab, strategy, coalesceAbove, views }
}

function validShape(shape: number | readonly number[]): readonly number[] {
  const lengths = typeof shape === 'number' ? [shape] : shape
  if (!Array.isArray(lengths) || lengths.length === 0) throw invalid('shape', 'a number or a list of numbers', shape)
  return Object.freeze(lengths.map((length: unknown) => validInteger('shape', length, 1, maxSlabBytes)))
}
