import type { Finding, RequestPart } from './finding.js'
import type { KindRule } from './rule.js'

/** The fixed cost of a look of any length, in bytes that could be looked at meanwhile. */
const BYTES_PER_LOOK = 64

/** Collects the findings of one request's scan, and bounds their number and the work of the scan. */
export class Findings {
  readonly #maxFindings: number
  readonly #found: Finding[] = []
  #bytesLeft: number
  #cut = false

  /**
   * @param maxFindings - at which the scan ends
   * @param maxExaminedBytes - bytes that rules may look at in total; a look counts for {@link BYTES_PER_LOOK} more
   */
  constructor(maxFindings: number, maxExaminedBytes: number) {
    this.#maxFindings = maxFindings
    this.#bytesLeft = maxExaminedBytes
  }

  /** Whether to go on. */
  get open(): boolean {
    return this.#bytesLeft > 0 && this.#found.length < this.#maxFindings
  }

  /** Whether the whole request was examined. */
  get complete(): boolean {
    return !this.#cut
  }

  get found(): readonly Finding[] {
    return this.#found
  }

  /** Allows one more look, at `bytes`, or notes that the scan was cut short. */
  examine(bytes: number): boolean {
    return this.spend(bytes + BYTES_PER_LOOK)
  }

  /** Allows other work that costs as much as looking at `bytes`, or notes that the scan was cut short. */
  spend(bytes: number): boolean {
    if (this.open) {
      this.#bytesLeft -= bytes
      return true
    }
    this.#cut = true
    return false
  }

  /** Notes a finding. Another of the same rule at the same place is dropped: decoded forms repeat findings of the raw form. */
  add(rule: KindRule, where: RequestPart, offset: number): void {
    for (const finding of this.#found) {
      if (finding.rule === rule.id && finding.where === where && finding.offset === offset) return
    }
    if (this.#found.length >= this.#maxFindings) {
      this.#cut = true
      return
    }
    this.#found.push({ kind: rule.kind, rule: rule.id, where, offset })
  }
}
