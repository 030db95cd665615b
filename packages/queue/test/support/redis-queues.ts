import type { RedisServer } from '@tooling/redis-testbed/redis-server'
import { onTestFinished } from 'vitest'
import { type Job, PooledQueue, type PooledQueueOptions } from '../../src/index.js'

/** Times that let a test meet claims and reconnections soon. */
export const quick = { claimIntervalMs: 20, blockMs: 200, reconnectMaxMs: 20 } as const

let queues = 0

/** A name that no other queue of the file has. */
export function newQueueName(): string {
  return `q${++queues}`
}

/** Makes queues of their own on the server of a file, closed when their test has ended. */
export function queuesOn(
  server: () => RedisServer,
  usual: Partial<PooledQueueOptions> = {}
): (options?: Partial<PooledQueueOptions>) => PooledQueue {
  return (options = {}) => {
    const queue = new PooledQueue({ url: server().url, queue: newQueueName(), ...quick, ...usual, ...options })
    onTestFinished(() => queue.close({ timeoutMs: 500 }))
    return queue
  }
}

/** The next job of a queue, by a consumer that takes no other. */
export async function nextJob(queue: PooledQueue): Promise<Job> {
  const consumer = queue.consume({ maxInFlight: 1 })
  onTestFinished(() => consumer.stop())
  return (await consumer.next()).value as Job
}
