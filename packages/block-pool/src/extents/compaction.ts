import { validNumber, validOptions } from '@pool/core/kit/universal'
import { Row, RowState } from './extent-row.js'
import type { ExtentSpace } from './extent-space.js'

/** The limits of one call to `compact`. */
export interface CompactOptions {
  /** Milliseconds after which it stops, above 0. Looked at about every 32 KiB; one extent is always moved whole. Default: until it is done. */
  readonly budgetMs?: number
}

/** The result of one call to `compact`. */
export interface CompactionReport {
  /** Extents moved. */
  readonly moved: number
  /** Bytes copied. */
  readonly movedBytes: number
  /** Whether nothing is left to move; if not, the next call goes on from there. */
  readonly done: boolean
  /** Milliseconds that it took. */
  readonly elapsedMs: number
}

/** Bytes copied, or extents moved times 1024, between two looks at the clock. */
const clockEvery = 32_768

/**
 * Slides used extents down into the holes before them, one at a time, so that the slab is consistent after each.
 *
 * ```
 *   before   │ A │ hole │ B │ hole │ C pinned │ hole │ D │
 *   after    │ A │ B │ hole        │ C pinned │ D │ hole │
 * ```
 */
export class Compactor {
  readonly #space: ExtentSpace
  /** The hole where the last call stopped; 0 for the beginning. Another extent may have its row since: any will do to go on from. */
  #resumeAt = 0
  #moved = 0
  #movedUnits = 0

  /** A compactor of `space`. */
  constructor(space: ExtentSpace) {
    this.#space = space
  }

  /** Compacts as far as the options allow. Moves at least one extent if any can be moved. */
  run(options: CompactOptions): CompactionReport {
    validOptions('options', options, ['budgetMs'])
    const { budgetMs = Number.POSITIVE_INFINITY } = options
    validNumber('budgetMs', budgetMs, Number.MIN_VALUE, Number.POSITIVE_INFINITY)
    this.#space.follow()
    const startedAt = performance.now()
    this.#moved = 0
    this.#movedUnits = 0
    const done = this.#passes(startedAt + budgetMs)
    const movedBytes = this.#movedUnits * this.#space.settings.alignment
    return Object.freeze({ moved: this.#moved, movedBytes, done, elapsedMs: performance.now() - startedAt })
  }

  #passes(deadline: number): boolean {
    const { rows } = this.#space.map
    const resumeAt = this.#resumeAt
    const resumes = resumeAt !== 0 && rows[(resumeAt << 3) + Row.Handle] !== RowState.Spare
    if (resumes && !this.#pass(resumeAt, deadline)) return false
    this.#resumeAt = 0
    return this.#pass(rows[Row.Next]!, deadline)
  }

  #pass(from: number, deadline: number): boolean {
    const { map } = this.#space
    const { rows } = map
    let extent = from
    let untilClock = clockEvery
    while (extent !== 0) {
      const next = rows[(extent << 3) + Row.Next]!
      if (next === 0 || rows[(extent << 3) + Row.Handle] !== RowState.Free || rows[(next << 3) + Row.Pins]! > 0) {
        extent = next
        continue
      }
      if (untilClock <= 0) {
        untilClock = clockEvery
        if (performance.now() >= deadline) {
          this.#resumeAt = extent
          return false
        }
      }
      const units = rows[(next << 3) + Row.Size]!
      map.bins.remove(rows, extent)
      this.#space.copyUnits(rows[(extent << 3) + Row.Offset]!, rows[(next << 3) + Row.Offset]!, units)
      map.slide(extent, next)
      map.bins.insert(rows, map.join(extent))
      this.#moved++
      this.#movedUnits += units
      untilClock -= units * this.#space.settings.alignment + 1024
    }
    return true
  }
}
