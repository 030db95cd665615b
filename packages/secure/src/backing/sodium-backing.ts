import { PoolError } from '@pool/core'
import type { Backing, Region, SecureCapabilities } from './backing.js'
import { lockLimitBytes } from './lock-limit.js'
import type { Sodium } from './sodium.js'
import { pagesFor, SodiumRegion, SodiumSlab, usableOf } from './sodium-slab.js'

/** Bytes of a slab's pages, unless a single region is longer: 409 secrets of 32 bytes each. */
const slabBytes = 16_384
/** The smallest page of the systems that libsodium knows; where pages are larger, a slab is at least as large as asked. */
const pageBytes = 4096
/** The most slabs kept that hold nothing, and their bytes together. */
const mostSpares = 4
const mostSpareBytes = 1 << 20

/** How a pool's guarded memory is to be. */
export interface SodiumBackingOptions {
  /** The pool's name. */
  readonly name: string
  /** Whether memory that can't be locked is refused. */
  readonly requireLocked: boolean
  /** Whether slabs in which no secret is in use are closed to any access. */
  readonly protectIdle: boolean
}

/**
 * Memory of libsodium: few guarded slabs, each carved into many regions, because a guarded allocation costs 25 µs, two pages
 * and five of the kernel's 65 530 maps.
 */
export class SodiumBacking implements Backing {
  readonly #sodium: Sodium
  readonly #options: SodiumBackingOptions
  readonly #slabs = new Set<SodiumSlab>()
  readonly #spares = new Set<SodiumSlab>()

  /** @throws `ERR_POOL_SECURE_UNLOCKED` when locking is required and the system refuses it; found out by trying */
  constructor(sodium: Sodium, options: SodiumBackingOptions, firstBytes: number) {
    this.#sodium = sodium
    this.#options = options
    const first = this.#grow(firstBytes)
    if (first !== undefined) this.#spares.add(first)
  }

  allocate(bytes: number): Region | undefined {
    for (const slab of this.#slabs) {
      if (slab.regionBytes !== roundedBytes(bytes) || !slab.hasVacancy) continue
      this.#spares.delete(slab)
      return slab.carve()
    }
    return this.#grow(bytes)?.carve()
  }

  #grow(bytes: number): SodiumSlab | undefined {
    const slab = SodiumSlab.make(this.#sodium, slabPages(bytes), roundedBytes(bytes))
    if (slab === undefined) return undefined
    if (this.#options.requireLocked && !slab.locked) {
      slab.free()
      throw unlocked(this.#options.name, this.#whyUnlocked())
    }
    this.#slabs.add(slab)
    return slab
  }

  vacate(region: Region): void {
    const { slab } = region as SodiumRegion
    slab.vacate(region)
    this.#settle(slab)
  }

  retire(region: Region): void {
    const { slab } = region as SodiumRegion
    slab.out--
    this.#settle(slab)
  }

  quarantine(region: Region): void {
    const { slab } = region as SodiumRegion
    slab.sealed = true
    this.retire(region)
  }

  /** Keeps, frees or abandons a slab when its last region has come back. */
  #settle(slab: SodiumSlab): void {
    if (slab.out > 0) return
    if (slab.sealed) {
      // The collector frees it, zeroed, once nothing refers to it any more: so no pending write can hit a stranger.
      this.#slabs.delete(slab)
      return
    }
    this.#spares.add(slab)
    if (this.#options.protectIdle) slab.forbidAccess()
    let bytes = 0
    let count = 0
    for (const spare of [...this.#spares].reverse()) {
      bytes += spare.pageBytes
      if (!spare.hasVacancy || ++count > mostSpares || bytes > mostSpareBytes) this.#free(spare)
    }
  }

  #free(slab: SodiumSlab): void {
    this.#spares.delete(slab)
    this.#slabs.delete(slab)
    slab.free()
  }

  open(region: Region): void {
    if (this.#options.protectIdle && region instanceof SodiumRegion) region.slab.enter()
  }

  close(region: Region): void {
    if (this.#options.protectIdle && region instanceof SodiumRegion) region.slab.leave()
  }

  trim(): void {
    for (const slab of this.#spares) this.#free(slab)
  }

  capabilities(): SecureCapabilities {
    let lockedBytes = 0
    let locked = this.#slabs.size > 0 || this.#canLock()
    for (const slab of this.#slabs) {
      if (slab.locked) lockedBytes += slab.pageBytes
      else locked = false
    }
    const reason = locked ? null : this.#whyUnlocked()
    return Object.freeze({ backend: 'sodium', locked, guarded: true, lockedBytes, lockLimitBytes: lockLimitBytes(), reason })
  }

  #canLock(): boolean {
    const slab = SodiumSlab.make(this.#sodium, pageBytes, 8)
    slab?.free()
    return slab?.locked === true
  }

  #whyUnlocked(): string {
    const limit = lockLimitBytes()
    return limit === null || limit === Number.POSITIVE_INFINITY
      ? 'The system refused to lock memory.'
      : `The system refused to lock memory: this process may lock ${limit} bytes. Raise ulimit -l, or LimitMEMLOCK of its systemd unit.`
  }
}

/** Memory that was to be locked is not. */
export function unlocked(name: string, reason: string): PoolError {
  return new PoolError('ERR_POOL_SECURE_UNLOCKED', `pool '${name}' requires locked memory, and this would not be. ${reason}`)
}

function slabPages(bytes: number): number {
  return Math.max(slabBytes, pagesFor(bytes, pageBytes))
}

/** Long regions are rounded up to whole pages, so that their slabs serve more than one length. */
function roundedBytes(bytes: number): number {
  return bytes * 2 <= slabBytes ? bytes : usableOf(slabPages(bytes))
}
