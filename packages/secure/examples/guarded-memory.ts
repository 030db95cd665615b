import { isPoolError } from '@pool/core'
import { SecureBufferPool } from '@pool/secure'

// The protection that this machine gives: guarded memory, and locked where the limits allow it.
const pool = new SecureBufferPool({ backing: 'auto', protectIdle: true })
const { backend, locked, guarded, reason } = pool.capabilities()
console.log(backend === 'sodium' ? guarded : !guarded, locked ? reason === null : reason !== null)
pool.destroy()

// Nothing less than locked memory: throws rather than pretend.
try {
  new SecureBufferPool({ backing: 'heap', require: 'locked' })
} catch (error) {
  console.log(isPoolError(error) && error.code)
}
