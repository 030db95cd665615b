import { open } from 'node:fs/promises'
import { SizeClassPool } from '@pool/core'

const pool = new SizeClassPool()
const file = await open(process.execPath)
const lease = pool.lease(16 * 1024)

// The memory stays out until the read has settled, also when the lease is released before.
const read = lease.hold(file.read(lease.buffer, 0, 16 * 1024, 0))
lease.release()
console.log(pool.stats().inUse)

const { bytesRead } = await read
console.log(bytesRead, pool.stats().inUse)
await file.close()
pool.destroy()
