import { describe, expect, it, onTestFinished } from 'vitest'
import { MemoryQueue } from '../../src/index.js'
import { describeQueue } from '../support/queue-contract.js'
import { testPool } from '../support/test-pool.js'

describeQueue('MemoryQueue', (options) => new MemoryQueue(options))

describe('a MemoryQueue', () => {
  it('is bounded in bytes, too', async () => {
    const pool = testPool()
    const queue = new MemoryQueue({ pool, maxBytes: 10_000, whenFull: 'refuse' })
    onTestFinished(() => queue.close())
    await queue.add(Buffer.alloc(20_000))
    await expect(queue.add('a')).rejects.toMatchObject({ code: 'ERR_POOL_QUEUE_FULL' })
  })

  it('keeps a message in the lease that it was added with', async () => {
    const pool = testPool()
    const queue = new MemoryQueue({ pool })
    onTestFinished(() => queue.close())
    const lease = pool.lease(5000)
    const memory = lease.buffer.buffer
    await queue.add(lease)
    for await (const job of queue.consume()) {
      expect(job.buffer.buffer).toBe(memory)
      job.ack()
      break
    }
    expect(pool.stats()).toMatchObject({ inUse: 0, acquisitions: 1 })
  })

  it('keeps no process alive by an add that waits', async () => {
    const queue = new MemoryQueue({ pool: testPool(), maxLength: 1 })
    onTestFinished(() => queue.close())
    await queue.add('first')
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
    const before = timers()
    const controller = new AbortController()
    const waiting = queue.add('second', { timeoutMs: 60_000, signal: controller.signal })
    expect(timers()).toBe(before)
    controller.abort(new Error('called off'))
    await expect(waiting).rejects.toThrow('called off')
  })

  it.each([{ maxLength: 0 }, { queue: '' }, { whenFull: 'drop' }, { unknown: 1 }])('refuses %o', (options) => {
    expect(() => new MemoryQueue(options as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  })
})
