import { livePools, type PoolHealth, type PoolSources } from '@pool/core'
import { combinedHealth, validOptions, validPools } from '@pool/core/kit/universal'
import type { Middleware } from './connect.js'
import { answerJson } from './json-answer.js'

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
  const directory = validPools(options, livePools)
  return (_request, response, next) => {
    let health: PoolHealth
    try {
      health = combinedHealth(directory.sources())
    } catch (error) {
      next(error)
      return
    }
    answerJson(response, health.healthy ? 200 : 503, health)
  }
}
