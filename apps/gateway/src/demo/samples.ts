import { readFileSync } from 'node:fs'
import * as z from 'zod'

const sample = z.object({
  id: z.string(),
  kind: z.string(),
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
 * Reads a file of samples, one JSON object a line.
 * @throws Error that names a line that is not a sample
 */
export function readSamples(file: string | URL): readonly Sample[] {
  const samples: Sample[] = []
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (line.trim() === '') continue
    const parsed = sample.safeParse(parse(line))
    if (!parsed.success) throw new Error(`line ${index + 1} is no sample: ${z.prettifyError(parsed.error)}`)
    samples.push(parsed.data)
  }
  if (samples.length === 0) throw new Error('the file holds no sample')
  return samples
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
