import { createNoopMeter, type MeterProvider } from '@opentelemetry/api'
import { PoolManager } from '@pool/core'
import { isPoolError } from '@pool/core/interfaces'
import { observePools } from '@pool/metrics-otel'
import { describe, expect, it } from 'vitest'

describe('the options', () => {
  const pools = new PoolManager()
  const provider: MeterProvider = { getMeter: createNoopMeter }

  it.each<[string, unknown]>([
    ['no object', null],
    ['a pool in the place of options', pools],
    ['pools under both names', { pools, manager: pools }],
    ['an unknown option', { pools, metre: createNoopMeter() }],
    ['an object that knows no pools', { pools: {} }],
    ['a manager without sources()', { manager: {} }],
    ['no manager at all', { manager: null }],
    ['pools that are not iterable', { pools: {} }],
    ['pools as a string', { pools: 'abc' }],
    ['pools that can be iterated once only', { pools: [].values() }],
    ['pools that are none', { pools: [{}] }],
    ['a meter that is none', { pools, meter: {} }],
    ['a provider that is none', { pools, meterProvider: createNoopMeter() }],
    ['a meter and a provider', { pools, meter: createNoopMeter(), meterProvider: provider }],
    ['attributes that are none', { pools, attributes: 'a=b' }],
    ['no attributes at all', { pools, attributes: null }],
    ['a tracer that is none', { pools, traceWaits: {} }]
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
