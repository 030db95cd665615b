import { once } from 'node:events'
import { createNoopMeter, metrics } from '@opentelemetry/api'
import { observePools } from '@pool/metrics-otel'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { expectWarnings } from '../../../tooling/vitest-config/src/expected-warnings.js'
import { Collector } from './collector.js'

expectWarnings('POOL_OTEL_NOOP_METER')

const shared = Symbol.for('opentelemetry.js.api.1')
const globals = globalThis as { [key: symbol]: unknown }

afterEach(() => metrics.disable())

async function warningOf(action: () => unknown): Promise<Error & { code?: string }> {
  const warned = once(process, 'warning')
  action()
  return (await warned)[0]
}

describe('a no-op meter', () => {
  it('is warned of, and the reason is that no provider is registered', async () => {
    const warning = await warningOf(() => observePools({ pools: [] }))
    expect(warning.code).toBe('POOL_OTEL_NOOP_METER')
    expect(warning.message).toContain('no MeterProvider is registered yet')
  })

  it('is warned of when another copy of the api has the provider', async () => {
    const before = globals[shared]
    // What a copy of the api leaves that is too old for the one that this package resolves to.
    globals[shared] = { version: '1.0.0', metrics: new Collector().provider }
    const warning = await warningOf(() => observePools({ pools: [] }))
    globals[shared] = before
    expect(warning.message).toContain('@opentelemetry/api 1.0.0')
    expect(warning.message).toContain('another copy')
  })

  it('is warned of when it was given, or made by the provider that was', async () => {
    expect((await warningOf(() => observePools({ pools: [], meter: createNoopMeter() }))).message).toContain('the meter that was given')
    const meterProvider = { getMeter: createNoopMeter }
    expect((await warningOf(() => observePools({ pools: [], meterProvider }))).message).toContain('the meterProvider that was given')
  })

  it('is not what an SDK gives: no warning', async () => {
    const emit = vi.spyOn(process, 'emitWarning')
    const { provider } = new Collector()
    observePools({ pools: [], meterProvider: provider })
    expect(emit).not.toHaveBeenCalled()
    await provider.shutdown()
  })
})
