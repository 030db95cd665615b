import type { AnalyzeAnswer } from '../analyze.js'
import type { Sample } from './samples.js'

/** How the samples of one kind and label were judged. */
export interface KindScore {
  readonly label: Sample['label']
  readonly kind: string
  requests: number
  threats: number
  /** Threats with a finding of the kind that the sample is labelled with. */
  sameKind: number
}

/** Counts verdicts by label and kind. */
export class VerdictScore {
  readonly #scores = new Map<string, KindScore>()
  readonly #verdicts = new Map<string, string>()

  /** Adds the gateway's verdict on a sample. */
  add(sample: Sample, answer: AnalyzeAnswer): void {
    const key = `${sample.label} ${sample.kind}`
    const score = this.#scores.get(key) ?? { label: sample.label, kind: sample.kind, requests: 0, threats: 0, sameKind: 0 }
    this.#scores.set(key, score)
    score.requests += 1
    if (answer.verdict === 'threat') score.threats += 1
    if (answer.findings.some(({ kind }) => kind === sample.kind)) score.sameKind += 1
    this.#verdicts.set(sample.id, JSON.stringify(answer))
  }

  /** The scores of a label, by kind. */
  of(label: Sample['label']): readonly KindScore[] {
    return [...this.#scores.values()].filter((score) => score.label === label).sort((a, b) => a.kind.localeCompare(b.kind))
  }

  /** How many samples another gateway answered otherwise. */
  differences(other: VerdictScore): number {
    const ids = new Set([...this.#verdicts.keys(), ...other.#verdicts.keys()])
    return [...ids].filter((id) => this.#verdicts.get(id) !== other.#verdicts.get(id)).length
  }
}
