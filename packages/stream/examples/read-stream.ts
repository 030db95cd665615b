import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { SizeClassPool } from '@pool/core'
import { createPooledReadStream } from '@pool/stream'

const pool = new SizeClassPool({ clear: 'never' })
const folder = await mkdtemp(join(tmpdir(), 'pool-'))
const path = join(folder, 'zeros')
await writeFile(path, Buffer.alloc(1_000_000))

// In the place of fs.createReadStream: piped into a file, a socket or an HTTP message, it reuses what was written.
await pipeline(createPooledReadStream(path, { pool }), createWriteStream(`${path}-copy`))
console.log((await readFile(`${path}-copy`)).length, pool.stats().hitRatio > 0.5)

// Whoever looks at the chunks gives them back, if they asked for that.
const stream = createPooledReadStream(path, { pool, chunks: 'release' })
let sum = 0
for await (const chunk of stream) {
  sum += chunk.length
  stream.release(chunk)
}
console.log(sum, pool.stats().inUse)

await rm(folder, { recursive: true })
pool.destroy()
