import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { Workload } from '@tooling/metrics-testbed/workload'
import { serveWorkload } from '@tooling/metrics-testbed/workload-server'
import { Registry } from 'prom-client'

// One process with pools in every state, which exports them.
const workload = new Workload()
const registry = new Registry()
registerPoolMetrics({ pools: workload.directory, registry, waitHistogram: true })
serveWorkload({
  metrics: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  stats: () => workload.stats(),
  load: () => workload.load(),
  quiet: () => workload.quiet()
})
