import { invalid, PoolError } from '@pool/core/kit/universal'

/** Bytes of a page of WebAssembly memory. */
export const pageBytes = 65_536

/** The part of a `WebAssembly.Memory` that the pools of this package use. */
export interface WebAssemblyMemory {
  /** All of it; another object after each growth. */
  readonly buffer: ArrayBufferLike
  /** Adds pages of 64 KiB; throws at its maximum. */
  grow(pages: number): number
}

/**
 * Where a slab's bytes come from: `'array'`, a fresh `ArrayBuffer`; `'shared'`, a fresh `SharedArrayBuffer`, or an `ArrayBuffer`
 * where the platform has none; or memory that exists: a buffer, or a `WebAssembly.Memory`.
 */
export type Backing = 'array' | 'shared' | ArrayBuffer | SharedArrayBuffer | WebAssemblyMemory

/** The backings whose memory is an `ArrayBuffer` on every platform. */
export type PrivateBacking = 'array' | ArrayBuffer

/** The buffer of memory of a kind, as precisely as the types can express it. */
export type BufferIn<K extends Backing> = [K] extends [PrivateBacking] ? ArrayBuffer : ArrayBufferLike

/** The kind of a slab's memory. */
export type BackingKind = 'array-buffer' | 'shared-array-buffer' | 'webassembly-memory'

/** The memory behind a slab. */
export interface SlabMemory {
  readonly kind: BackingKind
  /** The buffer now. */
  readonly buffer: ArrayBufferLike
  /** Where in it the slab begins, in bytes. */
  readonly start: number
  /** The most bytes that the slab can have, starting there. */
  readonly maxBytes: number
  /** Makes the slab end at `end` bytes of the buffer; false, and nothing changed, when that cannot be. */
  growTo(end: number): boolean
}

/** Opens the memory for a slab of `bytes`, which may grow to `maxBytes`. */
export function openMemory(backing: Backing, bytes: number, maxBytes: number, from: number | undefined): SlabMemory {
  if (backing === 'array' || (backing === 'shared' && typeof SharedArrayBuffer !== 'function')) return arrayMemory(bytes, maxBytes)
  if (backing === 'shared') return sharedMemory(bytes, maxBytes)
  if (backing instanceof ArrayBuffer) return adopted('array-buffer', backing, bytes, from ?? 0)
  if (isShared(backing)) return adopted('shared-array-buffer', backing, bytes, from ?? 0)
  if (typeof WebAssembly === 'object' && backing instanceof WebAssembly.Memory) return webAssemblyMemory(backing, bytes, maxBytes, from)
  throw invalid('backing', `'array', 'shared', an ArrayBuffer, a SharedArrayBuffer, a WebAssembly.Memory or a Slab`, backing)
}

/** Whether it is shared memory. By its tag: where the page is not isolated, shared WebAssembly memory exists and its class is hidden. */
export function isShared(buffer: unknown): buffer is SharedArrayBuffer {
  return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]'
}

/** A fresh buffer. Every owner of a part of it has it as `view.buffer`, so it takes no properties. */
function allocated<T>(bytes: number, allocate: () => T): T {
  try {
    return Object.preventExtensions(allocate())
  } catch (cause) {
    throw new PoolError('ERR_POOL_EXHAUSTED', `the system refused a slab of ${bytes} bytes. Ask for less.`, { cause })
  }
}

function arrayMemory(bytes: number, maxBytes: number): SlabMemory {
  const growable = maxBytes > bytes && typeof ArrayBuffer.prototype.resize === 'function'
  const buffer = allocated(maxBytes, () => (growable ? new ArrayBuffer(bytes, { maxByteLength: maxBytes }) : new ArrayBuffer(bytes)))
  const growTo = (end: number) => growable && end <= maxBytes && attempt(() => buffer.resize(end))
  return { kind: 'array-buffer', buffer, start: 0, maxBytes: growable ? maxBytes : bytes, growTo }
}

function sharedMemory(bytes: number, maxBytes: number): SlabMemory {
  const growable = maxBytes > bytes && typeof SharedArrayBuffer.prototype.grow === 'function'
  const buffer = allocated(maxBytes, () =>
    growable ? new SharedArrayBuffer(bytes, { maxByteLength: maxBytes }) : new SharedArrayBuffer(bytes)
  )
  const growTo = (end: number) => growable && end <= maxBytes && attempt(() => buffer.grow(end))
  return { kind: 'shared-array-buffer', buffer, start: 0, maxBytes: growable ? maxBytes : bytes, growTo }
}

function adopted(kind: BackingKind, buffer: ArrayBufferLike, bytes: number, from: number): SlabMemory {
  if (from + bytes > buffer.byteLength) {
    throw new PoolError(
      'ERR_POOL_TOO_LARGE',
      `the buffer has ${buffer.byteLength} bytes; ${bytes} from ${from} on do not fit. Ask for less, or give a larger one.`
    )
  }
  return { kind, buffer, start: from, maxBytes: bytes, growTo: () => false }
}

function webAssemblyMemory(memory: WebAssemblyMemory, bytes: number, maxBytes: number, from: number | undefined): SlabMemory {
  // The memory's present contents may be the module's, so by default the slab gets pages of its own.
  const start = from ?? memory.buffer.byteLength
  const growTo = (end: number): boolean => {
    const missing = Math.ceil((end - memory.buffer.byteLength) / pageBytes)
    return end <= start + maxBytes && (missing <= 0 || attempt(() => memory.grow(missing)))
  }
  if (!growTo(start + bytes)) {
    throw new PoolError(
      'ERR_POOL_EXHAUSTED',
      `the WebAssembly memory has ${memory.buffer.byteLength} bytes and cannot grow to ${start + bytes}. Raise its maximum.`
    )
  }
  let end = start + bytes
  return {
    kind: 'webassembly-memory',
    get buffer() {
      return memory.buffer
    },
    start,
    maxBytes,
    growTo(next) {
      // Pages past the slab's end were grown by other code, and belong to it.
      if (roundUpToPage(end) !== memory.buffer.byteLength && next > roundUpToPage(end)) return false
      if (!growTo(next)) return false
      end = next
      return true
    }
  }
}

function roundUpToPage(bytes: number): number {
  return Math.ceil(bytes / pageBytes) * pageBytes
}

function attempt(action: () => unknown): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}
