/** Runs in a process of its own: starts the exporter that METRICS names, and prints which of the exporters' libraries are loaded. */
import { createRequire } from 'node:module'
import { PoolManager } from '@pool/core'
import { readConfig } from '../../src/config.js'
import { createLogger } from '../../src/logger.js'
import { startMetrics } from '../../src/metrics/start-metrics.js'

const metrics = await startMetrics(readConfig(process.env), new PoolManager(), createLogger('silent', process.stdout))
const files = Object.keys(createRequire(import.meta.url).cache)
const loaded = ['prom-client', '@opentelemetry/sdk-metrics'].filter((name) => files.some((file) => file.includes(`/node_modules/${name}/`)))
process.stdout.write(JSON.stringify({ page: metrics.page !== undefined, loaded }))
process.exit()
