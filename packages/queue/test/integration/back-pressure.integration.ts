import { setTimeout as sleep } from 'node:timers/promises'
import { RedisServer } from '@tooling/redis-testbed/redis-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { PooledQueue, RedisClient, type WhenFull } from '../../src/index.js'
import { eachConnection } from '../support/each-connection.js'
import { testPool } from '../support/test-pool.js'

/** Ten minutes in `test:deep`, for each of two queues at once. */
const seconds = process.env.POOL_DEEP === '1' ? 600 : 12
const messageBytes = 64 * 1024
const maxLength = 200
const together = 16
const maxInFlight = 8
const mebibyte = 2 ** 20

let server: RedisServer

beforeAll(async () => {
  server = await RedisServer.start()
})
afterAll(() => server.stop())

/** The highest figures of some time. */
class Peaks {
  rssMiB = 0
  poolMiB = 0
  redisMiB = 0
  length = 0
}

it.concurrent.each<[WhenFull, number]>([
  ['wait', 0],
  ['refuse', 1]
])(
  `stays flat in memory for ${seconds} s of adds that are faster than the consumer and %s`,
  {
    timeout: seconds * 1000 + 60_000
  },
  async (whenFull, connection) => {
    const pool = testPool()
    const connecting = (eachConnection[connection] as (typeof eachConnection)[number])[1]
    const queue = new PooledQueue({ url: server.url, queue: whenFull, pool, maxLength, whenFull, ...connecting(pool) })
    const redis = new RedisClient({ url: server.url })
    onTestFinished(() => queue.close({ timeoutMs: 500 }))
    onTestFinished(() => redis.destroy())

    const end = performance.now() + seconds * 1000
    const adding = Array.from({ length: together }, async () => {
      while (performance.now() < end) {
        await queue.add(pool.lease(messageBytes)).catch(async (error) => {
          expect(error.code).toBe('ERR_POOL_QUEUE_FULL')
          await sleep(50)
        })
      }
    })
    const consumer = queue.consume({ maxInFlight })
    const consuming = (async () => {
      for await (const job of consumer) {
        await sleep(10)
        void job.ack()
      }
    })()

    let waited = 0
    const watch = async (forMs: number): Promise<Peaks> => {
      const peaks = new Peaks()
      for (const until = performance.now() + forMs; performance.now() < until; await sleep(100)) {
        const [{ length }, memory] = await Promise.all([queue.depth(), redis.send(['INFO', 'memory'])])
        peaks.length = Math.max(peaks.length, length)
        peaks.redisMiB = Math.max(peaks.redisMiB, Number(/used_memory:(\d+)/.exec(memory as string)?.[1]) / mebibyte)
        peaks.rssMiB = Math.max(peaks.rssMiB, process.memoryUsage().rss / mebibyte)
        peaks.poolMiB = Math.max(peaks.poolMiB, pool.stats().liveBytes / mebibyte)
        waited = Math.max(waited, queue.stats().waitingAdds)
      }
      return peaks
    }
    const first = await watch(seconds * 250)
    const rest = await watch(seconds * 750)
    await Promise.all(adding)
    const { added, acked, refused } = queue.stats()
    if (process.env.POOL_DEEP === '1') console.info(whenFull, { added, acked, refused, waited, first, rest })

    for (const { length } of [first, rest]) {
      // Adds that wait or were refused come a little after there is room.
      expect(length).toBeGreaterThan(maxLength - together)
      expect(length).toBeLessThanOrEqual(maxLength)
    }
    expect(rest.rssMiB - first.rssMiB).toBeLessThan(32)
    expect(rest.redisMiB - first.redisMiB).toBeLessThan(8)
    expect(rest.poolMiB).toBeLessThanOrEqual(first.poolMiB + 1)
    expect(whenFull === 'wait' ? [waited > 0, refused] : [waited, refused > 0]).toEqual(whenFull === 'wait' ? [true, 0] : [0, true])
    await queue.close({ timeoutMs: 10_000 })
    await consuming
  }
)
