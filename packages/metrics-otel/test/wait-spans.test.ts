import { hasSubscribers } from 'node:diagnostics_channel'
import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { BufferPool, PoolManager } from '@pool/core'
import { observePools } from '@pool/metrics-otel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Collector } from './collector.js'

let manager: PoolManager
let pool: BufferPool
let spans: InMemorySpanExporter
let tracers: BasicTracerProvider
let meterProvider: Collector['provider']

beforeEach(() => {
  manager = new PoolManager()
  pool = manager.getPool('one', { bufferSize: 64, initialSize: 1, maxSize: 1 })
  spans = new InMemorySpanExporter()
  tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  meterProvider = new Collector().provider
})
afterEach(async () => {
  manager.destroyAll()
  trace.disable()
  await meterProvider.shutdown()
})

async function waitOnce(one: BufferPool): Promise<void> {
  const buffer = one.acquire()
  const waiting = one.acquireAsync()
  one.release(buffer)
  one.release(await waiting)
}

describe('spans of waits', () => {
  it('are not made unless asked for, and nobody listens', () => {
    observePools({ pools: manager, meterProvider })
    expect(hasSubscribers('@pool/core:wait')).toBe(false)
  })

  it('last as long as the wait, and say of which pool and how it ended', async () => {
    observePools({ pools: manager, meterProvider, traceWaits: tracers.getTracer('test') }).stop()
    const observation = observePools({ pools: manager, meterProvider, traceWaits: tracers.getTracer('test') })
    await waitOnce(pool)
    const out = pool.acquire()
    await expect(pool.acquireAsync({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' })
    pool.release(out)
    observation.stop()
    expect(hasSubscribers('@pool/core:wait')).toBe(false)
    const [served, timedOut, ...others] = spans.getFinishedSpans()
    expect(others).toEqual([])
    expect(served?.name).toBe('pool.buffer.wait')
    expect(served?.attributes).toEqual({ 'pool.name': 'one', 'pool.wait.outcome': 'served' })
    expect(served?.status.code).toBe(SpanStatusCode.UNSET)
    expect(timedOut?.attributes).toEqual({ 'pool.name': 'one', 'pool.wait.outcome': 'timeout', 'error.type': 'timeout' })
    expect(timedOut?.status.code).toBe(SpanStatusCode.ERROR)
    const [seconds = 0, nanoseconds = 0] = timedOut?.duration ?? []
    expect(seconds * 1000 + nanoseconds / 1e6).toBeGreaterThan(15)
  })

  it('are made of the global tracer provider, and only for the pools that are observed', async () => {
    trace.setGlobalTracerProvider(tracers)
    const foreign = new BufferPool({ name: 'foreign', bufferSize: 64, initialSize: 1, maxSize: 1, shrinkInterval: 0 })
    const observation = observePools({ pools: manager, meterProvider, traceWaits: true })
    await waitOnce(foreign)
    await waitOnce(pool)
    observation.stop()
    expect(spans.getFinishedSpans().map(({ attributes }) => attributes['pool.name'])).toEqual(['one'])
    foreign.destroy()
  })

  it('are children of the span in which the wait began, not of the one in which the buffer was released', async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const tracer = tracers.getTracer('test')
    const observation = observePools({ pools: manager, meterProvider, traceWaits: tracer })
    const buffer = pool.acquire()
    const [waits, releases] = ['waits', 'releases'].map((name) => tracer.startSpan(name))
    const waiting = context.with(trace.setSpan(context.active(), waits!), () => pool.acquireAsync())
    context.with(trace.setSpan(context.active(), releases!), () => pool.release(buffer))
    pool.release(await waiting)
    observation.stop()
    context.disable()
    expect(spans.getFinishedSpans()[0]?.parentSpanContext?.spanId).toBe(waits?.spanContext().spanId)
  })

  it('never let an error of the directory reach the pool', async () => {
    const directory = {
      sources() {
        throw new Error('no')
      }
    }
    const observation = observePools({ pools: directory, meterProvider, traceWaits: tracers.getTracer('test') })
    await waitOnce(pool)
    observation.stop()
    expect(spans.getFinishedSpans()).toEqual([])
  })
})
