import type { PoolSources } from '@pool/core'
import { validOptions } from '@pool/core/kit/universal'
import type { Middleware } from './connect.js'
import { poolHealth } from './pool-health.js'
import { poolStats } from './pool-stats.js'

/** The options of {@link poolRoutes}. */
export interface PoolRoutesOptions {
  /** The pools to show. Default: `livePools`, every pool of the process. */
  readonly pools?: PoolSources
}

/**
 * A router for GET and HEAD of `/metrics/memory-pools` ({@link poolStats}) and `/health/memory-pools` ({@link poolHealth}); hands
 * everything else on. Mount it behind whatever keeps your internal routes private.
 * @throws `ERR_POOL_INVALID_OPTION`
 */
export function poolRoutes(options: PoolRoutesOptions = {}): Middleware {
  validOptions('options', options, ['pools'])
  const stats = poolStats(options)
  const health = poolHealth(options)
  return (request, response, next) => {
    const path = request.url?.split('?', 1)[0]
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (isRead && path === '/metrics/memory-pools') stats(request, response, next)
    else if (isRead && path === '/health/memory-pools') health(request, response, next)
    else next()
  }
}
