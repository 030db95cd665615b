import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { livePools, poolManager } from '@pool/core'
import { observePools } from '@pool/metrics-otel'

const exporter = new OTLPMetricExporter({ url: process.env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT ?? 'http://localhost:4318/v1/metrics' })
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 })
const meterProvider = new MeterProvider({ readers: [reader] })

// Every pool of the process; those that are made later are observed by themselves.
observePools({ pools: livePools, meterProvider })

const messages = poolManager.getPool('messages', { bufferSize: 64 * 1024, maxSize: 500 })
messages.withBufferSync((buffer) => buffer.write('a message'))

// Sends the figures that were not sent yet.
process.once('beforeExit', () => void meterProvider.shutdown())
