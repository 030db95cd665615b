import { setTimeout as sleep } from 'node:timers/promises'
import { SizeClassPool } from '@pool/core'
import { PooledBufferList } from '@pool/stream'
import { expect, it, vi } from 'vitest'

/** Lists of a function of its own, so that no stack frame holds them. */
function lose(pool: SizeClassPool, count: number): void {
  for (let lost = 0; lost < count; lost++) {
    const list = new PooledBufferList({ pool }).write('a list that is never closed')
    if (lost % 2 === 0) list.shallowSlice()
  }
}

async function collectUntil(condition: () => boolean): Promise<void> {
  while (!condition()) {
    globalThis.gc?.()
    await sleep(1)
  }
}

it('a list that is collected without close() is told of as a leak of its pool, and one that was consumed is not', async () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const pool = new SizeClassPool({ leakDetection: 'all' })
  const leaks: unknown[] = []
  pool.on('leak', (leak) => leaks.push(leak.acquiredAt))
  const kept = new PooledBufferList({ pool }).write('kept')
  for (let round = 0; round < 100; round++) new PooledBufferList({ pool }).write('consumed').consume(8)
  lose(pool, 10)
  await collectUntil(() => pool.stats().leaked === 10)
  expect(leaks).toHaveLength(10)
  expect(String(leaks[0])).toContain('lost-lists.gc.test.ts')
  expect(warning).toHaveBeenCalledWith(expect.anything(), expect.objectContaining({ code: 'ERR_POOL_LEAK' }))
  expect(kept.toString()).toBe('kept')
  kept.close()
  expect(pool.stats()).toMatchObject({ inUse: 0, leaked: 10 })
  pool.destroy()
})
