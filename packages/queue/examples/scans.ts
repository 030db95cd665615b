import { SizeClassPool } from '@pool/core'
import { MemoryQueue } from '@pool/queue'

const pool = new SizeClassPool({ clear: 'never', maxLiveBytes: 64 * 1024 * 1024 })
const queue = new MemoryQueue({ queue: 'scans', pool })

const lease = pool.lease(100_000)
lease.buffer.fill('scan')
await queue.add(lease, { id: 'scan-7' })
console.log(await queue.add('the same scan once more', { id: 'scan-7' }).then(({ duplicate }) => duplicate))

for await (const job of queue.consume()) {
  // Handed back, and delivered again, if this throws.
  using handled = job
  console.log(handled.id, handled.buffer.length)
  await handled.ack()
  break
}

await queue.close()
console.log(pool.stats().inUse)
pool.destroy()
