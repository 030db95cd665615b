import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { PoolEvents, StatsDirectory } from '@pool/core/interfaces'
import { ATTR_ERROR_TYPE, ATTR_POOL_NAME, ATTR_POOL_WAIT_OUTCOME, SPAN_WAIT } from './semconv.js'

const channel = '@pool/core:wait'

/**
 * Makes a span of every wait for a buffer of a pool that `directory` knows, when the wait has ended. Its parent is the span
 * that was active where the wait began: the pool emits the event in that async context.
 * @returns a function that ends the tracing
 */
export function traceWaits(directory: StatsDirectory, tracer: Tracer): () => void {
  const onWait = (message: unknown): void => {
    const { pool, waitedMs, outcome } = message as PoolEvents['wait']
    if (!knows(directory, pool)) return
    const endTime = Date.now()
    const attributes = { [ATTR_POOL_NAME]: pool, [ATTR_POOL_WAIT_OUTCOME]: outcome }
    const span = tracer.startSpan(SPAN_WAIT, { kind: SpanKind.INTERNAL, startTime: endTime - waitedMs, attributes })
    if (outcome !== 'served') span.setAttribute(ATTR_ERROR_TYPE, outcome).setStatus({ code: SpanStatusCode.ERROR })
    span.end(endTime)
  }
  subscribe(channel, onWait)
  return () => void unsubscribe(channel, onWait)
}

function knows(directory: StatsDirectory, name: string): boolean {
  try {
    for (const source of directory.sources()) if (source.name === name) return true
  } catch {
    // The next collection counts it.
  }
  return false
}
