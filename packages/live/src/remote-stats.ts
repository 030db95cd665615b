import type { PoolStats } from '@pool/core'
import type { StatsDirectory, StatsSource } from '@pool/core/interfaces'

/** The pools of another process, as its stats route showed them last: `{ "<name>": PoolStats, … }`. */
export class RemoteStats implements StatsDirectory {
  readonly #url: string
  #sources: readonly StatsSource[] = []

  /** @param url - the route, such as `http://localhost:3000/metrics/memory-pools` */
  constructor(url: string) {
    this.#url = url
  }

  sources(): Iterable<StatsSource> {
    return this.#sources
  }

  /**
   * Reads the route. The pools stay as they were when it rejects.
   * @throws (rejects) an `Error` with a sentence for people
   */
  async read(): Promise<void> {
    let answer: Response
    try {
      answer = await fetch(this.#url, { signal: AbortSignal.timeout(5000), headers: { accept: 'application/json' } })
    } catch (error) {
      throw new Error(`${this.#url} does not answer: ${causeOf(error)}. Is the program running, and is this its stats route?`)
    }
    if (!answer.ok) throw new Error(`${this.#url} answered ${answer.status}. Give the URL of a stats route, such as /metrics/memory-pools.`)
    const pools: unknown = await answer.json().catch(() => undefined)
    if (!isStatsByName(pools))
      throw new Error(`${this.#url} does not answer with the stats of pools. Give the URL of poolStats() or poolRoutes().`)
    this.#sources = Object.entries(pools).map(([name, stats]) => ({ name, stats: () => ({ ...stats, name }) }))
  }
}

function isStatsByName(value: unknown): value is Record<string, PoolStats> {
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).every((one) => typeof one?.inUse === 'number' && Array.isArray(one.sizeClasses))
}

function causeOf(error: unknown): string {
  const { cause, message } = error as Error
  if (!(cause instanceof Error)) return message
  return 'code' in cause ? String(cause.code) : cause.message
}
