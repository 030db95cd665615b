import { SizeClassPool } from '@pool/core'
import { PooledQueue } from '@pool/queue'
import { connectPooled } from '@tooling/redis-testbed/pooled-connect'
import { RedisServer } from '@tooling/redis-testbed/redis-server'

/**
 * Memory of one process that adds and takes messages of 1 MiB: `node --expose-gc --import tsx bench/soak.ts [GiB] [seconds]`. Ends at whichever comes first.
 */
const mebibyte = 2 ** 20
const gib = Number(process.argv[2] ?? 10)
const seconds = Number(process.argv[3] ?? 75)
const server = await RedisServer.start()
const pool = new SizeClassPool({ clear: 'never', maxClassBytes: 16 * mebibyte, maxSize: 1_000_000, maxLiveBytes: 64 * mebibyte })
const queue = new PooledQueue({
  url: server.url,
  queue: 'soak',
  pool,
  maxLength: 8,
  connect: (target) => connectPooled({ ...target, pool })
})

let lastBytes = 0
let freshBytes = 0
let peakRss = 0
function sample(): void {
  const { arrayBuffers, rss } = process.memoryUsage()
  // What the collector frees in between goes unseen, so that this is the least that was allocated.
  if (arrayBuffers > lastBytes) freshBytes += arrayBuffers - lastBytes
  lastBytes = arrayBuffers
  peakRss = Math.max(peakRss, rss)
}

/** Adds and takes `count` messages, or as many as come before `endMs`. */
async function run(count: number, endMs: number): Promise<number> {
  let added = 0
  let taken = 0
  const adding = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (added < count && performance.now() < endMs) {
        const lease = pool.lease(mebibyte)
        const number = added++
        lease.buffer.writeUInt32LE(number)
        await queue.add(lease)
      }
    })
  )
  for await (const job of queue.consume({ maxInFlight: 4 })) {
    if (job.buffer.length !== mebibyte) throw new Error('a message of another length')
    void job.ack()
    taken++
    if (taken % 8 === 0) sample()
    if (taken === added && (added === count || performance.now() >= endMs)) break
  }
  await adding
  return taken
}

await run(256, Number.POSITIVE_INFINITY)
globalThis.gc?.()
sample()
freshBytes = 0
const before = process.memoryUsage()
const { liveBytes } = pool.stats()
peakRss = before.rss
const count = await run(gib * 1024, performance.now() + seconds * 1000)
sample()
const mib = (bytes: number) => `${(bytes / mebibyte).toFixed(1)} MiB`
console.log(
  `${(count / 1024).toFixed(2)} GiB in messages of 1 MiB: RSS ${mib(before.rss)}, + ${mib(peakRss - before.rss)} at its peak; ` +
    `${freshBytes} bytes of fresh ArrayBuffers; the pool ${mib(liveBytes)}, + ${pool.stats().liveBytes - liveBytes} bytes`
)
await queue.close()
await server.stop()
