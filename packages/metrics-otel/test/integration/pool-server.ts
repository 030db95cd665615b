import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { observePools } from '@pool/metrics-otel'
import { Workload } from '@tooling/metrics-testbed/workload'
import { serveWorkload } from '@tooling/metrics-testbed/workload-server'

// One process with pools in every state, which one SDK exports three ways at once.
const receiver = process.env.OTLP_RECEIVER
const prometheus = new PrometheusExporter({ preventServerStart: true })
const exporters = [new JsonExporter({ url: `${receiver}/json` }), new ProtobufExporter({ url: `${receiver}/protobuf` })]
const periodic = exporters.map((exporter) => new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 500 }))
const meterProvider = new MeterProvider({ readers: [prometheus, ...periodic] })
const workload = new Workload()
observePools({ pools: workload.directory, meterProvider, attributes: { 'service.shard': 'a' } })

serveWorkload({
  metrics: async () => {
    const { resourceMetrics } = await prometheus.collect()
    return { contentType: 'text/plain', body: new PrometheusSerializer().serialize(resourceMetrics) }
  },
  stats: () => workload.stats(),
  load: () => workload.load(),
  quiet: async () => {
    await workload.quiet()
    await meterProvider.forceFlush()
  }
})
