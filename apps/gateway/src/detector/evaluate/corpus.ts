import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** One request of a labelled set, as the fixtures and larger sets hold them: a JSON object a line. */
export interface LabelledRequest {
  readonly id: string
  readonly kind: string
  /** `lookalike`: a rule that its author had in mind must not fire; others may. */
  readonly label: 'attack' | 'lookalike' | 'ordinary'
  readonly method: string
  readonly uri: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Reads a labelled set; empty lines are skipped. */
export function readCorpus(file: string | URL): readonly LabelledRequest[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LabelledRequest)
}

/**
 * The half that a name belongs to, by its hash: `tuning`, which the writer of rules may look at, or `held-out`, which only
 * ever gives figures. The same on every machine.
 */
export function halfOf(name: string): 'tuning' | 'held-out' {
  return ((createHash('sha256').update(name).digest()[0] as number) & 1) === 0 ? 'tuning' : 'held-out'
}
