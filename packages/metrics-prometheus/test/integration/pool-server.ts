import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { announceQueueInTrouble } from '@tooling/metrics-testbed/queue-in-trouble'
import { Workload } from '@tooling/metrics-testbed/workload'
import { serveWorkload } from '@tooling/metrics-testbed/workload-server'
import { Registry } from 'prom-client'

// One process with pools in every state, and a queue, which exports them.
announceQueueInTrouble()
const workload = new Workload()
const registry = new Registry()
registerPoolMetrics({ pools: workload.directory, figures: true, registry, waitHistogram: true })
serveWorkload({
  metrics: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  stats: () => workload.stats(),
  load: () => workload.load(),
  quiet: () => workload.quiet()
})
