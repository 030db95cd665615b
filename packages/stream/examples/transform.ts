import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { SizeClassPool } from '@pool/core'
import { pooledTransform } from '@pool/stream'

const pool = new SizeClassPool()

// Scratch is as long as the chunk, or as scratchBytes says; its output is copied out once.
const hex = pooledTransform({
  pool,
  scratchBytes: (chunk) => 2 * chunk.length,
  transform: (chunk, scratch) => scratch.write(chunk.toString('hex'), 'latin1')
})
console.log(await text(Readable.from([Buffer.from('po'), Buffer.from('ol')]).pipe(hex)))

// Or without a copy: each chunk is a lease, for its reader to release.
const upper = pooledTransform({
  pool,
  output: 'lease',
  transform: async (chunk, scratch) => scratch.write(chunk.toString('latin1').toUpperCase(), 'latin1')
})
for await (using lease of Readable.from([Buffer.from('pool')]).pipe(upper)) console.log(lease.buffer.toString())
console.log(pool.stats().inUse)
pool.destroy()
