import { PoolError } from '@pool/core'
import { expect, it } from 'vitest'
import { testPool, twoEnds } from '../support/two-ends.js'
import { uncaught } from '../support/uncaught.js'

const failing = (error: Error) => () => {
  throw error
}

it('calls the writes back that were sent together with one whose callback throws, and lets the error be seen', async () => {
  const thrown = uncaught()
  const pool = testPool()
  const { connection } = await twoEnds({ pool })
  const error = new Error('of the callback')
  const lease = pool.lease(10)
  connection.cork()
  connection.tryWrite(Buffer.from('a'), failing(error))
  const written = connection.write(lease)
  connection.uncork()
  await written
  expect(pool.stats().inUse).toBe(0)
  expect(connection.stats().unsentBytes).toBe(0)
  expect(thrown).toEqual([error])
})

it('closes a connection whose failed writes have a callback that throws', async () => {
  const thrown = uncaught()
  const pool = testPool()
  const { connection } = await twoEnds({ pool })
  const error = new Error('of the callback')
  const lease = pool.lease(10)
  connection.cork()
  connection.tryWrite(Buffer.from('a'), failing(error))
  const written = connection.write(lease)
  connection.destroy()
  await expect(written).rejects.toMatchObject({ code: 'ERR_POOL_CONNECTION_CLOSED' })
  await connection.closed
  expect(pool.stats().inUse).toBe(0)
  expect(thrown).toEqual([error])
})

it('refuses a callback that is not a function, and takes nothing over', async () => {
  const { connection, pool } = await twoEnds()
  const lease = pool.lease(10)
  expect(() => connection.tryWrite(lease, 5 as never)).toThrow(PoolError)
  expect(lease.released).toBe(false)
  lease.release()
})
