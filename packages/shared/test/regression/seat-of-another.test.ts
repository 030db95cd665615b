import { expect, it } from 'vitest'
import { SharedPool } from '../../src/index.js'
import { refuses } from '../support/refuses.js'

// A detached thread's seat goes to the next one that attaches. Handles of that one were then taken for the detached thread's own.
it('a thread that detached can neither see nor release the blocks of the thread that has its seat now', () => {
  const pool = SharedPool.create({ type: Float32Array, shape: 8, blocks: 64, threads: 2, channels: 1 })
  const former = SharedPool.attach(pool.token())
  former.detach()
  const next = SharedPool.attach(pool.token())
  expect(next.seat).toBe(former.seat)
  const handle = next.acquire()
  const state = () => pool.stats().inUse
  for (const misuse of [
    () => former.view(handle),
    () => former.offset(handle),
    () => former.release(handle),
    () => former.send(0, handle)
  ]) {
    refuses('ERR_POOL_CLOSED', misuse, state)
  }
  next.release(handle)
  expect(pool.stats()).toMatchObject({ inUse: 0, available: 64 })
})

it('a thread that detached releases nothing where blocks travel either', () => {
  const pool = SharedPool.create({ type: Float32Array, shape: 8, blocks: 8, mode: 'transfer' })
  const handle = pool.acquire()
  pool.detach()
  refuses('ERR_POOL_CLOSED', () => pool.release(handle))
  refuses('ERR_POOL_CLOSED', () => pool.view(handle))
})
