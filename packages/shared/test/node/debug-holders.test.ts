import { once } from 'node:events'
import { expect, it } from 'vitest'
import { SharedPool } from '../../src/index.js'
import { startThread } from '../support/thread.js'

it('says which thread held a block, and where that took it, after the thread died', { timeout: 60_000 }, async () => {
  const pool = SharedPool.create({ type: Int32Array, shape: 16, blocks: 64, debug: 'poison' })
  const token = pool.token()
  const worker = startThread(new URL('./holding-thread.ts', import.meta.url), { tokens: [token], blocks: 2 })
  const { threadId } = worker
  await once(worker, 'message')
  await worker.terminate()
  const held = pool.held()
  expect(held).toHaveLength(2)
  for (const { seat, takenAt } of held) {
    expect(seat).toBe(2)
    expect(takenAt).toMatch(/seat 2\n[\s\S]*holding-thread\.ts/)
    if (token.tag > 0 && /^thread/.test(takenAt ?? '')) expect(takenAt).toContain(`thread ${threadId},`)
  }
  expect(pool.reap(token)).toBe(2)
  expect(pool.held()).toEqual([])
})
