import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SizeClassPool } from '@pool/core'
import { createPooledReadStream } from '@pool/stream'

const pool = new SizeClassPool({ clear: 'never' })
const folder = await mkdtemp(join(tmpdir(), 'pool-'))
const path = join(folder, 'zeros')
await writeFile(path, Buffer.alloc(1_000_000))

// In the place of fs.createReadStream: each chunk is its reader's. Text needs one buffer of the pool, however long the file is.
let characters = 0
for await (const text of createPooledReadStream(path, { pool, encoding: 'latin1' })) characters += text.length
console.log(characters, pool.stats().total)

// Readers that give each chunk back share a few buffers.
const stream = createPooledReadStream(path, { pool, chunks: 'release' })
let sum = 0
for await (const chunk of stream) {
  sum += chunk.length
  stream.release(chunk)
}
console.log(sum, pool.stats().inUse)

await rm(folder, { recursive: true })
pool.destroy()
