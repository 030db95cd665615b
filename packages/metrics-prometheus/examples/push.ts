import { BufferPool } from '@pool/core'
import { pushMetrics, registerPoolMetrics } from '@pool/metrics-prometheus'
import { Pushgateway } from 'prom-client'

registerPoolMetrics()
const gateway = new Pushgateway(process.env.PUSHGATEWAY ?? 'http://localhost:9091')
const pushing = pushMetrics({ push: () => gateway.pushAdd({ jobName: 'uploads' }), intervalMs: 15_000 })

const uploads = new BufferPool({ name: 'uploads', bufferSize: 64 * 1024 })
uploads.withBufferSync((buffer) => buffer.write('an upload'))

// At the end of the process, so that what came since the last push is not lost.
await pushing.stop()
