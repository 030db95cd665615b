import { open } from 'node:fs/promises'
import { SizeClassPool } from '@pool/core'

const pool = new SizeClassPool({ name: 'blocks' })
const file = await open(process.execPath)

// The memory stays out until the read has settled, however early the lease is released.
const lease = pool.lease(4096)
const read = lease.hold(file.read(lease.buffer, 0, 4096, 0))
lease.release()
console.log(pool.stats().inUse)
await read
console.log(pool.stats().inUse)

// A read that failed may still be writing. No later owner gets this memory.
const failed = pool.lease(4096)
await failed.hold(Promise.reject(new Error('called off'))).catch(() => {})
failed.release()
console.log(pool.stats().inUse, pool.stats().quarantined)

await file.close()
pool.destroy()
