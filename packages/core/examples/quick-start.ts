import { BufferPool } from '@pool/core'

const pool = new BufferPool({ name: 'uploads', bufferSize: 64 * 1024, initialSize: 50, maxSize: 500 })

// Yours from acquire to release; zeroed before its next owner gets it.
const buffer = pool.acquire()
const length = buffer.write('hello')
console.log(buffer.toString('utf8', 0, length))
pool.release(buffer)

// Released on return and on throw.
const sum = await pool.withBuffer(async (scratch) => {
  scratch.fill(1, 0, 100)
  return scratch.subarray(0, 100).reduce((total, byte) => total + byte, 0)
})
console.log(sum)

const { inUse, available, hitRatio } = pool.stats()
console.log({ inUse, available, hitRatio })
pool.destroy()
