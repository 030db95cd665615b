import { expect, it } from 'vitest'
import { numbered, testPool, twoEnds } from '../support/two-ends.js'
import { until } from '../support/until.js'

it('ends a read whose connection is destroyed by a listener to the exhaustion of its pool, after the end of the peer', async () => {
  const pool = testPool(64 * 1024)
  const { connection, peer } = await twoEnds({ pool, readBytes: 16_384, maxMessageBytes: 32 * 1024, allowHalfOpen: true })
  peer.write(numbered(3000))
  await until(() => connection.readAheadBytes === 3000)
  peer.end(numbered(3000))
  await until(() => connection.readAheadBytes === 6000)
  // The end of the peer comes behind its bytes.
  await expect(connection.read(6001)).rejects.toMatchObject({ code: 'ERR_POOL_MESSAGE_TRUNCATED' })
  const held = []
  for (let bytes = 32_768; bytes >= 1024; bytes /= 2) {
    while (pool.stats().inUseBytes + bytes <= 64 * 1024) held.push(pool.lease(bytes))
  }
  pool.once('exhausted', () => connection.destroy())
  await expect(connection.read(6000)).rejects.toMatchObject({ code: 'ERR_POOL_EXHAUSTED' })
  await connection.closed
  for (const lease of held) lease.release()
  expect(pool.stats().inUse).toBe(0)
})
