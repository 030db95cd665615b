import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pooledFileChunks, writeLeased } from '@pool/stream'
import { pool, served } from './served.js'

const folder = mkdtempSync(join(tmpdir(), 'pool-files-'))
const path = join(folder, 'file')
writeFileSync(path, Buffer.alloc(4 * 1024 * 1024, 'file'))
process.on('exit', () => rmSync(folder, { recursive: true }))

served(
  createServer(async (_request, response) => {
    if (pool) {
      for await (const lease of pooledFileChunks(path, { pool })) await writeLeased(response, lease)
      response.end()
    } else createReadStream(path).pipe(response)
  })
)
