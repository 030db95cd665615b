import type { PoolManager } from '@pool/core'
import type { Logger } from 'pino'
import type { GatewayConfig } from '../config.js'
import type { MetricsExporter } from './metrics-exporter.js'

const NONE: MetricsExporter = { page: undefined, stop: async () => {} }

/** Starts the exporter that the configuration names. The libraries of the others are not even loaded. */
export async function startMetrics(config: GatewayConfig, manager: PoolManager, logger: Logger): Promise<MetricsExporter> {
  if (config.metrics === 'prometheus') {
    const { exportToPrometheus } = await import('./prometheus-exporter.js')
    return exportToPrometheus(manager)
  }
  if (config.metrics === 'otlp') {
    const { exportOverOtlp } = await import('./otlp-exporter.js')
    return exportOverOtlp(config, manager, logger)
  }
  return NONE
}
