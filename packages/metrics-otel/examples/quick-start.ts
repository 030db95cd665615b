import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { poolManager } from '@pool/core'
import { observePools } from '@pool/metrics-otel'

const exporter = new OTLPMetricExporter({ url: process.env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT ?? 'http://localhost:4318/v1/metrics' })
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 })
const meterProvider = new MeterProvider({ readers: [reader] })
observePools({ manager: poolManager, meterProvider })

// Pools that are made later are observed by themselves.
const pool = poolManager.getPool('bodies', { bufferSize: 64 * 1024, maxSize: 500 })
pool.withBufferSync((buffer) => buffer.write('a request'))

// Sends what was not sent yet.
await meterProvider.shutdown()
