import { expect, it } from 'vitest'
import { numbered, testPool, twoEnds } from '../support/two-ends.js'

it('ends a connection whose pool was destroyed with ERR_POOL_CLOSED, and throws nothing from the socket', async () => {
  const pool = testPool(1024 * 1024)
  const { connection, peer } = await twoEnds({ pool, readBytes: 16_384, maxReadAheadBytes: 100_000 })
  peer.write(numbered(1000))
  const lease = await connection.read(1000)
  lease?.release()
  pool.destroy()
  const reading = connection.read(60_000)
  peer.write(numbered(60_000))
  await expect(reading).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' })
  await connection.closed
  expect(connection.destroyed).toBe(true)
})
