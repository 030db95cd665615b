import { readFileSync } from 'node:fs'
import * as z from 'zod'

const sample = z.object({
  id: z.string(),
  kind: z.string(),
  /** `lookalike`: a rule that its author had in mind must not fire; others may. */
  label: z.enum(['attack', 'lookalike', 'ordinary']),
  method: z.string(),
  uri: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string()
})

/** A labelled request, as a line of a sample file holds it. */
export type Sample = Readonly<z.infer<typeof sample>>

/** The project's own requests. */
export const OWN_SAMPLES = new URL(
  import.meta.url.endsWith('.ts') ? '../../fixtures/requests.jsonl' : '../fixtures/requests.jsonl',
  import.meta.url
)

/**
 * Reads a file of samples, one JSON object a line; empty lines are skipped.
 * @throws Error that names a line that is not a sample
 */
export function readSamples(file: string | URL): readonly Sample[] {
  const lines = [...readFileSync(file, 'utf8').split('\n').entries()].filter(([, line]) => line.trim() !== '')
  if (lines.length === 0) throw new Error('the file holds no sample')
  return lines.map(([index, line]) => {
    try {
      return sample.parse(JSON.parse(line))
    } catch (error) {
      const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message
      throw new Error(`line ${index + 1} is no sample: ${reason}`)
    }
  })
}
