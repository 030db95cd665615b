/** The capabilities of this platform that the pools of this package use. */
export interface Capabilities {
  /** Whether there is a `SharedArrayBuffer`. If not, a backing `'shared'` is an `ArrayBuffer`, and windows of it are copies. */
  readonly sharedMemory: boolean
  /** Whether there is `WebAssembly.Memory`. */
  readonly webAssembly: boolean
  /** Whether an `ArrayBuffer` can grow. If not, `maxBytes` of a slab with the backing `'array'` is its `bytes`. */
  readonly growableArrays: boolean
  /** Whether a `SharedArrayBuffer` can grow. */
  readonly growableSharedMemory: boolean
  /** How memory reaches another thread: as it is, or as a copy there and a copy back. */
  readonly transport: 'zero-copy' | 'copy'
}

/**
 * The capabilities of this platform, detected anew on each call. A browser has shared memory only on pages that are cross-origin isolated
 * (the headers `Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: require-corp`).
 */
export function capabilities(): Capabilities {
  const sharedMemory = typeof SharedArrayBuffer === 'function'
  return Object.freeze({
    sharedMemory,
    webAssembly: typeof WebAssembly === 'object' && typeof WebAssembly.Memory === 'function',
    growableArrays: typeof ArrayBuffer.prototype.resize === 'function',
    growableSharedMemory: sharedMemory && typeof SharedArrayBuffer.prototype.grow === 'function',
    transport: sharedMemory ? 'zero-copy' : 'copy'
  })
}
