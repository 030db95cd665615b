/**
 * Every pool's figures through OpenTelemetry instruments.
 * @module
 */
export { observePools, type PoolObservation } from './observe-pools.js'
export type { ObservePoolsOptions } from './observe-pools-options.js'
