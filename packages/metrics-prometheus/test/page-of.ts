import { BufferPool } from '@pool/core'
import type { PoolStats, StatsSource } from '@pool/core/interfaces'

/** The samples of a text page by their name with labels, such as `buffer_pool_waiting{pool="a"}`. The kind of pool is left out. */
export function samplesOf(page: string): Map<string, number> {
  const samples = new Map<string, number>()
  for (const line of page.split('\n')) {
    const match = /^([^#]\S*?(?:\{.*\})?) (\S+)$/.exec(line)
    if (match === null) continue
    const [, labelled = '', value] = match
    const name = labelled.replace(/,?kind="[^"]*"/, '')
    if (samples.has(name)) throw new Error(`the page has ${name} twice`)
    samples.set(name, value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value))
  }
  return samples
}

/** A source that shows the figures of a fresh pool, save those given. */
export function sourceOf(name: string, figures: Partial<PoolStats>): StatsSource {
  const pool = new BufferPool({ name, initialSize: 0, shrinkInterval: 0 })
  const stats = pool.stats()
  pool.destroy()
  return { name, stats: () => ({ ...stats, ...figures, name }) }
}
