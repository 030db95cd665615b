import { PoolManager } from '@pool/core'
import { isPoolError } from '@pool/core/interfaces'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'

describe('the options', () => {
  const pools = new PoolManager()

  it.each<[string, unknown]>([
    ['no object', null],
    ['a pool in the place of options', pools],
    ['pools under both names', { pools, manager: pools }],
    ['an unknown option', { pools, prefx: 'a_' }],
    ['an object that knows no pools', { pools: {} }],
    ['a manager without sources()', { manager: {} }],
    ['no manager at all', { manager: null }],
    ['pools that are not iterable', { pools: {} }],
    ['pools as a string', { pools: 'abc' }],
    ['pools that can be iterated once only', { pools: [].values() }],
    ['pools that are none', { pools: [{}] }],
    ['a registry that is none', { pools, registry: {} }],
    ['an empty prefix', { pools, prefix: '' }],
    ['a prefix that no metric may have', { pools, prefix: 'a-b_' }],
    ['a prefix that is no string', { pools, prefix: 1 }],
    ['a wait histogram of another type', { pools, waitHistogram: 'yes' }],
    ['an unknown option of it', { pools, waitHistogram: { bucket: [] } }],
    ['no buckets', { pools, waitHistogram: { buckets: [] } }],
    ['buckets that fall', { pools, waitHistogram: { buckets: [1, 0.5] } }],
    ['a bucket of 0', { pools, waitHistogram: { buckets: [0, 1] } }],
    ['a bucket of NaN', { pools, waitHistogram: { buckets: [Number.NaN] } }],
    ['byPool that is no boolean', { pools, waitHistogram: { byPool: 1 } }]
  ])('are refused with ERR_POOL_INVALID_OPTION: %s', (_, options) => {
    const registry = new Registry()
    let refused: unknown
    try {
      const isPlain = options !== null && Object.getPrototypeOf(options) === Object.prototype
      registerPoolMetrics(isPlain ? { registry, ...(options as object) } : (options as never))
    } catch (error) {
      refused = error
    }
    expect(isPoolError(refused, 'ERR_POOL_INVALID_OPTION')).toBe(true)
    expect(registry.getMetricsAsArray()).toEqual([])
  })
})
