import { assessHealth, type PoolHealth, type StatsSource } from '@pool/core'
import { validOptions } from '@pool/core/validate'
import type { Middleware } from './connect.js'
import { answerJson } from './json-answer.js'
import { listSources, type PoolSources } from './pool-sources.js'

/** The options of {@link poolHealth}. */
export interface PoolHealthOptions {
  /** The pools to judge. Default: `livePools`, every pool of the process. */
  readonly pools?: PoolSources
}

/**
 * A handler that answers 200 when every pool is healthy, 503 when one has an error: `{ "healthy", "warnings", "errors" }` as
 * JSON. Keep the route private.
 * @throws `ERR_POOL_INVALID_OPTION`
 */
export function poolHealth(options: PoolHealthOptions = {}): Middleware {
  validOptions('options', options, ['pools'])
  const sources = listSources(options.pools)
  return (_request, response, next) => {
    let all: PoolHealth[]
    try {
      all = Array.from(sources(), judge)
    } catch (error) {
      next(error)
      return
    }
    const healthy = all.every((health) => health.healthy)
    const warnings = all.flatMap((health) => health.warnings)
    const errors = all.flatMap((health) => health.errors)
    answerJson(response, healthy ? 200 : 503, { healthy, warnings, errors })
  }
}

function judge(source: StatsSource & { healthCheck?(): PoolHealth }): PoolHealth {
  return source.healthCheck?.() ?? assessHealth(source.stats())
}
