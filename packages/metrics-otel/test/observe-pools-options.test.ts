import { createNoopMeter, type MeterProvider } from '@opentelemetry/api'
import { PoolManager } from '@pool/core'
import { isPoolError } from '@pool/core/interfaces'
import { observePools } from '@pool/metrics-otel'
import { describe, expect, it } from 'vitest'

describe('the options', () => {
  const manager = new PoolManager()
  const provider: MeterProvider = { getMeter: createNoopMeter }

  it.each<[string, unknown]>([
    ['no object', undefined],
    ['neither pools nor manager', {}],
    ['both', { pools: [], manager }],
    ['an unknown option', { manager, metre: createNoopMeter() }],
    ['a manager without sources()', { manager: {} }],
    ['no manager at all', { manager: null }],
    ['pools that are not iterable', { pools: {} }],
    ['pools as a string', { pools: 'abc' }],
    ['pools that can be iterated once only', { pools: [].values() }],
    ['pools that are none', { pools: [{}] }],
    ['a meter that is none', { manager, meter: {} }],
    ['a provider that is none', { manager, meterProvider: createNoopMeter() }],
    ['a meter and a provider', { manager, meter: createNoopMeter(), meterProvider: provider }],
    ['attributes that are none', { manager, attributes: 'a=b' }],
    ['no attributes at all', { manager, attributes: null }],
    ['a tracer that is none', { manager, traceWaits: {} }]
  ])('are refused with ERR_POOL_INVALID_OPTION: %s', (_, options) => {
    let refused: unknown
    try {
      observePools(options as never)
    } catch (error) {
      refused = error
    }
    expect(isPoolError(refused, 'ERR_POOL_INVALID_OPTION')).toBe(true)
  })
})
