import { BufferPool } from '@pool/core'

const pool = new BufferPool({ name: 'frames', bufferSize: 64 * 1024 })

function checksum(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (sum + byte) % 65_536, 0)
}

// The buffer is this function's from acquire to release. It is released on return and on throw.
const sum = pool.withBufferSync((buffer) => {
  buffer.fill(7, 0, 1000)
  return checksum(buffer.subarray(0, 1000))
})
console.log(sum, pool.stats().inUse)
pool.destroy()
