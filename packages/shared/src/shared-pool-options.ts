import {
  invalid,
  type TypedArray,
  type TypedArrayConstructor,
  validInteger,
  validName,
  validOptions,
  validTypedArray
} from '@pool/core/kit/universal'
import { type Layout, layoutOf, maxBlocks, maxChannels, maxThreads } from './layout.js'
import { openMemory, type SharedWebAssemblyMemory } from './pool-memory.js'
import { lockOfPool } from './proof-of-death.js'

/** What a {@link SharedPool} is made of. */
export interface SharedPoolOptions<T extends TypedArray = TypedArray> {
  /** The typed array that each block is a view of, such as `Float32Array`. */
  readonly type: TypedArrayConstructor<T>
  /** Elements of a block: a number, or the lengths of its dimensions. */
  readonly shape: number | readonly number[]
  /** How many blocks, 1..1 048 576. */
  readonly blocks: number
  /** The most threads that use the pool at once, this one among them, 1..120; an AudioWorklet's processor counts as one. Default 4. */
  readonly threads?: number
  /** How many channels there are to hand blocks over, 0..120. Default 0. */
  readonly channels?: number
  /** The most messages that wait in a channel, 1..65 536, rounded up to a power of two of 4 or more. Default 64. */
  readonly channelCapacity?: number
  /** The memory: a shared `WebAssembly.Memory`, a `SharedArrayBuffer`, or none, and the pool makes one. */
  readonly memory?: SharedArrayBuffer | SharedWebAssemblyMemory
  /**
   * Where the pool begins in a memory that is given, in bytes, a multiple of 128. Default: 0 in a `SharedArrayBuffer`; in a
   * `WebAssembly.Memory` pages of its own, by which the memory grows.
   */
  readonly byteOffset?: number
  /** What stats and errors call the pool. Default `'shared-pool-1'` and so on. */
  readonly name?: string
}

/** The same, checked, with the memory at hand. */
export interface SharedPoolSettings<T extends TypedArray> {
  readonly name: string
  readonly type: TypedArrayConstructor<T>
  readonly shape: readonly number[]
  readonly layout: Layout
  readonly memory: SharedArrayBuffer | SharedWebAssemblyMemory
  readonly byteOffset: number
  /** What the names of the threads' Web Locks begin with. */
  readonly lock: string | undefined
}

const optionNames = ['type', 'shape', 'blocks', 'threads', 'channels', 'channelCapacity', 'memory', 'byteOffset', 'name']
let unnamed = 0

/** Checks the options, and makes the memory where none was given. */
export function sharedPoolSettings<T extends TypedArray>(options: SharedPoolOptions<T>): SharedPoolSettings<T> {
  validOptions('options', options, optionNames)
  const type = validTypedArray('type', options.type)
  const shape = validShape(options.shape)
  const layout = layoutOf({
    blocks: validInteger('blocks', options.blocks, 1, maxBlocks),
    blockBytes: elementsOf(shape) * type.BYTES_PER_ELEMENT,
    threads: validInteger('threads', options.threads ?? 4, 1, maxThreads),
    channels: validInteger('channels', options.channels ?? 0, 0, maxChannels),
    channelPlaces: 2 ** Math.ceil(Math.log2(Math.max(4, validInteger('channelCapacity', options.channelCapacity ?? 64, 1, 65_536))))
  })
  const byteOffset = options.byteOffset === undefined ? undefined : validInteger('byteOffset', options.byteOffset, 0, 2 ** 32 - 1)
  if (byteOffset !== undefined && byteOffset % 128 !== 0) throw invalid('byteOffset', 'a multiple of 128', byteOffset)
  const name = options.name === undefined ? `shared-pool-${++unnamed}` : validName('name', options.name)
  return { name, type, shape, layout, lock: lockOfPool(), ...openMemory(options.memory, byteOffset, layout.bytes) }
}

/** Elements of a block. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}

function validShape(value: unknown): readonly number[] {
  const shape = Array.isArray(value) ? value : [value]
  if (shape.length === 0) throw invalid('shape', 'a number of elements, or a list of one or more', value)
  for (const length of shape) validInteger('shape', length, 1, 2 ** 30)
  validInteger('shape: the elements of a block', elementsOf(shape), 1, 2 ** 30)
  return Object.freeze([...shape])
}
