import type { Finding, RequestPart } from '../finding.js'
import type { KindRule } from '../rule.js'

/** The fixed cost of a look of any length, in bytes that could be looked at meanwhile. */
const BYTES_PER_LOOK = 64

/** Nanoseconds that a look may take for each byte before it counts for more. */
const NANOSECONDS_PER_BYTE = 4
/** A look counts for at most so many times its bytes, however long it took: the machine's other work may have held it up. */
const MOST_TIMES = 64

/** Collects the findings of one request's scan, and bounds their number and the work of the scan. */
export class Findings {
  readonly #maxFindings: number
  readonly #found: Finding[] = []
  #base = 0
  #unit = 1
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

  /**
   * Counts a look at `bytes` for more where it took long: text can be made so that some patterns try the same bytes again and again.
   * @param elapsedMs - time that it took, in milliseconds
   */
  settle(bytes: number, elapsedMs: number): void {
    const allowed = bytes + BYTES_PER_LOOK
    const spent = Math.min((elapsedMs * 1e6) / NANOSECONDS_PER_BYTE, allowed * MOST_TIMES)
    if (spent > allowed) this.#bytesLeft -= spent - allowed
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

  /** Says where the texts of the next findings stand in the body: from `base` on, with `unit` bytes for each of theirs. */
  relocate(base: number, unit: number): void {
    this.#base = base
    this.#unit = unit
  }

  /** Notes a finding. Another of the same rule at the same place is dropped: decoded forms repeat findings of the raw form. */
  add(rule: KindRule, where: RequestPart, place: number): void {
    const offset = this.#base + place * this.#unit
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
