import { createHmac } from 'node:crypto'
import { SecureBufferPool } from '@pool/secure'

const pool = new SecureBufferPool({ name: 'keys' })

// The 32 bytes are wiped when this function returns or throws.
const signature = pool.withSecretSync(32, (key) => {
  key.write('a key that came from somewhere..')
  return createHmac('sha256', key).update('message').digest('hex')
})
console.log(signature.slice(0, 16))

// The same with a lease: for work that waits, or more than one secret.
const lease = await pool.leaseAsync(32)
try {
  lease.buffer.write('only these bytes hold the secret')
  console.log(lease.buffer)
} finally {
  lease.release()
}

const { inUse, acquisitions, releases } = pool.stats()
console.log(inUse, acquisitions, releases)
pool.destroy()
