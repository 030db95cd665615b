import { setTimeout as sleep } from 'node:timers/promises'
import { isPoolError, SizeClassPool } from '@pool/core'
import { connectPooled } from '@tooling/redis-testbed/pooled-connect'
import { PooledQueue, type WhenFull } from '../../../src/index.js'

/** Adds that outrun their consumer, in a process of its own, so that its memory is theirs alone. Prints what it saw as JSON. */
export interface Outrun {
  readonly added: number
  readonly acked: number
  readonly refused: number
  /** The most adds that waited for room at once. */
  readonly waited: number
  /** The highest figures of the first quarter of the time. */
  readonly first: Peaks
  /** Of the rest. */
  readonly rest: Peaks
}

/** The highest figures of some time; resident memory and heap after a collection. */
interface Peaks {
  rssMiB: number
  heapMiB: number
  poolMiB: number
  length: number
}

export const outrun = { maxLength: 200, together: 16 } as const
const messageBytes = 64 * 1024
const mebibyte = 2 ** 20

async function run(url: string, whenFull: WhenFull, connection: string, seconds: number): Promise<Outrun> {
  const pool = new SizeClassPool({ clear: 'never', maxClassBytes: 16 * mebibyte, maxSize: 1_000_000, maxLiveBytes: 64 * mebibyte })
  const connect = connection === 'pooled' ? { connect: (target: object) => connectPooled({ ...target, pool }) } : {}
  const queue = new PooledQueue({ url, queue: whenFull, pool, maxLength: outrun.maxLength, whenFull, ...connect })
  const end = performance.now() + seconds * 1000
  const adding = Array.from({ length: outrun.together }, async () => {
    while (performance.now() < end) {
      await queue.add(pool.lease(messageBytes)).catch(async (error) => {
        if (!isPoolError(error, 'ERR_POOL_QUEUE_FULL')) throw error
        await sleep(50)
      })
    }
  })
  const consumer = queue.consume({ maxInFlight: 8 })
  const consuming = (async () => {
    for await (const job of consumer) {
      await sleep(10)
      void job.ack()
    }
  })()
  let waited = 0
  const watch = async (forMs: number): Promise<Peaks> => {
    const peaks = { rssMiB: 0, heapMiB: 0, poolMiB: 0, length: 0 }
    for (const until = performance.now() + forMs; performance.now() < until; await sleep(500)) {
      const { length } = await queue.depth()
      globalThis.gc?.()
      const { rss, heapUsed } = process.memoryUsage()
      peaks.length = Math.max(peaks.length, length)
      peaks.rssMiB = Math.max(peaks.rssMiB, rss / mebibyte)
      peaks.heapMiB = Math.max(peaks.heapMiB, heapUsed / mebibyte)
      peaks.poolMiB = Math.max(peaks.poolMiB, pool.stats().liveBytes / mebibyte)
      waited = Math.max(waited, queue.stats().waitingAdds)
    }
    return peaks
  }
  const first = await watch(seconds * 250)
  const rest = await watch(seconds * 750)
  await Promise.all(adding)
  await queue.close()
  await consuming
  const { added, acked, refused } = queue.stats()
  return { added, acked, refused, waited, first, rest }
}

const [url, whenFull, connection, seconds] = process.argv.slice(2)
// The test imports the types and figures of this module, too.
if (url?.startsWith('redis:')) console.log(JSON.stringify(await run(url, whenFull as WhenFull, connection as string, Number(seconds))))
