import cluster from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import type { PoolManager } from '@pool/core'
import { observePools } from '@pool/metrics-otel'
import type { Logger } from 'pino'
import type { GatewayConfig } from '../config.js'
import type { MetricsExporter } from './metrics-exporter.js'

/** How long the last export may take at the end: less than the primary waits for a worker beyond its own bound. */
const LAST_EXPORT_MS = 1000

/**
 * Sends every pool's figures to an OpenTelemetry collector, as JSON over HTTP. Where to, with which headers and under which name is
 * said by OpenTelemetry's own variables. Failures on the way are logged, and affect nothing else.
 */
export function exportOverOtlp(config: GatewayConfig, manager: PoolManager, logger: Logger): MetricsExporter {
  logProblems(logger)
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(),
    exportIntervalMillis: config.otelMetricExportInterval,
    // The SDK refuses a timeout above the interval.
    exportTimeoutMillis: Math.min(config.otelMetricExportTimeout, config.otelMetricExportInterval)
  })
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'gateway' }))
    .merge(detectResources({ detectors: [envDetector] }))
  const meterProvider = new MeterProvider({ resource, readers: [reader] })
  // Workers share a resource; without this their figures would be taken for one series that jumps.
  const attributes = cluster.worker === undefined ? {} : { 'worker.id': String(cluster.worker.id) }
  const observation = observePools({ pools: manager, figures: true, meterProvider, attributes })
  return {
    page: undefined,
    stop: async () => {
      const shutdown = meterProvider.shutdown().then(() => true)
      shutdown.catch((error: unknown) => logger.warn({ err: error }, 'the end of metrics failed'))
      const ended = await Promise.race([shutdown.catch(() => true), sleep(LAST_EXPORT_MS, false, { ref: false })])
      if (!ended) logger.warn({ waitedMs: LAST_EXPORT_MS }, 'the last metrics were not taken in time')
      observation.stop()
      diag.disable()
    }
  }
}

/** Messages of the SDK go into the log. */
function logProblems(logger: Logger): void {
  const say =
    (level: 'error' | 'warn') =>
    (message: string): void =>
      logger[level]({ problem: message }, 'metrics')
  const quiet = (): void => {}
  const listener = { error: say('error'), warn: say('warn'), info: quiet, debug: quiet, verbose: quiet }
  diag.setLogger(listener, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}
