import { PoolManager } from '@pool/core'
import { isPoolError } from '@pool/core/interfaces'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'

describe('the options', () => {
  const manager = new PoolManager()

  it.each<[string, unknown]>([
    ['no object', undefined],
    ['neither pools nor manager', {}],
    ['both', { pools: [], manager }],
    ['an unknown option', { manager, prefx: 'a_' }],
    ['a manager without sources()', { manager: {} }],
    ['no manager at all', { manager: null }],
    ['pools that are not iterable', { pools: {} }],
    ['pools as a string', { pools: 'abc' }],
    ['pools that can be iterated once only', { pools: [].values() }],
    ['pools that are none', { pools: [{}] }],
    ['a registry that is none', { manager, registry: {} }],
    ['an empty prefix', { manager, prefix: '' }],
    ['a prefix that no metric may have', { manager, prefix: 'a-b_' }],
    ['a prefix that is no string', { manager, prefix: 1 }],
    ['a wait histogram of another type', { manager, waitHistogram: 'yes' }],
    ['an unknown option of it', { manager, waitHistogram: { bucket: [] } }],
    ['no buckets', { manager, waitHistogram: { buckets: [] } }],
    ['buckets that fall', { manager, waitHistogram: { buckets: [1, 0.5] } }],
    ['a bucket of 0', { manager, waitHistogram: { buckets: [0, 1] } }],
    ['a bucket of NaN', { manager, waitHistogram: { buckets: [Number.NaN] } }],
    ['byPool that is no boolean', { manager, waitHistogram: { byPool: 1 } }]
  ])('are refused with ERR_POOL_INVALID_OPTION: %s', (_, options) => {
    const registry = new Registry()
    let refused: unknown
    try {
      registerPoolMetrics(typeof options === 'object' ? { registry, ...(options as { manager: PoolManager }) } : (options as never))
    } catch (error) {
      refused = error
    }
    expect(isPoolError(refused, 'ERR_POOL_INVALID_OPTION')).toBe(true)
    expect(registry.getMetricsAsArray()).toEqual([])
  })
})
