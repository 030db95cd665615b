import { invalid, PoolError } from '@pool/core/kit/universal'

/** The part of a shared `WebAssembly.Memory` that a pool uses. */
export interface SharedWebAssemblyMemory {
  /** All of it. */
  readonly buffer: ArrayBufferLike
  /** Adds pages of 64 KiB; throws at its maximum. */
  grow(pages: number): number
}

/** Where a pool lies. */
export interface PoolMemory {
  readonly memory: SharedArrayBuffer | SharedWebAssemblyMemory
  /** Its first byte. */
  readonly byteOffset: number
}

const pageBytes = 65_536

/** The buffer of a memory: of one from WebAssembly it is another object after each growth. */
export function bufferOf(memory: SharedArrayBuffer | SharedWebAssemblyMemory): ArrayBufferLike {
  return isShared(memory) ? memory : memory.buffer
}

/** Whether it is shared memory. By its tag: where a page is not isolated, shared WebAssembly memory exists and its class is hidden. */
export function isShared(buffer: unknown): buffer is SharedArrayBuffer {
  return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]'
}

/** Takes the memory given, or makes one, for a pool of `bytes`. */
export function openMemory(given: unknown, byteOffset: number | undefined, bytes: number): PoolMemory {
  // A page that is not isolated can make shared memory by way of WebAssembly, and cannot post it.
  if (typeof SharedArrayBuffer !== 'function') throw noSharedMemory()
  if (given === undefined) {
    if (byteOffset !== undefined) throw invalid('byteOffset', 'left out when the pool makes its memory', byteOffset)
    // Every holder has it as `view.buffer`, so it takes no properties.
    return { memory: Object.preventExtensions(allocated(bytes, () => new SharedArrayBuffer(bytes))), byteOffset: 0 }
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
    'this page has no SharedArrayBuffer. Serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or leave mode and memory out, and blocks travel by messages.'
  )
}
