import { expect, it } from 'vitest'
import { SharedPool } from '../../src/index.js'
import { roundTrips } from '../support/round-trips.js'
import { startThread } from '../support/thread.js'

it('hands blocks to a worker and back without shared memory, and has them all when the worker was ended', { timeout: 60_000 }, async () => {
  const pool = SharedPool.create({ type: Float64Array, shape: 16, blocks: 64, threads: 2, channels: 2, mode: 'transfer' })
  const thread = startThread(new URL('./transfer-thread.ts', import.meta.url), undefined)
  const token = pool.token(thread)
  const reaped = pool.watch(thread)
  thread.postMessage(token, token.transfer)
  await roundTrips(pool, 2000, (view, trip) => expect(view[15]).toBe(2 * trip))
  await thread.terminate()
  expect(await reaped).toBeGreaterThanOrEqual(32)
  for (let received = pool.receive(1); received >= 0; received = pool.receive(1)) pool.release(received)
  expect(pool.stats()).toMatchObject({ mode: 'transfer', inUse: 0, inFlight: 0, available: 64 })
})
