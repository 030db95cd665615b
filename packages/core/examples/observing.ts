import { subscribe } from 'node:diagnostics_channel'
import { BufferPool } from '@pool/core'

subscribe('@pool/core:exhausted', (event) => console.log('some pool ran out', event))

const pool = new BufferPool({ bufferSize: 1024, initialSize: 0, maxSize: 10 })
pool.on('grow', ({ pool: name, total }) => console.log(`${name} has ${total} buffers`))
pool.once('leak', ({ acquiredAt }) => console.log('lost', acquiredAt))

pool.release(pool.acquire())
pool.destroy()
