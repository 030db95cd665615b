import cluster from 'node:cluster'
import type { PoolManager } from '@pool/core'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import type { RequestHandler } from 'express'
import { AggregatorRegistry, Registry } from 'prom-client'
import { Refusal } from '../http/error-answer.js'
import type { MetricsExporter } from './metrics-exporter.js'

/**
 * Shows every pool of `manager`, and the figures of connections and queues, on a page for Prometheus, read when it is scraped. In a worker of a cluster the primary has the
 * page: a scraper that met another worker each time would see counters fall and rise.
 */
export function exportToPrometheus(manager: PoolManager): MetricsExporter {
  const registry = new Registry()
  const metrics = registerPoolMetrics({ pools: manager, figures: true, registry, waitHistogram: true })
  if (cluster.isWorker) answerPrimary(registry)
  return {
    page: cluster.isWorker ? answerElsewhere : pageOf(registry),
    stop: async () => metrics.unregister()
  }
}

/** From now on the primary gets this process's share of its page. */
function answerPrimary(registry: Registry): void {
  AggregatorRegistry.setRegistries([registry])
  // Made for its listener alone, which answers for the registries that were set.
  new AggregatorRegistry()
}

function pageOf(registry: Registry): RequestHandler {
  return async (_request, response) => {
    const page = await registry.metrics()
    response.setHeader('content-type', registry.contentType).end(page)
  }
}

const answerElsewhere: RequestHandler = (_request, _response, next) =>
  next(new Refusal(404, 'metrics.elsewhere', 'this is one of several workers; the page of all of them is on METRICS_PORT'))
