/** The properties of the memory of a pool's secrets, as they were found to be, not as they were asked for. */
export interface SecureCapabilities {
  /** Where the memory comes from. */
  readonly backend: 'heap' | 'sodium'
  /** Whether all of it is locked into RAM, and so out of swap. On Linux locked memory is kept out of core dumps too. */
  readonly locked: boolean
  /** Whether it lies between guard pages, which end the process when touched. */
  readonly guarded: boolean
  /** Bytes that the pool has locked now, in whole pages. */
  readonly lockedBytes: number
  /** The most that this process may lock, in bytes: `Infinity` where there is no limit, `null` where the limit is unknown. */
  readonly lockLimitBytes: number | null
  /** Why the memory is not locked, as a sentence; `null` when it is. */
  readonly reason: string | null
}

/** Memory for one secret and its canary. */
export interface Region {
  /** The memory that the region is a part of. */
  readonly memory: ArrayBufferLike
  /** Where it begins there, a multiple of 8. */
  readonly offset: number
  /** Its length, a multiple of 8. */
  readonly bytes: number
  /** Whether touching it now would end the process. */
  readonly noAccess: boolean
}

/** Where a pool's memory comes from. A region is wiped before it is given back. */
export interface Backing {
  /** Memory of `bytes`, all zeroes; `undefined` when the system has none. */
  allocate(bytes: number): Region | undefined
  /** Takes a region back, to be used again or freed. */
  vacate(region: Region): void
  /** Takes a region back that must not be handed out again. */
  retire(region: Region): void
  /** Takes a region back to which a write may be under way: it is never freed here, and nothing of the same `memory` is handed out again. */
  quarantine(region: Region): void
  /** A secret in the region is about to be used. */
  open(region: Region): void
  /** The secret in the region was wiped. */
  close(region: Region): void
  /** Frees memory that holds no region. */
  trim(): void
  /** The properties of the memory. */
  capabilities(): SecureCapabilities
}
