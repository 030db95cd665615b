import type { Analysis } from '../detector/index.js'
import type { Sample } from './samples.js'

/** How the samples of one kind and label were judged. */
export interface KindScore {
  /** `all`: the sum of the others. */
  readonly kind: string
  requests: number
  threats: number
  /** Samples with a finding of the kind that they are labelled with. */
  sameKind: number
}

/** Counts verdicts by label and kind. */
export class VerdictScore {
  readonly #scores = new Map<string, KindScore & { readonly label: Sample['label'] }>()
  readonly #verdicts = new Map<string, string>()

  /** Adds the verdict on a sample. */
  add({ id, label, kind }: Sample, answer: Pick<Analysis, 'verdict' | 'findings'>): void {
    for (const each of [kind, 'all']) {
      const key = `${label} ${each}`
      const score = this.#scores.get(key) ?? { label, kind: each, requests: 0, threats: 0, sameKind: 0 }
      this.#scores.set(key, score)
      score.requests += 1
      if (answer.verdict === 'threat') score.threats += 1
      if (answer.findings.some((finding) => finding.kind === kind)) score.sameKind += 1
    }
    this.#verdicts.set(id, JSON.stringify(answer))
  }

  /** The scores of a label, by kind, `all` last; none where no sample has it. */
  of(label: Sample['label']): readonly KindScore[] {
    const scores = [...this.#scores.values()].filter((score) => score.label === label)
    return scores.sort((a, b) => Number(a.kind === 'all') - Number(b.kind === 'all') || a.kind.localeCompare(b.kind))
  }

  /** How many samples another gateway answered otherwise. */
  differences(other: VerdictScore): number {
    const ids = new Set([...this.#verdicts.keys(), ...other.#verdicts.keys()])
    return [...ids].filter((id) => this.#verdicts.get(id) !== other.#verdicts.get(id)).length
  }
}
