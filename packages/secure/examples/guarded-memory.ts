import { isPoolError } from '@pool/core'
import { SecureBufferPool } from '@pool/secure'

// What the machine gives: guarded, and locked if it may be.
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
