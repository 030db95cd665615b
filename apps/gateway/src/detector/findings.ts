import type { Finding, RequestPart } from './finding.js'
import type { KindRule } from './rule.js'

/** Collects what one request's scan finds, and bounds how much it may find and examine. */
export class Findings {
  readonly #maxFindings: number
  readonly #found: Finding[] = []
  #examinationsLeft: number
  #cut = false

  /**
   * @param maxFindings - at which the scan ends
   * @param maxExaminations - how many times a rule may look at a text
   */
  constructor(maxFindings: number, maxExaminations: number) {
    this.#maxFindings = maxFindings
    this.#examinationsLeft = maxExaminations
  }

  /** Whether to go on. */
  get open(): boolean {
    return this.#examinationsLeft > 0 && this.#found.length < this.#maxFindings
  }

  /** Whether the whole request was examined. */
  get complete(): boolean {
    return !this.#cut
  }

  get found(): readonly Finding[] {
    return this.#found
  }

  /** Allows one more look, or notes that the scan was cut short. */
  examine(): boolean {
    if (this.open) {
      this.#examinationsLeft -= 1
      return true
    }
    this.#cut = true
    return false
  }

  /** Notes a finding. Another of the same rule at the same place is dropped: decoded forms repeat what the raw form showed. */
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
