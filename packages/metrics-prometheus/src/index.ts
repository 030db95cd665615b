/**
 * Every pool's figures in a `prom-client` registry.
 * @module
 */
export type { AnyRegistry, PoolMetricsOptions, WaitHistogramOptions } from './pool-metrics-options.js'
export { type MetricsPush, type PushMetricsOptions, pushMetrics } from './push-metrics.js'
export { type PoolMetrics, registerPoolMetrics } from './register-pool-metrics.js'
