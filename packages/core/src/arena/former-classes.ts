import type { SizeClass } from './size-class.js'

/** Former classes that are kept with figures of their own; of older ones only the sum of their counts remains. */
const most = 64

/**
 * The size classes that a pool has given up, the oldest first. Their buffers that are out still belong to them, and their counts to the
 * pool. When a size is chosen again, its class comes back with both.
 */
export class FormerClasses {
  readonly lists: SizeClass[] = []
  /** The sums of the counts of older classes, which are no longer kept. */
  readonly counts = {
    acquisitions: 0,
    releases: 0,
    misses: 0,
    discards: 0,
    exhaustions: 0,
    leaked: 0,
    bytesAllocated: 0,
    bytesReused: 0
  }

  /** Adds a class that the pool gives up; it must have no idle buffers. */
  add(sizeClass: SizeClass): void {
    sizeClass.retired = true
    this.lists.push(sizeClass)
    for (let index = 0; this.lists.length > most && index < this.lists.length; index++) {
      const oldest = this.lists[index] as SizeClass
      if (oldest.total > 0) continue
      this.lists.splice(index--, 1)
      this.#sumUp(oldest)
    }
  }

  /** Takes the class of that size back, if there is one. */
  take(bufferSize: number): SizeClass | undefined {
    const index = this.lists.findIndex((one) => one.bufferSize === bufferSize)
    const [found] = index < 0 ? [] : this.lists.splice(index, 1)
    if (found !== undefined) found.retired = false
    return found
  }

  #sumUp(list: SizeClass): void {
    const { acquisitions, misses, discards, exhaustions, leaked, bytesAllocated, bufferSize } = list
    const { counts } = this
    counts.acquisitions += acquisitions
    counts.releases += acquisitions - leaked
    counts.misses += misses
    counts.discards += discards
    counts.exhaustions += exhaustions
    counts.leaked += leaked
    counts.bytesAllocated += bytesAllocated
    counts.bytesReused += (acquisitions - misses) * bufferSize
  }
}
