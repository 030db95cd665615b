import { SizeClassPool } from '@pool/core'
import { liveFigures, readFigures } from '@pool/core/kit'
import { describe, expect, it } from 'vitest'
import { MemoryQueue, PooledQueue } from '../../../src/index.js'
import { DepthWatch } from '../../../src/queue/figures/depth-watch.js'

const figureOf = (queue: MemoryQueue | PooledQueue, name: string) => readFigures(queue).find(({ family }) => family.name === name)?.value

describe('the figures of a queue', () => {
  it('are each declared, and each shown, while the queue is there', async () => {
    const queue = new MemoryQueue({ queue: 'shown' })
    expect([...liveFigures.sources()]).toContain(queue)
    await queue.add('a message')
    expect(new Set(readFigures(queue).map(({ family }) => family.name))).toEqual(new Set(queue.families.map(({ name }) => name)))
    expect(['messages', 'messages_waiting', 'messages_added', 'added'].map((name) => figureOf(queue, name))).toEqual([1, 1, 1, 9])
    await queue.close()
    expect([...liveFigures.sources()]).not.toContain(queue)
  })

  it('follow a message from its add to its acknowledgement', async () => {
    const queue = new MemoryQueue({ queue: 'followed', pool: new SizeClassPool({ name: 'followed' }) })
    await queue.add('once')
    const [job] = await first(queue)
    expect(['messages_pending', 'messages_delivered', 'messages_in_flight', 'in_flight'].map((name) => figureOf(queue, name))).toEqual([
      1, 1, 1, 4
    ])
    await job?.ack()
    expect(['messages', 'messages_acknowledged', 'messages_in_flight'].map((name) => figureOf(queue, name))).toEqual([0, 1, 0])
    await queue.close()
  })

  it('count the adds that had to wait, and the health check warns of those that still do', async () => {
    const queue = new MemoryQueue({ queue: 'full', maxLength: 1 })
    await queue.add('first')
    const second = queue.add('second')
    await new Promise(setImmediate)
    expect([figureOf(queue, 'stalls'), figureOf(queue, 'adds_waiting'), figureOf(queue, 'adds_waiting_size')]).toEqual([1, 1, 6])
    expect(await queue.healthCheck()).toEqual({
      healthy: true,
      warnings: [expect.stringContaining("queue 'full': 1 adds wait")],
      errors: []
    })
    const [job] = await first(queue)
    await job?.ack()
    await second
    expect([figureOf(queue, 'stalls'), figureOf(queue, 'adds_waiting')]).toEqual([1, 0])
    await queue.close()
  })

  it('leave the depth out while Redis was not asked, and say when it does not answer', async () => {
    const queue = new PooledQueue({ url: 'redis://127.0.0.1:1', queue: 'far', commandTimeoutMs: 200 })
    expect(readFigures(queue).map(({ family }) => family.name)).not.toContain('messages')
    const { healthy, errors } = await queue.healthCheck()
    expect([healthy, errors]).toEqual([false, [expect.stringContaining("queue 'far': Redis does not answer")]])
    await queue.close({ timeoutMs: 100 })
    expect((await queue.healthCheck()).healthy).toBe(true)
  })
})

describe('DepthWatch', () => {
  it('asks once at a time, keeps the last answer, and forgets it when an answer fails', async () => {
    const answers = [{ length: 1, pending: 0, waiting: 1, deadLetters: 0, oldestMs: 5 }]
    let asked = 0
    const watch = new DepthWatch(async () => {
      asked++
      const answer = answers.shift()
      if (answer === undefined) throw new Error('no answer')
      return answer
    })
    await Promise.all([watch.refresh(), watch.refresh()])
    expect([asked, watch.last?.length, watch.answers]).toEqual([1, 1, true])
    await watch.refresh()
    expect([asked, watch.last, watch.answers]).toEqual([2, undefined, false])
  })
})

async function first(queue: MemoryQueue) {
  const consumer = queue.consume()
  const { value } = await consumer.next()
  void consumer.stop()
  return [value]
}
