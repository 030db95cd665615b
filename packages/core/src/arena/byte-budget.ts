import type { FreeList } from './free-list.js'

/**
 * The bounds of a pool in bytes: on the memory that it keeps alive, and on the part of it that lies idle.
 *
 * The idle bound is dealt out to the size classes as quotas, in buffers, so that a release compares one number only. Their sum
 * never exceeds the bound. A class that fills its quota asks for more; when nothing is left, it gets quota that other classes do not use.
 */
export class ByteBudget {
  readonly #classes: readonly FreeList[]
  /** The most bytes alive. */
  readonly maxLiveBytes: number
  /** The most of them that may lie idle. */
  readonly maxIdleBytes: number
  /** Bytes alive: out and idle. */
  liveBytes = 0

  /** Bounds over `classes`, none of which holds anything yet. */
  constructor(classes: readonly FreeList[], maxLiveBytes: number, maxIdleBytes: number) {
    this.#classes = classes
    this.maxLiveBytes = maxLiveBytes
    this.maxIdleBytes = maxIdleBytes
  }

  /** Bytes by which `bytes` more would pass the bound; 0 or less when they fit. */
  shortfall(bytes: number): number {
    return this.liveBytes + bytes - this.maxLiveBytes
  }

  /** Bytes idle. */
  get idleBytes(): number {
    return this.#classes.reduce((sum, list) => sum + list.free.length * list.bufferSize, 0)
  }

  /** Grants a class that has filled its quota a larger one; false when the bound leaves none. */
  raiseQuota(list: FreeList): boolean {
    const { bufferSize, maxSize, quota } = list
    if (quota >= maxSize || this.#leftFor(list) < bufferSize) return false
    while (this.#undealt() < bufferSize) this.#takeBackUnused(list)
    // Half of the bytes that are left, so that a few grants suffice and other classes find some too.
    const grant = Math.max(1, Math.floor(this.#undealt() / 2 / bufferSize))
    list.setQuota(Math.min(maxSize, quota + grant))
    return true
  }

  /** Bytes beyond the quota of `list`, and beyond the bytes that the others hold. */
  #leftFor(list: FreeList): number {
    const used = (other: FreeList) => (other === list ? other.quota : other.free.length)
    return this.#classes.reduce((left, other) => left - used(other) * other.bufferSize, this.maxIdleBytes)
  }

  #undealt(): number {
    return this.#classes.reduce((left, { quota, bufferSize }) => left - quota * bufferSize, this.maxIdleBytes)
  }

  #takeBackUnused(except: FreeList): void {
    for (const list of this.#classes) {
      const unused = list.quota - list.free.length
      if (list !== except && unused > 0) list.setQuota(list.quota - Math.ceil(unused / 2))
    }
  }
}
