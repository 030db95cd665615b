/**
 * Express middleware on pooled memory: request bodies that live exactly as long as the request.
 * @module
 */
export type { PoolSources } from '@pool/core'
export type { Middleware, Next } from './connect.js'
export { holdBody } from './hold-body.js'
export { type PoolHealthOptions, poolHealth } from './pool-health.js'
export { type PoolRoutesOptions, poolRoutes } from './pool-routes.js'
export { type PoolStatsOptions, poolStats } from './pool-stats.js'
export { pooledBody } from './pooled-body.js'
export type { BodyKind, BodyVerifier, PooledBodyOptions } from './pooled-body-options.js'
export { type PooledBufferOptions, pooledBuffer } from './pooled-buffer.js'
