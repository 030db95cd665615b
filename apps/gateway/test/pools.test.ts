import { livePools } from '@pool/core'
import { afterEach, describe, expect, test } from 'vitest'
import { readConfig } from '../src/config.js'
import { createPools, FILE_CHUNK_BYTES, type GatewayPools } from '../src/pools.js'

let pools: GatewayPools

afterEach(() => pools.manager.destroyAll())

describe.each(['pooled', 'unpooled'])('the pools, %s', (pooling) => {
  test.each([1, 100, 1000, 65_536, 3_000_000])('serve bodies up to a limit of %d bytes', (limit) => {
    pools = createPools(readConfig({ POOLING: pooling, BODY_LIMIT_BYTES: String(limit) }))
    const lease = pools.bodies.lease(limit)
    expect(lease.buffer).toHaveLength(limit)
    lease.release()
  })

  test('hold no more bytes of bodies than they may', () => {
    pools = createPools(readConfig({ POOLING: pooling, BODY_LIMIT_BYTES: '8192', POOL_MAX_BYTES: '16384' }))
    const leases = [pools.bodies.lease(8192), pools.bodies.lease(8192)]
    expect(() => pools.bodies.lease(1)).toThrow(expect.objectContaining({ code: 'ERR_POOL_EXHAUSTED' }))
    for (const lease of leases) lease.release()
  })
})

test.each(['pooled', 'unpooled'])(
  'hold chunks of files only where files are served, and no more bytes of them than they may: %s',
  (pooling) => {
    pools = createPools(readConfig({ POOLING: pooling }))
    expect(pools.files).toBeUndefined()
    pools.manager.destroyAll()
    pools = createPools(readConfig({ POOLING: pooling, FILES_DIR: '/', FILES_POOL_MAX_BYTES: '262144' }))
    const leases = [pools.files?.lease(FILE_CHUNK_BYTES), pools.files?.lease(FILE_CHUNK_BYTES)]
    expect(() => pools.files?.lease(1)).toThrow(expect.objectContaining({ code: 'ERR_POOL_EXHAUSTED' }))
    for (const lease of leases) lease?.release()
  }
)

test.each(['pooled', 'unpooled'])('hold the longest message for the quarantine at the least bound it may have: %s', (pooling) => {
  const QUEUE_URL = 'redis://localhost'
  pools = createPools(readConfig({ POOLING: pooling, QUEUE_URL, BODY_LIMIT_BYTES: '65536', QUEUE_POOL_MAX_BYTES: '98304' }))
  const lease = pools.quarantine?.lease(98_304)
  expect(lease?.buffer).toHaveLength(98_304)
  lease?.release()
})

test('reuse memory, and clear it in between', () => {
  pools = createPools(readConfig({}))
  const first = pools.bodies.lease(2000)
  first.buffer.fill(1)
  first.release()
  const second = pools.bodies.lease(2000)
  expect(pools.bodies.stats()).toMatchObject({ hits: 1, misses: 1 })
  expect(second.buffer.every((byte) => byte === 0)).toBe(true)
  second.release()
})

test('are all destroyed where one of them can not be made', () => {
  const before = [...livePools.sources()].length
  const config = { ...readConfig({ QUEUE_URL: 'redis://localhost' }), queuePoolMaxBytes: 1 }
  expect(() => createPools(config)).toThrow('maxLiveBytes')
  expect([...livePools.sources()]).toHaveLength(before)
})
