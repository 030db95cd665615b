import { markAsUntransferable } from 'node:worker_threads'
import type { Backing, Region, SecureCapabilities } from './backing.js'
import { lockLimitBytes } from './lock-limit.js'

/**
 * Ordinary memory, an ArrayBuffer for each secret, so that `secret.buffer` leads to no other. An ArrayBuffer made by itself
 * lies outside of V8's heap, which would move short typed arrays around and leave copies behind.
 */
export class HeapBacking implements Backing {
  readonly #reason: string

  /** @param reason - why this memory is not locked, a sentence */
  constructor(reason: string) {
    this.#reason = reason
  }

  allocate(bytes: number): Region | undefined {
    try {
      const memory = new ArrayBuffer(bytes)
      markAsUntransferable(memory)
      // All owners in turn have it as `secret.buffer`: none may find a property of the last.
      Object.preventExtensions(memory)
      return { memory, offset: 0, bytes, noAccess: false }
    } catch {
      return undefined
    }
  }

  vacate(_region: Region): void {}

  retire(_region: Region): void {}

  quarantine(_region: Region): void {}

  open(_region: Region): void {}

  close(_region: Region): void {}

  trim(): void {}

  capabilities(): SecureCapabilities {
    return Object.freeze({
      backend: 'heap',
      locked: false,
      guarded: false,
      lockedBytes: 0,
      lockLimitBytes: lockLimitBytes(),
      reason: this.#reason
    })
  }
}
