import {
  invalid,
  nameOrDefault,
  type TypedArray,
  type TypedArrayConstructor,
  validChoice,
  validInteger,
  validName,
  validOptions,
  validTypedArray
} from '@pool/core/kit/universal'
import type { Ground, SharedPoolMode } from './ground.js'
import { layoutOf, maxBlocks, maxChannels, maxThreads } from './layout.js'
import { openMemory, type SharedWebAssemblyMemory } from './pool-memory.js'
import { lockOfPool } from './proof-of-death.js'
import { createShared } from './shared-ground.js'
import { createTransfer } from './transfer/transfer-ground.js'

/** The options of a {@link SharedPool}. */
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
  /**
   * How many rings there are, which are channels for one sender and one receiver and faster: their numbers come after the others', `channels`,
   * `channels + 1` and so on. All together 120 at most. Default 0.
   */
  readonly rings?: number
  /** The most messages that wait in a channel, 1..65 536, rounded up to a power of two of 4 or more. Default 64. */
  readonly channelCapacity?: number
  /** The memory: a shared `WebAssembly.Memory`, a `SharedArrayBuffer`, or none, and the pool makes one. */
  readonly memory?: SharedArrayBuffer | SharedWebAssemblyMemory
  /**
   * `'shared'` demands shared memory; `'transfer'` does without, and blocks travel by messages. Default: the first where the thread has
   * `SharedArrayBuffer`, which pages have that are cross-origin isolated, else the second.
   */
  readonly mode?: SharedPoolMode
  /**
   * Where the pool begins in a memory that is given, in bytes, a multiple of 128. Default: 0 in a `SharedArrayBuffer`; in a
   * `WebAssembly.Memory` pages of its own, by which the memory grows.
   */
  readonly byteOffset?: number
  /**
   * `'poison'` fills each block that is given back with poison, and withdraws one that was written to before it is lent again. It notes in which
   * thread and where in the code each block was taken and given back, for errors and {@link SharedPool.held}. For all threads; only in shared
   * memory. It costs some 10 µs for each acquire and release, and 1 KiB for each block. Default `'off'`, which costs nothing.
   */
  readonly debug?: 'off' | 'poison'
  /** The pool's name in stats and errors. Default `'shared-pool-1'` and so on. */
  readonly name?: string
}

/** The options of a pool, checked, with the memory at hand. */
export interface SharedPoolSettings<T extends TypedArray> {
  readonly name: string
  readonly type: TypedArrayConstructor<T>
  readonly shape: readonly number[]
  /** The prefix of the names of the threads' Web Locks. */
  readonly lock: string | undefined
}

const optionNames = [
  'mode',
  'type',
  'shape',
  'blocks',
  'threads',
  'channels',
  'rings',
  'channelCapacity',
  'memory',
  'byteOffset',
  'debug',
  'name'
]

/** Checks the options, and lays the pool in the memory that was given, in one of its own, or in none that is shared. */
export function openPool<T extends TypedArray>(options: SharedPoolOptions<T>): { settings: SharedPoolSettings<T>; ground: Ground } {
  validOptions('options', options, optionNames)
  const type = validTypedArray('type', options.type)
  const shape = validShape(options.shape)
  const mode = validMode(options.mode, options.memory)
  const threads = validInteger('threads', options.threads ?? 4, 1, maxThreads)
  const channels = validInteger('channels', options.channels ?? 0, 0, maxChannels)
  const rings = validInteger('rings', options.rings ?? 0, 0, maxChannels - channels)
  const layout = layoutOf({
    blocks: validInteger('blocks', options.blocks, 1, maxBlocks),
    blockBytes: elementsOf(shape) * type.BYTES_PER_ELEMENT,
    threads: mode === 'shared' ? threads : 1,
    channels: channels + rings,
    rings,
    isTraced: validChoice('debug', options.debug ?? 'off', debugModes(mode)) === 'off' ? 0 : 1,
    channelPlaces: 2 ** Math.ceil(Math.log2(Math.max(4, validInteger('channelCapacity', options.channelCapacity ?? 64, 1, 65_536))))
  })
  const byteOffset = options.byteOffset === undefined ? undefined : validInteger('byteOffset', options.byteOffset, 0, 2 ** 32 - 1)
  if (byteOffset !== undefined && byteOffset % 128 !== 0) throw invalid('byteOffset', 'a multiple of 128', byteOffset)
  if (options.name !== undefined) validName('name', options.name)
  const common = { type, shape, lock: lockOfPool() }
  if (mode === 'transfer') {
    const ground = createTransfer(layout, threads)
    return { settings: { ...common, name: nameOrDefault(options.name, 'shared-pool') }, ground }
  }
  const { memory, byteOffset: start } = openMemory(options.memory, byteOffset, layout.bytes)
  const name = nameOrDefault(options.name, 'shared-pool')
  return { settings: { ...common, name }, ground: createShared(name, memory, start, layout) }
}

/** Blocks that travel leave their memory behind, so nothing is left of them to look at. */
function debugModes(mode: SharedPoolMode): readonly ('off' | 'poison')[] {
  return mode === 'shared' ? ['off', 'poison'] : ['off']
}

function validMode(value: unknown, memory: unknown): SharedPoolMode {
  if (value === undefined) return typeof SharedArrayBuffer === 'function' || memory !== undefined ? 'shared' : 'transfer'
  if (value !== 'shared' && value !== 'transfer') throw invalid('mode', "'shared' or 'transfer'", value)
  if (value === 'transfer' && memory !== undefined) throw invalid('memory', "left out where mode is 'transfer'", memory)
  return value
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
