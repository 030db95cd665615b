import { invalid, PoolError, validInteger, validName, validOptions } from '@pool/core/kit/universal'
import { type Layout, layoutOf, maxBlocks, maxChannels, maxThreads } from './layout.js'
import { type TypedArray, type TypedArrayConstructor, validType } from './typed-array.js'

/** What a pool asks of a shared `WebAssembly.Memory`. */
export interface SharedWebAssemblyMemory {
  /** All of it. */
  readonly buffer: ArrayBufferLike
  /** Adds pages of 64 KiB; throws at its maximum. */
  grow(pages: number): number
}

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
}

const optionNames = ['type', 'shape', 'blocks', 'threads', 'channels', 'channelCapacity', 'memory', 'byteOffset', 'name']
const pageBytes = 65_536
let unnamed = 0

/** Checks the options, and makes the memory where none was given. */
export function sharedPoolSettings<T extends TypedArray>(options: SharedPoolOptions<T>): SharedPoolSettings<T> {
  validOptions('options', options, optionNames)
  const type = validType('type', options.type)
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
  return { name, type, shape, layout, ...openMemory(options.memory, byteOffset, layout.bytes) }
}

/** The buffer of a memory: of one from WebAssembly it is another object after each growth. */
export function bufferOf(memory: SharedArrayBuffer | SharedWebAssemblyMemory): ArrayBufferLike {
  return isShared(memory) ? memory : memory.buffer
}

/** Whether it is shared memory. By its tag: where a page is not isolated, shared WebAssembly memory exists and its class is hidden. */
export function isShared(buffer: unknown): buffer is SharedArrayBuffer {
  return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]'
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

function openMemory(
  given: unknown,
  byteOffset: number | undefined,
  bytes: number
): Pick<SharedPoolSettings<TypedArray>, 'memory' | 'byteOffset'> {
  if (given === undefined) {
    if (byteOffset !== undefined) throw invalid('byteOffset', 'left out when the pool makes its memory', byteOffset)
    if (typeof SharedArrayBuffer !== 'function') throw noSharedMemory()
    return { memory: allocated(bytes, () => new SharedArrayBuffer(bytes)), byteOffset: 0 }
  }
  if (isShared(given)) {
    const start = byteOffset ?? 0
    if (start + bytes > given.byteLength) throw tooLarge(bytes, start, given.byteLength)
    return { memory: given, byteOffset: start }
  }
  if (typeof WebAssembly === 'object' && given instanceof WebAssembly.Memory) {
    const memory: SharedWebAssemblyMemory = given
    const { byteLength } = memory.buffer
    const start = byteOffset ?? byteLength
    const missing = Math.ceil((start + bytes - byteLength) / pageBytes)
    if (!isShared(memory.buffer)) throw invalid('memory', 'shared: a WebAssembly.Memory made with shared: true', given)
    if (missing > 0 && byteOffset !== undefined) throw tooLarge(bytes, start, byteLength)
    if (missing > 0) allocated(bytes, () => memory.grow(missing))
    return { memory, byteOffset: start }
  }
  throw invalid('memory', 'a SharedArrayBuffer or a shared WebAssembly.Memory', given)
}

function allocated<R>(bytes: number, allocate: () => R): R {
  try {
    return allocate()
  } catch (cause) {
    throw new PoolError(
      'ERR_POOL_EXHAUSTED',
      `${bytes} bytes for the pool are not to be had. Ask for less, or raise the memory's maximum.`,
      { cause }
    )
  }
}

function tooLarge(bytes: number, start: number, byteLength: number): PoolError {
  return new PoolError(
    'ERR_POOL_TOO_LARGE',
    `the memory has ${byteLength} bytes; ${bytes} from ${start} on do not fit. Ask for fewer blocks, or give a larger memory.`
  )
}

function noSharedMemory(): PoolError {
  return new PoolError(
    'ERR_POOL_NO_SHARED_MEMORY',
    'this page has no SharedArrayBuffer. Serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.'
  )
}
