import { SizeClassPool } from '@pool/core'
import type { Lease } from '@pool/core/interfaces'

const pool = new SizeClassPool({ name: 'messages' })

// Takes ownership: from this call on the lease is the logger's, which releases it.
async function log(message: Lease): Promise<void> {
  try {
    await Promise.resolve()
    console.log(message.buffer.toString())
  } finally {
    message.release()
  }
}

// Takes a share: the caller keeps its own lease, and each is released once.
function count(message: Lease): void {
  const share = message.retain()
  setImmediate(() => {
    console.log(share.buffer.length)
    share.release()
  })
}

const message = pool.lease(5)
message.buffer.write('hello')
count(message)
await log(message)
await new Promise(setImmediate)
console.log(pool.stats().inUse)
pool.destroy()
