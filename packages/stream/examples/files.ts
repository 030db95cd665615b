import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SizeClassPool } from '@pool/core'
import { pooledFileChunks, readFilePooled, writeFileAtomic } from '@pool/stream'

const pool = new SizeClassPool({ clear: 'never' })
const folder = await mkdtemp(join(tmpdir(), 'pool-'))
const path = join(folder, 'numbers')

// The file is written whole or not at all, also when the process is killed.
await writeFileAtomic(path, '0123456789'.repeat(20_000))

{
  using file = await readFilePooled(path, { pool })
  console.log(file.buffer.length)
}

let chunks = 0
for await (using chunk of pooledFileChunks(path, { pool, start: 100_000, chunkBytes: 65_536, signal: AbortSignal.timeout(5000) })) {
  chunks++
  console.log(chunk.buffer.length)
}
console.log(chunks, pool.stats().inUse)

await rm(folder, { recursive: true })
pool.destroy()
